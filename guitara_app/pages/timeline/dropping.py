"""What becomes of blocks that were let go somewhere else on the timeline: each visit and each trip by its own service.

Every one is saved or refused by itself. What was refused comes with the reason and with other ways; what was saved can
be undone as long as nobody has changed it since.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.queries.drivers import driver_candidates, trip_of
from guitara_app.appointments.queries.fields import fields_of, said
from guitara_app.appointments.queries.rows import short_name
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change, choose_driver, replace, step_back
from guitara_app.appointments.words import LegState
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, Stale
from guitara_app.kit.statements import text
from guitara_app.pages.planning.moving import Reason
from guitara_app.pages.planning.proposing import Looked, Move, Number, look, move_back

MOST = 40
_WHY = "Moved on the timeline"
_UNDONE = "Undone on the timeline"
_OTHER_DRIVERS = 3

Key = Annotated[str, Field(max_length=90, pattern=r"^[!-~]+$")]
Block = Annotated[str, Field(pattern=r"^[slv]\d{1,19}$")]


class Given(BaseModel):
    """A place that somebody refused, given to somebody else."""

    model_config = ConfigDict(extra="forbid")

    seat_id: Number
    person_id: Number


class VisitDrop(BaseModel):
    """Where a visit and its places were put; ``blocks`` are what shows it."""

    model_config = ConfigDict(extra="forbid")

    blocks: Annotated[list[Block], Field(max_length=20)] = []
    move: Move
    replace: Annotated[list[Given], Field(max_length=20)] = []


class LegDrop(BaseModel):
    """Whom a trip was given to, and who had it for whoever did that; 0 is nobody."""

    model_config = ConfigDict(extra="forbid")

    block: Block
    leg_id: Number
    driver_id: Number
    seen_driver_id: Annotated[int, Field(ge=0, lt=2**63)]
    off_shift: bool = False


class Drop(BaseModel):
    """Everything that was let go at once. ``reason`` is kept with each, and counts for going outside a shift."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    visits: Annotated[list[VisitDrop], Field(max_length=MOST)] = []
    legs: Annotated[list[LegDrop], Field(max_length=MOST)] = []
    reason: Reason = ""

    @property
    def blocks(self) -> list[str]:
        """What shows all of it."""
        return [block for visit in self.visits for block in visit.blocks] + [leg.block for leg in self.legs]


class Instead(TypedDict):
    """Another way, one click away."""

    label: str
    drop: dict[str, Any]


class Refusal(TypedDict):
    """Why something was not moved, and what could be done; ``anyway`` is the same drop that only lacks a reason."""

    key: str
    title: str
    problems: list[str]
    instead: list[Instead]
    off_shift: bool
    anyway: dict[str, Any]


class Back(TypedDict):
    """How one saved move is undone: a change of a visit, or a trip given back to who had it (0: nobody)."""

    kind: Literal["visit", "leg"]
    number: int
    words: str
    request: dict[str, Any]
    driver_id: int
    seen_driver_id: int


class Saved(NamedTuple):
    """One move that was saved, in words, and the way back; None when there is none."""

    words: str
    back: Back | None


class Result(NamedTuple):
    """What became of a drop. ``refused`` are the blocks that go back to where they were."""

    saved: list[Saved]
    refusals: list[Refusal]
    refused: list[str]


def carry_out(actor: Actor, drop: Drop, now: datetime) -> Result:
    """Save what can be saved, one after the other in the order given. Blocking."""
    result = Result([], [], [])
    for number, item in enumerate([*drop.visits, *drop.legs]):
        key = f"{drop.key}-{number}"
        try:
            if isinstance(item, VisitDrop):
                result.saved.extend(_move(actor, item, drop.reason, key, now))
            else:
                result.saved.append(_give(actor, item, drop.reason, key, now))
        except GuitaraError as error:
            result.refusals.append(_refusal(item, error, drop.reason, key, now))
            result.refused.extend(item.blocks if isinstance(item, VisitDrop) else [item.block])
    return result


def take_back(actor: Actor, backs: list[Back], key: str, now: datetime) -> list[str]:
    """Undo, the last first; why what could not be undone was not. Blocking."""
    return [
        f"{back['words']}: {problem}"
        for number, back in enumerate(reversed(backs))
        if (problem := _take_back(actor, back, f"{key}-{number}", now))
    ]


def _move(actor: Actor, item: VisitDrop, reason: str, key: str, now: datetime) -> list[Saved]:
    people, visit_id = item.move.therapist_ids, item.move.visit_id
    if people is not None and len(set(people)) < len(people):
        raise Invalid("One person cannot take two places of the same visit. Give them to different people.")
    looked = _look(item, reason, now)

    def work(session: Session) -> list[Saved]:
        before = fields_of(session, visit_id)
        changed: list[str] = []
        if item.move.starts or people is not None:
            changed = change(
                session,
                actor,
                visit_id,
                request=looked.request,
                reason=reason or _WHY,
                now=now,
                idempotency_key=key,
            )
        for number, given in enumerate(item.replace):
            replace(
                session,
                actor,
                given.seat_id,
                person_id=given.person_id,
                off_shift_reason=reason if item.move.off_shift else "",
                reason=reason or _WHY,
                now=now,
                idempotency_key=f"{key}-{number}",
            )
        after = fields_of(session, visit_id)
        back = move_back(visit_id, before, after, changed)
        if back is None and not item.replace:
            return []
        who = "therapist_ids" in changed or bool(item.replace)
        words = looked.proposal["title"].removeprefix("Move ")
        words += f": {looked.proposal['becomes']}" if {"start", "evening"} & set(changed) else ""
        words += f", with {said(session, 'therapist_ids', after.therapist_ids)}" if who else ""
        # Who was given a refused place cannot be taken out of it without leaving the place to nobody.
        undoable = back is not None and not item.replace
        return [Saved(words, _back("visit", visit_id, words, back) if undoable else None)]

    return run(work)


def _give(actor: Actor, item: LegDrop, reason: str, key: str, now: datetime) -> Saved:
    def work(session: Session) -> Saved:
        agreed = _driver_of(session, item.leg_id, agreed=True)
        choose_driver(
            session,
            actor,
            item.leg_id,
            driver_id=item.driver_id,
            seen_driver_id=item.seen_driver_id,
            off_shift_reason=reason if item.off_shift else "",
            reason=reason or _WHY,
            now=now,
            idempotency_key=key,
        )
        words = f"{_name(session, item.driver_id)} drives {_trip_words(session, item.leg_id)}"
        # Who was only being asked has not said yes: the search goes on instead.
        back = _back("leg", item.leg_id, words, driver_id=agreed, seen_driver_id=item.driver_id)
        return Saved(words, back)

    return run(work)


def _take_back(actor: Actor, back: Back, key: str, now: datetime) -> str:
    def work(session: Session) -> None:
        if back["kind"] == "visit":
            request = ChangeRequest.model_validate(back["request"])
            change(session, actor, back["number"], request=request, reason=_UNDONE, now=now, idempotency_key=key)
        elif back["driver_id"]:
            choose_driver(
                session,
                actor,
                back["number"],
                driver_id=back["driver_id"],
                seen_driver_id=back["seen_driver_id"],
                off_shift_reason=_UNDONE,
                reason=_UNDONE,
                now=now,
                idempotency_key=key,
            )
        else:
            # Nobody had it: the search for a driver begins again.
            if _driver_of(session, back["number"]) != back["seen_driver_id"]:
                raise Stale("Somebody else drives it by now.")
            step_back(session, actor, back["number"], reason=_UNDONE, now=now, idempotency_key=key)

    try:
        run(work)
    except GuitaraError as error:
        return _why(error)
    return ""


def _refusal(item: VisitDrop | LegDrop, error: GuitaraError, reason: str, key: str, now: datetime) -> Refusal:
    """Why, and what could be done instead, by what stands there now."""
    try:
        if isinstance(item, VisitDrop):
            return _refused_visit(item, error, _look(item, reason, now), key)
        return _refused_leg(item, error, key, now)
    except GuitaraError:
        # The visit or trip itself is gone.
        return Refusal(key=key, title="", problems=[_why(error)], instead=[], off_shift=False, anyway={})


def _refused_visit(item: VisitDrop, error: GuitaraError, looked: Looked, key: str) -> Refusal:
    proposal = looked.proposal
    instead = [
        Instead(label=other["label"], drop=_again(item, key, other["move"]))
        for other in proposal["others"]
        if not item.replace
    ]
    if isinstance(error, Stale):
        instead = [Instead(label="Move it all the same", drop=_again(item, key, proposal["anew"]))]
    off_shift = error.field == "off_shift_reason" or (proposal["off_shift"] and not isinstance(error, Stale))
    return Refusal(
        key=key,
        title=proposal["title"].removeprefix("Move "),
        problems=[_why(error)],
        instead=instead,
        off_shift=off_shift,
        anyway=_again(item, key, {**item.move.model_dump(), "off_shift": True}) if off_shift else {},
    )


def _refused_leg(item: LegDrop, error: GuitaraError, key: str, now: datetime) -> Refusal:
    with reading() as session:
        title = _trip_words(session, item.leg_id)
        free = [
            one
            for one in driver_candidates(session, trip_of(session, item.leg_id, now=now), now=now)
            if one.free and one.person_id not in (item.driver_id, item.seen_driver_id)
        ]
    off_shift = error.field == "off_shift_reason"
    return Refusal(
        key=key,
        title=title,
        problems=[_why(error)],
        instead=[
            Instead(
                label=f"{short_name(one.name)} ({one.reason})" if one.reason else short_name(one.name),
                drop=_leg_again(item, key, driver_id=one.person_id, off_shift=False),
            )
            for one in free[:_OTHER_DRIVERS]
            if not isinstance(error, Stale)
        ],
        off_shift=off_shift,
        anyway=_leg_again(item, key, off_shift=True) if off_shift else {},
    )


def _again(item: VisitDrop, key: str, move: dict[str, Any]) -> dict[str, Any]:
    """The same drop with another move, as something new: it may be sent after this one."""
    again = {"blocks": item.blocks, "replace": [given.model_dump() for given in item.replace], "move": move}
    return {"key": f"{key}+"[-90:], "visits": [again], "legs": []}


def _leg_again(item: LegDrop, key: str, **other: Any) -> dict[str, Any]:
    return {"key": f"{key}+"[-90:], "visits": [], "legs": [{**item.model_dump(), **other}]}


def _look(item: VisitDrop, reason: str, now: datetime) -> Looked:
    with reading() as session:
        return look(session, item.move, number=1, now=now, reason=reason)


def _why(error: GuitaraError) -> str:
    if isinstance(error, Stale) and error.clashes:
        return " ".join(f"{clash.by} changed it at {clash.at} to {clash.stands}." for clash in error.clashes)
    return error.sentence


def _back(
    kind: Literal["visit", "leg"], number: int, words: str, request: ChangeRequest | None = None, **of: int
) -> Back:
    return Back(
        kind=kind,
        number=number,
        words=words,
        request={} if request is None else request.model_dump(mode="json"),
        driver_id=of.get("driver_id", 0),
        seen_driver_id=of.get("seen_driver_id", 0),
    )


def _driver_of(session: Session, leg_id: int, *, agreed: bool = False) -> int:
    """Who has the trip, or has agreed to drive it; 0 for nobody."""
    row = session.execute(text("SELECT driver_id, state FROM legs WHERE id = :id"), {"id": leg_id}).one_or_none()
    return 0 if row is None or (agreed and row.state != LegState.ACCEPTED) else row.driver_id or 0


def _name(session: Session, person_id: int) -> str:
    name = session.execute(text("SELECT name FROM people WHERE id = :id"), {"id": person_id}).scalar_one_or_none()
    return name or "Somebody"


_TRIP = text(
    "SELECT t.to_appointment_id AS there, t.from_appointment_id AS away, l.name AS place,"
    " (SELECT string_agg(DISTINCT split_part(p.name, ' ', 1), ', ') FROM leg_passengers r"
    "   JOIN assignments g ON g.id = r.assignment_id JOIN people p ON p.id = g.person_id"
    "   WHERE r.leg_id = t.id) AS riders"
    " FROM legs t JOIN appointments a ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id WHERE t.id = :id"
)


def _trip_words(session: Session, leg_id: int) -> str:
    row = session.execute(_TRIP, {"id": leg_id}).one_or_none()
    if row is None:
        return "the trip"
    where = f"to {row.place}" if row.there else f"from {row.place}"
    return f"{row.riders or 'nobody yet'} {where}, #{row.there or row.away}"
