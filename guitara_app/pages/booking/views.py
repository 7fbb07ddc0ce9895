"""What the form is told, plain enough for the browser."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.change_preview import ChangePreview
from guitara_app.appointments.queries.fields import Standing, said
from guitara_app.appointments.queries.preview import Preview
from guitara_app.appointments.queries.rows import short_name
from guitara_app.catalog.queries import active_services
from guitara_app.clients.queries import ClientCard
from guitara_app.firm.queries import firm_settings, localities

_SHOWN_EVENINGS = 14
_MOST_UNFOLDED = 4


class Choice(TypedDict):
    """One line of a select."""

    value: str
    label: str


class ServiceLine(TypedDict):
    """A service to pick."""

    id: int
    name: str
    facts: str


class AddressLine(TypedDict):
    """A place the client was visited at, to pick with one click."""

    id: int
    line: str
    locality: str
    notes: str


class VisitLine(TypedDict):
    """A past visit of the client."""

    id: int
    when: str
    services: str
    therapists: str
    state: str


class ClientView(TypedDict):
    """The client as the form shows it; id 0 when none is chosen."""

    id: int
    name: str
    phone: str
    email: str
    notes: str
    preferences: str
    favourite_id: int
    favourite: str


class CandidateLine(TypedDict):
    """A therapist to pick, with the reason to or not to."""

    id: int
    name: str
    free: bool
    reason: str
    folded: bool


class PickLine(TypedDict):
    """Somebody the policy would choose now, and why."""

    id: int
    name: str
    because: str


class OtherLine(TypedDict):
    """Something else to offer, one click away: ``patch`` is what the draft becomes."""

    label: str
    kind: str
    patch: dict[str, Any]


class ClashLine(TypedDict):
    """A field that a colleague changed too."""

    field: str
    label: str
    by: str
    at: str
    stands: str
    mine: str


class Base(TypedDict):
    """What stands there of the visit that is changed, as the form shows it and as the service compares it."""

    of: str
    values: dict[str, Any]
    fields: dict[str, Any]


class Sums(TypedDict):
    """What the booking comes to."""

    night: str
    starts: str
    ends: str
    minutes: str
    price: str


NOBODY = ClientView(id=0, name="", phone="", email="", notes="", preferences="", favourite_id=0, favourite="")
NO_BASE = Base(of="", values={}, fields={})
NO_SUMS = Sums(night="", starts="", ends="", minutes="", price="")


def evenings(session: Session, now: datetime) -> list[Choice]:
    """Tonight and the evenings after it."""
    firm = firm_settings(session)
    tonight = firm.calendar.business_date(now)
    days = [tonight + timedelta(days=ahead) for ahead in range(min(_SHOWN_EVENINGS, firm.book_ahead_days + 1))]
    return [
        Choice(value=day.isoformat(), label=firm.calendar.evening_label(day) + (" (tonight)" if day == tonight else ""))
        for day in days
    ]


def last_evening(session: Session, now: datetime) -> str:
    """The last evening that can be booked."""
    firm = firm_settings(session)
    return (firm.calendar.business_date(now) + timedelta(days=firm.book_ahead_days)).isoformat()


def times(session: Session, now: datetime) -> list[str]:
    """The quarter hours the firm is open, as suggestions to type from."""
    firm = firm_settings(session)
    hours = firm.calendar.open_period(firm.calendar.business_date(now))
    if hours.lower is None or hours.upper is None:
        return []
    quarters = int((hours.upper - hours.lower).total_seconds() // 900)
    return [f"{firm.calendar.local(hours.lower + timedelta(minutes=15 * step)):%H:%M}" for step in range(quarters)]


def services(session: Session) -> list[ServiceLine]:
    """What can be booked."""
    return [
        ServiceLine(id=service.id, name=service.name, facts=f"{service.minutes} min, \u20b1{service.price:,.0f}")
        for service in active_services(session)
    ]


def towns(session: Session) -> list[Choice]:
    """Where visits can be."""
    return [Choice(value=str(town.id), label=f"{town.name} ({town.zone})") for town in localities(session)]


def client_view(card: ClientCard) -> ClientView:
    """The part of the card that stands at the top."""
    return ClientView(
        id=card.id,
        name=card.name,
        phone=card.phone,
        email=card.email,
        notes=card.notes,
        preferences=card.preferences,
        favourite_id=card.favourite_id,
        favourite=card.favourite,
    )


def address_lines(card: ClientCard) -> list[AddressLine]:
    """The client's places."""
    return [AddressLine(id=one.id, line=one.line, locality=one.locality, notes=one.notes) for one in card.addresses]


def visit_lines(card: ClientCard) -> list[VisitLine]:
    """The client's last visits."""
    return [
        VisitLine(
            id=visit.appointment_id,
            when=visit.when,
            services=visit.services,
            therapists=visit.therapists,
            state=str(visit.state),
        )
        for visit in card.history
    ]


def sums(preview: Preview) -> Sums:
    """What the booking comes to, in words."""
    return Sums(
        night=preview.night_label,
        starts=preview.starts_label,
        ends=preview.ends_label,
        minutes=str(preview.minutes or ""),
        price=f"{preview.price:,.2f}".removesuffix(".00") if preview.minutes else "",
    )


def candidate_lines(preview: Preview) -> list[CandidateLine]:
    """Who could go, best first; many who are not free are folded away."""
    not_free = sum(not one.free for one in preview.candidates)
    folds = not_free > _MOST_UNFOLDED and not_free < len(preview.candidates)
    return [
        CandidateLine(id=one.person_id, name=one.name, free=one.free, reason=one.reason, folded=folds and not one.free)
        for one in preview.candidates
    ]


def pick_lines(preview: Preview) -> list[PickLine]:
    """Whom the policy would choose now."""
    return [PickLine(id=one.person_id, name=one.name, because=one.because) for one in preview.chosen]


def other_lines(session: Session, preview: Preview, wanted: date | None) -> list[OtherLine]:
    """What could be offered instead: other times first, then other people."""
    calendar = firm_settings(session).calendar

    def when(evening: date, starts_at: datetime) -> dict[str, Any]:
        return {"evening": evening.isoformat(), "start": f"{calendar.local(starts_at):%H:%M}"}

    def clock(evening: date, starts_at: datetime) -> str:
        if evening == wanted:
            return calendar.clock_label(starts_at, evening)
        return calendar.night_label(starts_at, evening)

    times = [
        OtherLine(label=clock(one.evening, one.starts_at), kind="time", patch=when(one.evening, one.starts_at))
        for one in preview.alternatives.times
    ]
    others = [
        OtherLine(
            label=f"{', '.join(short_name(name) for name in one.new)} {clock(one.evening, one.starts_at)}",
            kind="people",
            patch={"therapist_ids": list(one.people), **when(one.evening, one.starts_at)},
        )
        for one in preview.alternatives.others
    ]
    return [*times, *others]


def base(visit: Standing, name: str, series_version: int = 0) -> Base:
    """What the form shows of the visit until somebody types; minutes and price only where they were overridden.

    Of a series the version is what is noted as seen when it is chosen which of its visits a change is for.
    """
    fields = visit.fields
    values = fields.model_dump(mode="json") | {
        "start": f"{fields.start:%H:%M}",
        "minutes": "" if visit.follows_minutes else str(fields.minutes),
        "price": "" if visit.follows_price else f"{fields.price:.2f}".removesuffix(".00"),
        "client_id": visit.client_id,
        "address_line": "",
        "locality_id": "",
        "address_notes": "",
        "reach": "one",
    }
    return Base(of=name, values=values, fields=fields.model_dump(mode="json") | {"reach": series_version})


def clash_lines(session: Session, looked: ChangePreview) -> list[ClashLine]:
    """What a colleague changed meanwhile of what is changed here."""
    return [
        ClashLine(
            field=clash.field,
            label=FIELD_WORDS[clash.field],
            by=clash.by,
            at=clash.at,
            stands=clash.stands,
            mine=said(session, clash.field, getattr(looked.request, clash.field)),
        )
        for clash in looked.clashes
    ]


def changed_words(fields: Iterable[str]) -> str:
    """Names of fields, in a sentence."""
    return ", ".join(FIELD_WORDS[field].lower() for field in fields)


def by_slot(problems: dict[str, str]) -> dict[str, str]:
    """Problems by the place in the form where they are shown; what has no place of its own goes to ``form``."""
    shown: dict[str, Any] = {}
    for field, sentence in problems.items():
        slot = _SLOTS.get(field, field if field in _FIELDS else "form")
        shown[slot] = f"{shown[slot]} {sentence}" if slot in shown else sentence
    return shown


FIELD_WORDS = {
    "evening": "Evening",
    "start": "Start",
    "minutes": "Minutes",
    "price": "Price",
    "service_ids": "Services",
    "therapist_ids": "Therapists",
    "driver_needed": "Driver needed",
    "car_needed": "Needs a car",
    "address_id": "Address",
    "notes": "Notes",
}
_SLOTS = {"client": "client", "client_id": "client", "new_client": "client", "address_id": "address_line"}
_FIELDS = {
    "name", "phone", "email", "client_notes", "evening", "start", "service_ids", "minutes", "price", "therapist_ids",
    "off_shift_reason", "driver_needed", "car_needed", "address_line", "locality_id", "address_notes", "notes",
    "reason", "repeat", "repeat_every", "repeat_times", "repeat_until", "reach",
}  # fmt: skip
