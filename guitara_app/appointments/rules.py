"""What a booking comes to, and what can be seen to be wrong with it before looking at anybody's evening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from guitara_app.appointments.requests import BookingRequest, VisitFields
from guitara_app.catalog.queries import ServiceChoice
from guitara_app.firm.queries import FirmSettings
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar

# An operator who books "for now" needs a moment to type.
STARTED_AT_MOST_AGO = timedelta(minutes=10)
HIGHEST_PRICE = Decimal("999999.99")
MOVING = frozenset({"evening", "start", "minutes", "service_ids", "address_id"})
"""Fields of a visit whose change concerns everybody who goes: they are asked anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When a visit is, what it costs, and the pause a therapist needs after it."""

    business_date: date
    starts_at: datetime
    ends_at: datetime
    minutes: int
    price: Decimal
    buffer_minutes: int


def totals(services: Sequence[ServiceChoice]) -> tuple[int, Decimal]:
    """Minutes and pesos of the services together."""
    return sum(service.minutes for service in services), sum((service.price for service in services), Decimal(0))


def follows(fields: VisitFields, services: Sequence[ServiceChoice]) -> tuple[bool, bool]:
    """Whether the minutes, and whether the price, of a visit are just what its services and people come to."""
    minutes, price = totals(services)
    return fields.minutes == minutes, fields.price == price * max(1, len(fields.therapist_ids))


def plan(
    request: BookingRequest,
    services: Sequence[ServiceChoice],
    firm: FirmSettings,
    *,
    now: datetime,
    starts_at: datetime | None = None,
) -> Plan:
    """What the request comes to.

    Args:
        request: as typed.
        services: the services it names that are on sale.
        firm: the settings in force.
        now: the present moment.
        starts_at: when it starts, of a visit that is not moved; else the request says so.

    Raises:
        Invalid: something is missing or cannot be; ``field`` says where.
    """
    if not services or len(services) != len(set(request.service_ids)):
        raise Invalid("Choose at least one service that is on sale.", field="service_ids")
    by_id = {service.id: service for service in services}
    minutes, price = totals([by_id[service_id] for service_id in request.service_ids])
    minutes = minutes if request.minutes is None else request.minutes
    # Everybody of a group gives the services, so each is paid for.
    price = price * max(1, request.people) if request.price is None else request.price
    if minutes < 1:
        raise Invalid("The end must be after the start. Type the length in minutes, 1 or more.", field="minutes")
    if minutes > firm.longest_visit_minutes:
        hours = firm.longest_visit_minutes / 60
        raise Invalid(f"A visit lasts at most {hours:g} hours. For more, book it in parts.", field="minutes")
    if not Decimal(0) <= price <= HIGHEST_PRICE or price != price.quantize(Decimal("0.01")):
        raise Invalid("The price must be 0 or more, with at most two decimals.", field="price")
    if starts_at is None:
        starts_at = start_of(request, firm, now=now)
    return Plan(
        business_date=firm.calendar.business_date(starts_at),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        minutes=minutes,
        price=price,
        buffer_minutes=max(service.buffer_minutes for service in services),
    )


def check_people(request: BookingRequest) -> None:
    """Refuse a booking for nobody, for the same person twice, or with a car and without a driver.

    Raises:
        Invalid: one of these.
    """
    if not request.people:
        raise Invalid("Choose who goes.", field="therapist_ids")
    if len(set(request.therapist_ids)) != len(request.therapist_ids):
        raise Invalid("The same therapist is chosen twice. Choose different people.", field="therapist_ids")
    if request.car_needed and not request.driver_needed:
        raise Invalid("A car comes with a driver. Say that a driver is needed, or drop the car.", field="car_needed")


def answer_due(now: datetime, starts_at: datetime, firm: FirmSettings) -> datetime:
    """When an offer made ``now`` must be answered.

    The firm's answer time, at most half of what is left to the start, never under the firm's least, counted only in
    open hours.
    """
    half = (starts_at - now) / 2
    allowed = max(timedelta(minutes=firm.answer_minutes_least), min(timedelta(minutes=firm.answer_minutes), half))
    due = _after_open_time(now, allowed, firm.calendar)
    # An offer for a time outside the open hours cannot wait for them.
    return due if due < starts_at else max(now + timedelta(minutes=firm.answer_minutes_least), min(due, starts_at))


def needs_car(driver_needed: bool, car_needed: bool, people: int) -> bool:
    """A group that is driven needs a car, whatever was ticked."""
    return driver_needed and (car_needed or people > 1)


def start_of(request: BookingRequest, firm: FirmSettings, *, now: datetime) -> datetime:
    """The instant at which the request wants to start.

    Raises:
        Invalid: it says no evening or time, or one that has passed or is too far ahead.
    """
    calendar, ahead_days = firm.calendar, firm.book_ahead_days
    if request.evening is None:
        raise Invalid("Choose the evening.", field="evening")
    if request.start is None or request.start.tzinfo is not None:
        raise Invalid("Type the time like 21:30 or 00:30.", field="start")
    tonight = calendar.business_date(now)
    if request.evening > tonight + timedelta(days=ahead_days):
        raise Invalid(f"Bookings are taken {ahead_days} days ahead at most.", field="evening")
    if request.evening < tonight:
        raise Invalid("That evening is over. Choose tonight or a later one.", field="evening")
    starts_at = calendar.at(request.evening, request.start.replace(second=0, microsecond=0))
    if starts_at < now - STARTED_AT_MOST_AGO:
        label = calendar.clock_label(starts_at, request.evening)
        raise Invalid(f"{label} has passed. Choose a later time.", field="start")
    return starts_at


def _after_open_time(now: datetime, allowed: timedelta, calendar: Calendar) -> datetime:
    """The moment when ``allowed`` of open time has gone by since ``now``."""
    day = calendar.business_date(now) - timedelta(days=1)
    at = now
    while True:
        hours = calendar.open_period(day)
        opens, closes = hours.lower, hours.upper
        if opens is not None and closes is not None and at < closes:
            begin = max(at, opens)
            if begin + allowed <= closes:
                return begin + allowed
            allowed -= closes - begin
            at = closes
        day += timedelta(days=1)
