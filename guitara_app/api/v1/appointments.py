"""Visits: listed, read, booked, and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.tags import tag_of
from guitara_app.api.v1.cursors import Cursor, cursor_of, position_of
from guitara_app.api.v1.etags import CHANGED, IfMatch, check_match
from guitara_app.api.v1.fields import WHOLE, Body, Clock, Day, Id, Instant, Money, Note, PathId, QueryId, Reason, Yes
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.problems import Happening, Refusal
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.api.v1.shapes import OwnVisit, Visit, shaped
from guitara_app.appointments.queries.listing import ListAsk, history, last_event, listed, services_of
from guitara_app.appointments.queries.rows import visits
from guitara_app.appointments.requests import BookingRequest, ChangeRequest
from guitara_app.appointments.services import book, change, wish_met
from guitara_app.appointments.words import AppointmentState
from guitara_app.clients.rules import NewClient
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/appointments", tags=["appointments"])

Anyone = Annotated[Actor, Depends(needs(Permission.SEE_APPOINTMENT, Permission.SEE_OWN_JOBS))]
Desk = Annotated[Actor, Depends(needs(Permission.SEE_APPOINTMENT))]
Booker = Annotated[Actor, Depends(needs(Permission.BOOK))]
Changer = Annotated[Actor, Depends(needs(Permission.RUN_VISITS))]

_NONE = "There is no such visit."


class VisitFilters(Body):
    """Which visits, and in which order. A therapist or driver only ever gets their own."""

    evening: Day | None = Field(default=None, description="One business day; 00:30 belongs to the evening before.")
    starts_from: Instant | None = Field(default=None, description="Starts at or after this.")
    starts_before: Instant | None = Field(default=None, description="Starts before this.")
    state: list[AppointmentState] = Field(default=[], max_length=len(AppointmentState))
    person_id: QueryId | None = Field(default=None, description="On whom this therapist or driver is, or was.")
    client_id: QueryId | None = None
    order: Literal["earliest", "latest"] = "earliest"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Cursor = None


class VisitPage(BaseModel):
    """A page of visits; ``next`` is null on the last one."""

    items: list[Annotated[Visit | OwnVisit, Field(discriminator="view")]]
    next: str | None


class Entry(BaseModel):
    """One thing that happened to a visit."""

    id: int
    what: str
    person: str | None = Field(description="Whose place or trip it was about.")
    happened_at: datetime
    recorded_at: datetime
    by: str | None = Field(description="Who did it; null for the system.")
    on_behalf_of: str | None
    reason: str
    because: str = Field(description="Why somebody was chosen, when the policy or the search chose them.")


class History(BaseModel):
    """What happened to a visit, oldest first."""

    items: list[Entry]


class ClientToAdd(Body):
    """A client who phones for the first time."""

    name: str = Field(min_length=1, max_length=120, examples=["Mrs Reyes"])
    phone: str = Field(min_length=1, max_length=40, examples=["0917 123 4567"])
    email: str = Field(default="", max_length=254)
    notes: Note = ""


class AddressToAdd(Body):
    """A place the client has not been visited at yet."""

    line: str = Field(min_length=1, max_length=300, examples=["Unit 3, Palm Court"])
    locality_id: Id
    notes: Note = ""


class Booking(Body):
    """A visit to be booked. The client and the address are chosen by number or added here."""

    client_id: Id | None = None
    new_client: ClientToAdd | None = None
    service_ids: list[Id] = Field(min_length=1, max_length=10, examples=[[1]])
    therapist_ids: list[Id] = Field(default=[], max_length=20, examples=[[7]])
    automatic: Annotated[int, Field(ge=0, le=20), WHOLE] = Field(
        default=0,
        description="How many more the policy chooses of those free when it is saved; their places say why.",
    )
    evening: Day
    start: Clock = Field(description="On the firm's wall clock; 00:30 is after the evening's midnight.")
    minutes: Annotated[int, Field(ge=1, le=1440), WHOLE] | None = Field(
        default=None, description="Else those of the services."
    )
    price: Money | None = Field(default=None, description="Else that of the services, for each therapist.")
    driver_needed: Yes = True
    car_needed: Yes = False
    address_id: Id | None = None
    new_address: AddressToAdd | None = None
    notes: Note = ""
    off_shift_reason: Reason = ""

    def request(self) -> BookingRequest:
        """As the service takes it."""
        new = NewClient(**self.new_client.model_dump()) if self.new_client else None
        others = set(type(self).model_fields) - set(Booking.model_fields)
        return BookingRequest(**_flat(self, but={"new_client", *others}), new_client=new)


class VisitChange(Body):
    """The fields that are to be different, and why; the others stay."""

    reason: str = Field(min_length=1, max_length=1000, description="Kept in the history.", examples=["client asked"])
    service_ids: list[Id] = Field(default=[], min_length=1, max_length=10)
    therapist_ids: list[Id] = Field(default=[], min_length=1, max_length=20)
    evening: Day | None = None
    start: Clock | None = None
    minutes: Annotated[int, Field(ge=1, le=1440), WHOLE] | None = None
    price: Money | None = None
    driver_needed: Yes | None = None
    car_needed: Yes | None = None
    address_id: Id | None = None
    new_address: AddressToAdd | None = None
    notes: Note | None = None
    off_shift_reason: Reason = ""

    def request(self) -> ChangeRequest:
        """As the service takes it."""
        if self.new_address is not None and self.address_id is not None:
            raise Invalid("Give either address_id or new_address.", field="address_id")
        values = _flat(self, but={"reason", "service_ids", "therapist_ids"})
        return ChangeRequest(**values, service_ids=self.service_ids or None, therapist_ids=self.therapist_ids or None)


def _flat(body: Booking | VisitChange, *, but: set[str]) -> dict[str, Any]:
    """The fields of ``body`` as the services name them: a new address lies among the others."""
    new = body.new_address
    return {name: value for name, value in body if name not in {"new_address", *but}} | {
        "address_line": new.line if new else "",
        "locality_id": new.locality_id if new else None,
        "address_notes": new.notes if new else "",
    }


@router.get("")
async def page(actor: Anyone, only: Annotated[VisitFilters, Query()]) -> VisitPage:
    """Visits, page by page."""

    def read() -> VisitPage:
        with reading() as session:
            return _page(session, actor, only)

    return await in_thread(read)


@router.get("/{appointment_id}", responses=refuses(404))
async def one(actor: Anyone, appointment_id: PathId) -> Visit | OwnVisit:
    """One visit; the tag of its answer can be sent as If-Match with a change."""

    def read() -> tuple[str, str]:
        with reading() as session:
            return tagged(session, actor, appointment_id)

    body, tag = await in_thread(read)
    return Response(body, media_type="application/json", headers={"etag": tag})  # type: ignore[return-value]  # as said


@router.get("/{appointment_id}/history", responses=refuses(404))
async def happened(_actor: Desk, appointment_id: PathId) -> History:
    """What happened to a visit, when, by whom and for whom."""

    def read() -> History:
        with reading() as session:
            _visit(session, _actor, appointment_id)
            return History(
                items=[
                    Entry(
                        id=row.event_id,
                        what=row.kind,
                        person=row.person,
                        happened_at=row.happened_at,
                        recorded_at=row.recorded_at,
                        by=row.actor,
                        on_behalf_of=row.on_behalf_of,
                        reason=row.reason,
                        because=row.because,
                    )
                    for row in history(session, appointment_id)
                ]
            )

    return await in_thread(read)


@router.post("", status_code=201, response_model=Visit, responses=refuses(404, 409))
async def booked(actor: Booker, asked: Once, booking: Booking) -> Response:
    """Book a visit and offer it to its therapists."""

    def work(session: Session) -> BaseModel:
        if (booking.client_id is None) == (booking.new_client is None):
            raise Invalid("Give either client_id or new_client.", field="client_id")
        if (booking.address_id is None) == (booking.new_address is None):
            raise Invalid("Give either address_id or new_address.", field="address_id")
        made = book(session, actor, booking.request(), now=now())
        wish_met(session, actor, made, now=now())
        return visit_of(session, actor, made)

    return await carry_out(actor, asked, work, made_at="/appointments")


@router.patch("/{appointment_id}", response_model=Visit, responses=refuses(404, 409, 412))
async def changed(actor: Changer, appointment_id: PathId, wanted: VisitChange, if_match: IfMatch = None) -> Response:
    """Change who, when, what or where, checked exactly like booking.

    Send If-Match to be refused when anything happened to the visit since you read it.
    """

    def work(session: Session) -> tuple[str, str]:
        before = last_event(session, appointment_id)
        if if_match is not None:
            _, tag = tagged(session, actor, appointment_id)
            check_match(if_match, tag, lambda mark: _happenings(session, appointment_id, mark))
        change(session, actor, appointment_id, request=wanted.request(), reason=wanted.reason, now=now())
        if if_match is not None and (others := _happenings(session, appointment_id, before, but_own=True)):
            # Between the look at the tag and the lock on the visit a colleague was faster.
            raise Refusal("changed", CHANGED, changed=others)
        return tagged(session, actor, appointment_id)

    body, tag = await in_thread(run, work)
    return Response(body, media_type="application/json", headers={"etag": tag})


def visit_of(session: Session, actor: Actor, appointment_id: int) -> Visit | OwnVisit:
    """The visit as ``actor`` may see it, as this transaction has made it: also when it is none of theirs any more.

    Raises:
        NotFound: there is none.
    """
    session.flush()
    return _visit(session, actor, appointment_id, just_left=True)


def tagged(session: Session, actor: Actor, appointment_id: int) -> tuple[str, str]:
    """The visit as JSON, and its tag, which remembers the last entry of its history."""
    session.flush()
    body = _visit(session, actor, appointment_id).model_dump_json()
    return body, tag_of(body, mark=last_event(session, appointment_id))


def _happenings(session: Session, appointment_id: int, after_id: int, *, but_own: bool = False) -> list[Happening]:
    """What happened to the visit since an entry of its history; ``but_own`` leaves out what this transaction did."""
    own = {made.event_id for made in session.info.get("recorded", [])} if but_own else set()
    return [
        Happening(what=row.kind.replace("_", " "), who=row.actor or "the system", at=row.happened_at)
        for row in history(session, appointment_id, after_id=after_id)
        if row.event_id not in own
    ]


def _visit(session: Session, actor: Actor, appointment_id: int, *, just_left: bool = False) -> Visit | OwnVisit:
    found = visits(session, "a.id = :id", {"id": appointment_id})
    if not found:
        raise NotFound(_NONE)
    shape = shaped(found[0], services_of(session, [appointment_id])[appointment_id], actor)
    if isinstance(shape, OwnVisit) and not (shape.places or shape.trips or just_left):
        raise NotFound(_NONE)
    return shape


def _page(session: Session, actor: Actor, only: VisitFilters) -> VisitPage:
    own = None if actor.is_desk else actor.person_id
    if own is not None and only.person_id not in (None, own):
        raise Invalid("You can ask for your own visits only. Leave person_id out.", field="person_id")
    asked = only.model_dump_json(exclude={"cursor", "limit"}) + f" for {actor.person_id}"
    after: tuple[datetime, int] | None = None
    if only.cursor is not None:
        start, number = position_of(only.cursor, asked)
        after = datetime.fromisoformat(start), number
    ask = ListAsk(
        evening=only.evening,
        starts_from=only.starts_from,
        starts_before=only.starts_before,
        states=only.state,
        person_id=own or only.person_id,
        client_id=only.client_id if actor.is_desk else None,
        latest_first=only.order == "latest",
        after=after,
    )
    found = listed(session, ask, limit=only.limit + 1)
    shown = found[: only.limit]
    services = services_of(session, [visit.row.id for visit in shown])
    last = shown[-1].row if len(found) > only.limit else None
    return VisitPage(
        items=[shaped(visit, services[visit.row.id], actor) for visit in shown],
        next=cursor_of([last.starts_at.isoformat(), last.id], asked) if last else None,
    )
