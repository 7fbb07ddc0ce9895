"""Events whose people have not been told yet, and all that decides who they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import DESK, Role
from guitara_app.appointments.queries.rows import VisitRow, short_name, visits
from guitara_app.appointments.words import LIVE_ANSWERS, LIVE_LEGS, Answer, LegState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.notifications.facts import Happened, Seat, Trip, Visit
from guitara_app.notifications.rules import RULES

TAKE = (
    "SELECT e.id, e.kind, e.actor_id, e.on_behalf_of_id, e.appointment_id, e.assignment_id, e.leg_id, e.person_id,"
    " e.client_id, e.data FROM untold_events u JOIN events e ON e.id = u.event_id"
    " ORDER BY u.event_id LIMIT :limit FOR UPDATE OF u SKIP LOCKED"
)
_TAKE_KIND = TAKE.replace(" ORDER BY", " WHERE e.kind = :kind ORDER BY")


class Untold(NamedTuple):
    """An event and what the rules are given of it."""

    event_id: int
    happened: Happened


class _Known(NamedTuple):
    """What several events have in common."""

    names: dict[int, str]
    desk: frozenset[int]
    admins: frozenset[int]
    visits: dict[int, Visit]
    items: dict[int, str]
    clients: dict[int, str]


def take_untold(session: Session, *, limit: int, kind: str = "") -> list[Any]:
    """The oldest events, of this kind if one is named, that nobody else tells of; held until the transaction ends."""
    if kind:
        return list(session.execute(text(_TAKE_KIND), {"limit": limit, "kind": kind}))
    return list(session.execute(text(TAKE), {"limit": limit}))


def happened(session: Session, events: Sequence[Any], *, now: datetime) -> list[Untold]:
    """Those of ``events`` that anybody may be told of, with how things stand."""
    telling = [event for event in events if event.kind in RULES]
    if not telling:
        return []
    known = _known(session, telling)
    calendar = firm_settings(session).calendar
    found = []
    for event in telling:
        visit = known.visits.get(event.appointment_id)
        facts = Happened(
            kind=event.kind,
            at=now,
            calendar=calendar,
            data=event.data,
            actor_id=event.actor_id,
            on_behalf_of=event.on_behalf_of_id,
            person_id=event.person_id,
            visit=visit,
            seat=next((seat for seat in visit.seats if seat.id == event.assignment_id), None) if visit else None,
            trip=next((trip for trip in visit.trips if trip.id == event.leg_id), None) if visit else None,
            names=known.names,
            desk=known.desk,
            admins=known.admins,
            client=known.clients.get(event.client_id, "") if event.appointment_id is None else "",
            item=known.items.get(event.data.get("item_id", 0), "Something"),
        )
        found.append(Untold(event.id, facts))
    return found


def _known(session: Session, events: Sequence[Any]) -> _Known:
    people = session.execute(text("SELECT id, name, role, disabled_at IS NULL AS in_use FROM people")).all()
    rows = visits(session, "a.id = ANY(:ids)", {"ids": sorted({event.appointment_id or 0 for event in events})})
    riding = _riders(session, rows)
    items = {event.data["item_id"] for event in events if "item_id" in event.data}
    named = session.execute(text("SELECT id, name FROM items WHERE id = ANY(:ids)"), {"ids": sorted(items)})
    waiting = {event.client_id for event in events if event.client_id and event.appointment_id is None}
    return _Known(
        names={person.id: short_name(person.name) for person in people},
        desk=frozenset(person.id for person in people if person.in_use and person.role in DESK),
        admins=frozenset(person.id for person in people if person.in_use and person.role == Role.ADMIN),
        visits={one.row.id: _visit(one, riding) for one in rows},
        items={item.id: item.name for item in named},
        clients=_clients(session, waiting) if waiting else {},
    )


def _clients(session: Session, clients: set[int]) -> dict[int, str]:
    rows = session.execute(text("SELECT id, name FROM clients WHERE id = ANY(:ids)"), {"ids": sorted(clients)})
    return {row.id: row.name for row in rows}


def _riders(session: Session, rows: Sequence[VisitRow]) -> dict[int, list[int]]:
    """Who rides on each trip; one straight to the next client may carry somebody who has no place in that visit."""
    legs = sorted({leg["id"] for visit in rows for leg in visit.legs})
    riding: dict[int, list[int]] = {}
    if legs:
        found = session.execute(
            text(
                "SELECT DISTINCT r.leg_id, g.person_id FROM leg_passengers r"
                " JOIN assignments g ON g.id = r.assignment_id WHERE r.leg_id = ANY(:legs) ORDER BY 1, 2"
            ),
            {"legs": legs},
        )
        for row in found:
            riding.setdefault(row.leg_id, []).append(row.person_id)
    return riding


def _visit(visit: VisitRow, riding: dict[int, list[int]]) -> Visit:
    row = visit.row
    return Visit(
        id=row.id,
        state=row.state,
        starts_at=row.starts_at,
        day=row.business_date,
        what=row.services or "A visit",
        client=row.client,
        town=row.locality,
        seats=tuple(_seat(seat) for seat in visit.seats),
        trips=tuple(_trip(leg, riding.get(leg["id"], [])) for leg in visit.legs),
    )


def _seat(seat: dict[str, Any]) -> Seat:
    return Seat(
        id=seat["id"],
        person_id=seat["person_id"],
        goes=seat["answer"] in LIVE_ANSWERS,
        worked=seat["answer"] == Answer.RELEASED and seat["progress"] == Progress.ENDED,
        unanswered=seat["answer"] == Answer.OFFERED,
        due_at=_instant(seat["due_at"]),
    )


def _trip(leg: dict[str, Any], riders: Sequence[int]) -> Trip:
    starts_at = _instant(leg["starts_at"] or leg["wanted_at"])
    if starts_at is None:
        raise ValueError("every trip is wanted at some time")
    return Trip(
        id=leg["id"],
        driver_id=leg["driver_id"],
        runs=leg["state"] in LIVE_LEGS,
        unanswered=leg["state"] == LegState.OFFERED,
        due_at=_instant(leg["offer_due_at"]),
        starts_at=starts_at,
        there=leg["leads_to"] is not None,
        urgent=leg["urgent"],
        riders=tuple(riders),
    )


def _instant(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None
