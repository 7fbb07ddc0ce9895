"""Finding the first slots for a visit, and moving it to one of them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import reflex as rx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.fields import standing
from guitara_app.appointments.queries.first_slots import FirstSlot, SlotQuestion, first_slots
from guitara_app.appointments.queries.rows import short_name
from guitara_app.appointments.requests import ChangeRequest, VisitFields
from guitara_app.appointments.services import move
from guitara_app.components.slot_finder import slot_finder
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import Calendar, now
from guitara_app.live import AppointmentLive
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.changing import name_of
from guitara_app.pages.booking.draft import ChangeDraft

Key = Annotated[str, Field(max_length=100, pattern=r"^[!-~]*$")]
_Empty = BeforeValidator(lambda typed: None if typed == "" else typed)


class Question(BaseModel):
    """What the dialog asks."""

    model_config = ConfigDict(extra="forbid")

    who: Literal["same", "any"] = "same"
    evening: Annotated[date | None, _Empty] = None
    earliest: Annotated[time | None, _Empty] = None
    latest: Annotated[time | None, _Empty] = None


class Chosen(BaseModel):
    """The slot that was chosen, why, and the visit as it was seen then."""

    model_config = ConfigDict(extra="forbid")

    visit_id: int = Field(ge=1, lt=2**63)
    evening: date
    start: time
    therapist_ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(max_length=20)
    car_needed: bool
    reason: str = Field(max_length=1000)
    key: Key
    seen: VisitFields


class Start(TypedDict):
    """A quarter hour to choose: as a field, as a clock, and in the words of evenings."""

    value: str
    clock: str
    label: str


class SlotLine(TypedDict):
    """A slot as the dialog shows it."""

    key: str
    evening: str
    label: str
    until: str
    starts: list[Start]
    people: list[int]
    people_words: str
    driver: str


class SlotState(rx.State):
    """The search for slots, of whichever visit or form it is opened."""

    slots: list[SlotLine] = []
    nothing: str = ""
    problem: str = ""
    answers: str = ""
    seen: dict[str, Any] = {}
    team: str = ""
    evenings: list[views.Choice] = []
    last: str = ""
    times: list[str] = []
    refused: str = ""
    answered: int = 0
    done: str = ""

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.RUN_VISITS)
    async def find(self, draft: ChangeDraft, question: Question, key: Key) -> None:
        """The first slots for what the draft says; a newer question overtakes it."""
        try:
            looked = await in_thread(_look, draft, question, now())
        except GuitaraError as error:
            self.slots, self.nothing, self.problem, self.answers = [], "", error.sentence, key
            return
        self.slots, self.nothing, self.problem = looked.slots, looked.nothing, ""
        self.seen, self.team = looked.seen, looked.team
        self.evenings, self.last, self.times = looked.evenings, looked.last, looked.times
        self.answers = key

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def move(self, chosen: Chosen) -> rx.event.EventSpec | None:
        """Move the visit. When somebody was quicker, say who, and what is free now."""
        actor, at = current_actor(), now()
        request = ChangeRequest(
            evening=chosen.evening,
            start=chosen.start,
            therapist_ids=chosen.therapist_ids,
            car_needed=chosen.car_needed,
            seen=chosen.seen,
        )
        try:
            await in_thread(
                run,
                lambda session: move(
                    session,
                    actor,
                    chosen.visit_id,
                    request=request,
                    reason=chosen.reason,
                    now=at,
                    idempotency_key=chosen.key,
                ),
            )
        except GuitaraError as error:
            self.refused = error.sentence
            return None
        finally:
            self.answered += 1
        self.refused, self.done = "", chosen.key
        return rx.toast.success(f"Moved visit #{chosen.visit_id}.", close_button=True)


def find_slots(*inside: rx.Component | str, visit_id: rx.Var[int] | int, **props: Any) -> rx.Component:
    """The button that opens the search; inside a form a slot goes into the draft, elsewhere it moves the visit."""
    return slot_finder(
        *inside,
        visit_id=visit_id,
        slots=SlotState.slots,
        nothing=SlotState.nothing,
        problem=SlotState.problem,
        answers=SlotState.answers,
        seen=SlotState.seen,
        team=SlotState.team,
        refused=SlotState.refused,
        answered=SlotState.answered,
        done=SlotState.done,
        evenings=SlotState.evenings,
        last=SlotState.last,
        times=SlotState.times,
        on_find=SlotState.find,
        on_move=SlotState.move,
        **props,
    )


def find_slots_for(visit_id: rx.Var[int] | int) -> rx.Component:
    """For a form: the search for what it says so far; 0 is a new visit's."""
    return find_slots(
        rx.icon("calendar_search", size=14), "First free slots", visit_id=visit_id, class_name="button button-small"
    )


def find_slot_button() -> rx.Component:
    """For the page of a visit: the search for another time of it."""
    detail = AppointmentLive.detail
    return find_slots(
        rx.icon("calendar_search", size=16),
        "Find a slot",
        visit_id=detail["id"],
        car=detail["car_needed"],
        driven=detail["driver_needed"],
        class_name="button",
    )


class _Looked(NamedTuple):
    slots: list[SlotLine]
    nothing: str
    seen: dict[str, Any]
    team: str
    evenings: list[views.Choice]
    last: str
    times: list[str]


def _look(draft: ChangeDraft, question: Question, at: datetime) -> _Looked:
    with reading() as session:
        calendar = firm_settings(session).calendar
        visit = standing(session, draft.visit_id) if draft.visit_id else None
        whole = draft.over(views.base(visit, name_of(visit.id))["values"]) if visit else draft
        request, _ = whole.request(calendar.business_date(at))
        found = first_slots(session, request, SlotQuestion(**question.model_dump()), now=at, visit=visit)
        return _Looked(
            [_line(one, calendar) for one in found.slots],
            found.nothing,
            visit.fields.model_dump(mode="json") if visit else {},
            ", ".join(short_name(seat.name) for seat in visit.seats) if visit else "",
            views.evenings(session, at),
            views.last_evening(session, at),
            _clocks(session, at),
        )


def _clocks(session: Session, at: datetime) -> list[str]:
    """Half hours are near enough for a limit."""
    return [one for one in views.times(session, at) if one.endswith(("00", "30"))] or views.times(session, at)[::2]


def _line(one: FirstSlot, calendar: Calendar) -> SlotLine:
    return SlotLine(
        key=f"{one.starts[0].isoformat()}-{'-'.join(map(str, one.people))}",
        evening=one.evening.isoformat(),
        label=one.label,
        until=one.until,
        starts=[
            Start(
                value=f"{calendar.local(start):%H:%M}",
                clock=calendar.clock_label(start, one.evening),
                label=calendar.night_label(start, one.evening),
            )
            for start in one.starts
        ],
        people=list(one.people),
        people_words=", ".join(f"{short_name(name)}{' (new)' if name in one.new else ''}" for name in one.names),
        driver=one.driver,
    )
