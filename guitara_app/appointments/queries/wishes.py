"""The waiting list: who waits for what, what has been found for them, and what of it waits for the desk."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.models import Wish
from guitara_app.appointments.queries.first_slots import FirstSlot, SlotQuestion, first_slots
from guitara_app.appointments.queries.rows import short_name
from guitara_app.appointments.queries.waiting import Entry
from guitara_app.appointments.queries.ways import call
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.timeline import Job
from guitara_app.appointments.views import Way
from guitara_app.appointments.wishing import Held
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.planned import planned_once
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_SHOWN_CLOSED = 20
_LOOKED_AT = 20


class WishRow(TypedDict):
    """A wish as the desk sees it. ``offer`` is the slot that was found, in words; its number is 0 while there is none.

    ``draft`` is what the booking form begins with, ``fields`` what the wish's own form does.
    """

    id: int
    version: int
    state: str
    client_id: int
    client: str
    phone: str
    what: str
    when: str
    who: str
    notes: str
    since: str
    made: str
    offer_id: int
    offer: str
    offer_people: str
    appointment_id: int
    draft: dict[str, Any]
    fields: dict[str, Any]


class WaitingList(TypedDict):
    """Everybody who waits, the longest first; and those whose waiting ended lately."""

    wishes: list[WishRow]
    closed: list[WishRow]


_ROWS = """
SELECT w.*, c.name AS client, c.phone, m.name AS made_by, t.name AS therapist,
  (SELECT string_agg(s.name, ' + ' ORDER BY array_position(w.service_ids, s.id)) FROM services s
    WHERE s.id = ANY(w.service_ids)) AS services,
  o.id AS offer_id, o.business_date, o.starts_at, o.therapist_ids,
  (SELECT array_agg(p.name ORDER BY array_position(o.therapist_ids, p.id)) FROM people p
    WHERE p.id = ANY(o.therapist_ids)) AS offered
FROM wishes w JOIN clients c ON c.id = w.client_id JOIN people m ON m.id = w.made_by_id
LEFT JOIN people t ON t.id = w.therapist_id
LEFT JOIN wish_offers o ON o.wish_id = w.id AND o.settled_at IS NULL
"""
_WAITING = text(f"{_ROWS} WHERE w.state = 'waiting' ORDER BY w.made_at, w.id")
_CLOSED = text(f"{_ROWS} WHERE w.state <> 'waiting' ORDER BY w.closed_at DESC, w.id DESC LIMIT {_SHOWN_CLOSED}")
_OFFERS = planned_once(
    "SELECT o.id, o.wish_id, o.business_date, o.starts_at, o.ends_at, o.found_at, o.therapist_ids, c.name AS client,"
    " c.phone, (SELECT array_agg(p.name ORDER BY p.name) FROM people p WHERE p.id = ANY(o.therapist_ids)) AS people"
    " FROM wish_offers o JOIN wishes w ON w.id = o.wish_id JOIN clients c ON c.id = w.client_id"
    " WHERE o.settled_at IS NULL AND w.state = 'waiting' ORDER BY o.found_at, o.id"
)


def waiting_list(session: Session) -> WaitingList:
    """The waiting list as the desk sees it."""
    calendar = firm_settings(session).calendar
    return WaitingList(
        wishes=[_shown(row, calendar) for row in session.execute(_WAITING)],
        closed=[_shown(row, calendar) for row in session.execute(_CLOSED)],
    )


def wish_row(session: Session, wish_id: int) -> WishRow:
    """One wish as the desk sees it.

    Raises:
        NotFound: there is none of this number.
    """
    row = session.execute(text(f"{_ROWS} WHERE w.id = :id"), {"id": wish_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such wish.")
    return _shown(row, firm_settings(session).calendar)


def found_slots(session: Session, calendar: Calendar) -> list[Entry]:
    """The slots that were found and wait for a call, for needs-me-now."""
    return [
        Entry(
            key=f"wish-{row.id}",
            kind="wish",
            tone="pending",
            title=f"Free for {row.client}",
            detail=calendar.night_label(row.starts_at, row.business_date),
            more=f"{', '.join(short_name(name) for name in row.people)}; from the waiting list",
            visits=(),
            began=row.found_at,
            ways=(
                Way(label="Book", to=f"/waiting?offer={row.id}", first=True),
                *call("Client", row.phone),
                Way(label="Waiting list", to="/waiting", first=False),
            ),
        )
        for row in session.execute(_OFFERS)
    ]


def open_offers(session: Session) -> list[Row[Any]]:
    """The slots that are found and not settled, with their wishes' numbers."""
    return list(session.execute(_OFFERS))


def slots_for(session: Session, wish: Wish, held: Held, *, now: datetime) -> list[FirstSlot]:
    """The first slots for a wish while others are held; none when what it asks cannot be booked (any more)."""
    question = SlotQuestion(
        who="same" if wish.only_therapist else "any",
        evening=wish.first_evening,
        last=wish.last_evening,
        not_evenings=tuple(wish.not_evenings),
        earliest=wish.earliest,
        latest=wish.latest,
    )
    try:
        return first_slots(session, _as_booking(wish), question, now=now, at_most=_LOOKED_AT, held=held).slots
    except Invalid:
        return []


def still_free(session: Session, wish: Wish, offer: Row[Any], held: Held, *, now: datetime) -> bool:
    """Whether a slot that was found could still be booked as it was found."""
    clock = firm_settings(session).calendar.local(offer.starts_at).time()
    question = SlotQuestion(evening=offer.business_date, last=offer.business_date, earliest=clock, latest=clock)
    draft = _as_booking(wish).model_copy(update={"therapist_ids": list(offer.therapist_ids), "automatic": 0})
    try:
        found = first_slots(session, draft, question, now=now, at_most=1, held=held).slots
    except Invalid:
        return False
    return bool(found) and found[0].starts[0] == offer.starts_at


def length_of(session: Session, wish: Wish) -> timedelta:
    """How long the visit would take, and the pause after it."""
    row = session.execute(
        text(
            "SELECT coalesce(sum(minutes), 0) AS minutes, coalesce(max(buffer_minutes), 0) AS pause FROM services"
            " WHERE id = ANY(:ids)"
        ),
        {"ids": wish.service_ids},
    ).one()
    return timedelta(minutes=int(row.minutes + row.pause))


def held_by(offer: Row[Any]) -> dict[int, list[Job]]:
    """What a found slot takes of its therapists' time, so that it is not found for somebody else as well."""
    return {person: [Job(-offer.id, offer.starts_at, offer.ends_at)] for person in offer.therapist_ids}


def _as_booking(wish: Wish) -> BookingRequest:
    named = [wish.therapist_id] if wish.therapist_id else []
    return BookingRequest(
        client_id=wish.client_id,
        address_id=wish.address_id,
        service_ids=wish.service_ids,
        therapist_ids=named,
        automatic=wish.people - len(named),
        driver_needed=wish.driver_needed,
        car_needed=wish.car_needed,
    )


def _shown(row: Row[Any], calendar: Calendar) -> WishRow:
    return WishRow(
        id=row.id,
        version=row.version,
        state=row.state,
        client_id=row.client_id,
        client=row.client,
        phone=shown_phone(row.phone),
        what=row.services or "",
        when=f"{_evenings(row.first_evening, row.last_evening)}{_clocks(row.earliest, row.latest)}",
        who=_who(row),
        notes=row.notes,
        since=row.made_at.isoformat(),
        made=f"{calendar.moment_label(row.made_at)} by {row.made_by}",
        offer_id=row.offer_id or 0,
        offer=calendar.night_label(row.starts_at, row.business_date) if row.offer_id else "",
        offer_people=", ".join(short_name(name) for name in row.offered or ()),
        appointment_id=row.appointment_id or 0,
        draft=_draft(row, calendar) if row.offer_id else {},
        fields=_fields(row),
    )


def _draft(row: Row[Any], calendar: Calendar) -> dict[str, Any]:
    return {
        "wish_id": row.id,
        "client_id": row.client_id,
        "client_mode": "",
        "evening": row.business_date.isoformat(),
        "start": f"{calendar.local(row.starts_at):%H:%M}",
        "service_ids": list(row.service_ids),
        "therapist_ids": list(row.therapist_ids),
        "driver_needed": row.driver_needed,
        "car_needed": row.car_needed,
        "address_id": row.address_id or "",
        "notes": row.notes,
    }


def _fields(row: Row[Any]) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "address_id": row.address_id or "",
        "service_ids": list(row.service_ids),
        "people": str(row.people),
        "first_evening": row.first_evening.isoformat(),
        "last_evening": row.last_evening.isoformat(),
        "earliest": f"{row.earliest:%H:%M}" if row.earliest else "",
        "latest": f"{row.latest:%H:%M}" if row.latest else "",
        "therapist_id": str(row.therapist_id or ""),
        "only_therapist": row.only_therapist,
        "driver_needed": row.driver_needed,
        "car_needed": row.car_needed,
        "notes": row.notes,
    }


def _evenings(first: date, last: date) -> str:
    def day(one: date) -> str:
        return f"{one:%a} {one.day} {one:%b}"

    return day(first) if first == last else f"{day(first)} to {day(last)}"


def _clocks(earliest: time | None, latest: time | None) -> str:
    if earliest is None and latest is None:
        return ", any time"
    if earliest is None or latest is None:
        return f", from {earliest:%H:%M}" if earliest else f", until {latest:%H:%M}"
    return f", {earliest:%H:%M} to {latest:%H:%M}"


def _who(row: Row[Any]) -> str:
    many = f"{row.people} therapists" if row.people > 1 else ""
    named = f"{'only' if row.only_therapist else 'rather'} {row.therapist}" if row.therapist else ""
    driver = "with a car" if row.car_needed else "" if row.driver_needed else "no driver"
    return ", ".join(part for part in (many, named, driver) if part) or "anybody"
