"""What moving a visit would come to: read before it is saved, and again when saving was refused."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, NamedTuple, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.change_preview import ChangePreview, preview_change
from guitara_app.appointments.queries.fields import Standing, standing
from guitara_app.appointments.queries.rows import short_name
from guitara_app.appointments.requests import BookingRequest, ChangeRequest, VisitFields
from guitara_app.clients.queries import card
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.time import Calendar, minutes_between
from guitara_app.pages.booking import views

MOVED = ("evening", "start", "minutes", "therapist_ids")
"""The fields of a visit that are changed by moving it about a plan."""

Number = Annotated[int, Field(ge=1, lt=2**63)]
Wall = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})?$")]
"""A wall clock of the firm, ``2026-11-28T21:30``; empty where nothing is said."""
People = Annotated[list[Number], Field(max_length=20)]


class Move(BaseModel):
    """Where somebody put a visit, and where it stood for them when they took it up.

    Empty ``starts`` keeps the start, empty ``ends`` the length, and no ``therapist_ids`` keep the people.
    """

    model_config = ConfigDict(extra="ignore")

    visit_id: Number
    starts: Wall = ""
    ends: Wall = ""
    therapist_ids: People | None = None
    seen_starts: Wall = ""
    seen_ends: Wall = ""
    seen_people: People | None = None
    off_shift: bool = False


class Other(TypedDict):
    """Something else to offer, one click away: ``move`` is what the proposal becomes."""

    label: str
    kind: str
    move: dict[str, object]


class Overtaken(TypedDict):
    """A field that a colleague changed since the visit was taken up."""

    label: str
    by: str
    at: str
    stands: str


class Proposal(TypedDict):
    """A move as it is shown before it is saved.

    ``number`` grows with every proposal, 0 says that there is none. ``problems`` are why it cannot be saved;
    ``off_shift`` says that a reason does, or would do. ``anew`` is the same move over what stands there now.
    """

    number: int
    visit_id: int
    title: str
    was: str
    becomes: str
    starts: str
    ends: str
    effects: list[str]
    warnings: list[str]
    problems: list[str]
    off_shift: bool
    others: list[Other]
    overtaken: list[Overtaken]
    move: dict[str, object]
    anew: dict[str, object]
    changed: bool


NO_PROPOSAL = Proposal(
    number=0,
    visit_id=0,
    title="",
    was="",
    becomes="",
    starts="",
    ends="",
    effects=[],
    warnings=[],
    problems=[],
    off_shift=False,
    others=[],
    overtaken=[],
    move={},
    anew={},
    changed=False,
)


class Looked(NamedTuple):
    """A proposal, and the request that carries it out."""

    proposal: Proposal
    request: ChangeRequest


def look(session: Session, move: Move, *, number: int, now: datetime, reason: str = "") -> Looked:
    """What ``move`` would come to; ``reason`` counts for going outside a shift when the move says so.

    Raises:
        NotFound: there is no such visit.
        Invalid: what was sent is no time.
    """
    visit = standing(session, move.visit_id)
    calendar = firm_settings(session).calendar
    fields = visit.fields
    evening, start = _start(calendar, move.starts) if move.starts else (fields.evening, fields.start)
    minutes = _minutes(calendar, move.starts, move.ends, visit)
    people = fields.therapist_ids if move.therapist_ids is None else sorted(set(move.therapist_ids))
    draft = BookingRequest(
        client_id=visit.client_id,
        service_ids=fields.service_ids,
        therapist_ids=people,
        evening=evening,
        start=start,
        minutes=minutes,
        price=None if visit.follows_price else fields.price,
        driver_needed=fields.driver_needed,
        car_needed=fields.car_needed,
        address_id=fields.address_id,
        notes=fields.notes,
        off_shift_reason=(reason or "as is yet to be said") if move.off_shift else "",
    )
    looked = preview_change(session, visit.id, draft, _seen(calendar, move, visit), now=now)
    return Looked(_proposal(session, calendar, move, looked, number), looked.request)


def wall(calendar: Calendar, at: datetime) -> str:
    """An instant as the pages of the plan are told it."""
    return f"{calendar.local(at):%Y-%m-%dT%H:%M}"


def wall_of(evening: date, start: time, calendar: Calendar) -> str:
    """A time of day of an evening as the pages of the plan are told it."""
    return wall(calendar, calendar.at(evening, start))


def move_back(visit_id: int, before: VisitFields, after: VisitFields, changed: list[str]) -> ChangeRequest | None:
    """The request that undoes a move, unless somebody has changed the same since; None when nothing was moved."""
    back = {name: getattr(before, name) for name in MOVED if name in changed}
    return ChangeRequest(**back, seen=after) if back else None


def _start(calendar: Calendar, said: str) -> tuple[date, time]:
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise Invalid("Type the time like 21:30 or 00:30.", field="start") from error
    evening = at.date() if at.time() >= calendar.day_starts else at.date() - timedelta(days=1)
    return evening, at.time()


def _minutes(calendar: Calendar, starts: str, ends: str, visit: Standing) -> int | None:
    """The length asked for; None when it is to follow from the services, as it does now."""
    if not ends:
        return None if visit.follows_minutes else visit.fields.minutes
    begins = calendar.at(*_start(calendar, starts)) if starts else visit.starts_at
    return minutes_between(begins, calendar.at(*_start(calendar, ends)))


def _seen(calendar: Calendar, move: Move, visit: Standing) -> VisitFields:
    """The visit as the mover saw it; of what they do not move, as it stands."""
    seen: dict[str, object] = {}
    if move.starts and move.seen_starts:
        seen["evening"], seen["start"] = _start(calendar, move.seen_starts)
    if move.ends and move.seen_starts and move.seen_ends:
        begins, ends = (calendar.at(*_start(calendar, said)) for said in (move.seen_starts, move.seen_ends))
        seen["minutes"] = minutes_between(begins, ends)
    if move.therapist_ids is not None and move.seen_people is not None:
        seen["therapist_ids"] = sorted(move.seen_people)
    return visit.fields.model_copy(update=seen)


def _proposal(session: Session, calendar: Calendar, move: Move, looked: ChangePreview, number: int) -> Proposal:
    visit, shown, request = looked.visit, looked.shown, looked.request
    evening = request.evening or visit.fields.evening
    start = visit.fields.start if request.start is None else request.start
    begins = calendar.at(evening, start) if request.evening or request.start is not None else visit.starts_at
    names = ", ".join(short_name(seat.name) for seat in visit.seats) or "nobody yet"
    was_ends = visit.starts_at + timedelta(minutes=visit.fields.minutes)
    return Proposal(
        number=number,
        visit_id=visit.id,
        title=f"Move {_client(session, visit)}, #{visit.id}",
        was=f"{calendar.night_label(visit.starts_at, visit.fields.evening)} to "
        f"{calendar.clock_label(was_ends, visit.fields.evening)}, {names}",
        becomes=f"{shown.night_label} to {shown.ends_label}" if shown.night_label else "",
        starts=wall(calendar, begins),
        ends=wall(calendar, begins + timedelta(minutes=shown.minutes)),
        effects=looked.effects,
        warnings=shown.warnings,
        problems=[problem.sentence for problem in shown.problems],
        off_shift=move.off_shift
        or (bool(shown.problems) and all(one.field == "off_shift_reason" for one in shown.problems)),
        others=[_other(one, move, calendar, visit) for one in views.other_lines(session, shown, evening)],
        overtaken=[
            Overtaken(label=views.FIELD_WORDS[clash.field], by=clash.by, at=clash.at, stands=clash.stands)
            for clash in looked.clashes
        ],
        move=move.model_dump(),
        anew=_over_what_stands(move, calendar, visit),
        changed=bool(looked.changed),
    )


def _other(line: views.OtherLine, move: Move, calendar: Calendar, visit: Standing) -> Other:
    """An alternative of the booking form as a move: the length stays what was asked for."""
    patch = line["patch"]
    evening, start = date.fromisoformat(patch["evening"]), time.fromisoformat(patch["start"])
    begins = calendar.at(evening, start)
    minutes = _minutes(calendar, move.starts, move.ends, visit)
    ends = wall(calendar, begins + timedelta(minutes=minutes)) if move.ends and minutes else ""
    changed: dict[str, object] = {"starts": wall(calendar, begins), "ends": ends}
    if "therapist_ids" in patch:
        changed |= {"therapist_ids": patch["therapist_ids"], "seen_people": _people_seen(move, visit)}
    return Other(label=line["label"], kind=line["kind"], move={**move.model_dump(), **changed, "off_shift": False})


def _people_seen(move: Move, visit: Standing) -> list[int]:
    return visit.fields.therapist_ids if move.seen_people is None else move.seen_people


def _over_what_stands(move: Move, calendar: Calendar, visit: Standing) -> dict[str, object]:
    ends = visit.starts_at + timedelta(minutes=visit.fields.minutes)
    stands = {"seen_starts": wall(calendar, visit.starts_at), "seen_ends": wall(calendar, ends)}
    return {**move.model_dump(), **stands, "seen_people": visit.fields.therapist_ids}


def _client(session: Session, visit: Standing) -> str:
    try:
        return card(session, visit.client_id).name
    except GuitaraError:
        return "the visit"
