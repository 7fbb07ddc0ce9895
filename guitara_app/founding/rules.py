"""What somebody says when they found the firm, and what of it cannot be right, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import (
    check_new_password,
    normal_email,
    normal_name,
    normal_username,
    plain,
)
from guitara_app.accounts.services import NewPerson
from guitara_app.clients.rules import normal_phone
from guitara_app.kit.errors import Invalid
from guitara_app.stock.models import ItemKind

T = TypeVar("T")

LONGEST_LIST = 200
_LONGEST_NAME = 60
_LONGEST_FIRM = 80
_LONGEST_MINUTES = 600
_MOST_PESOS = Decimal(1_000_000)
_MOST_STOCK = 100_000
_DAY = 24 * 60

Typed = Annotated[str, Field(max_length=1024)]
"""Anything somebody typed into one field."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ZoneSaid(_Said):
    """A zone and its towns, one a line or between commas."""

    name: Typed = ""
    towns: Annotated[str, Field(max_length=8000)] = ""


class ServiceSaid(_Said):
    """A massage; ``materials`` are names of items, between commas."""

    name: Typed = ""
    minutes: Typed = ""
    price: Typed = ""
    materials: Typed = ""


class ItemSaid(_Said):
    """Something therapists carry."""

    name: Typed = ""
    unit: Typed = ""
    stock: Typed = ""
    minimum: Typed = ""
    reusable: bool = False


class PersonSaid(_Said):
    """Somebody who works here."""

    name: Typed = ""
    username: Typed = ""
    email: Typed = ""
    phone: Typed = ""
    role: Typed = ""
    vehicle: Typed = ""
    password: Annotated[str, Field(max_length=2048)] = ""


class FirmSaid(_Said):
    """The whole form, as typed."""

    name: Typed = ""
    timezone: Typed = ""
    opens: Typed = ""
    closes: Typed = ""
    day_starts: Typed = ""
    zones: Annotated[list[ZoneSaid], Field(max_length=LONGEST_LIST)] = Field(default_factory=list)
    services: Annotated[list[ServiceSaid], Field(max_length=LONGEST_LIST)] = Field(default_factory=list)
    items: Annotated[list[ItemSaid], Field(max_length=LONGEST_LIST)] = Field(default_factory=list)
    admin: PersonSaid = Field(default_factory=PersonSaid)
    staff: Annotated[list[PersonSaid], Field(max_length=LONGEST_LIST)] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewService:
    """A service to sell, with the names of what it takes along."""

    name: str
    minutes: int
    price: Decimal
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to keep, and how many there are."""

    name: str
    unit: str
    stock: int
    minimum: int
    kind: ItemKind


@dataclass(frozen=True, slots=True)
class Plan:
    """A firm that can be founded."""

    name: str
    timezone: str
    opens: time
    closes: time
    day_starts: time
    zones: dict[str, tuple[str, ...]]
    services: tuple[NewService, ...]
    items: tuple[NewItem, ...]
    admin: NewPerson
    staff: tuple[NewPerson, ...]


class Problems(Exception):  # not one error but all of them
    """What has to be typed differently: a sentence for each field, such as ``services.2.price``."""

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__(f"{len(sentences)} fields")
        self.sentences = sentences


@dataclass(slots=True)
class _Reader:
    """Reads fields and keeps what is wrong with each."""

    problems: dict[str, str] = field(default_factory=dict)

    def read(self, where: str, check: Callable[[], T], instead: T) -> T:
        """What ``check`` gives; when it refuses, its sentence is kept and ``instead`` is given."""
        try:
            return check()
        except Invalid as error:
            self.problems.setdefault(where, error.sentence)
            return instead

    def once(self, names: Iterable[tuple[str, str]], sentence: str) -> None:
        """Keep ``sentence`` for each name that stands there a second time."""
        seen: Counter[str] = Counter()
        for where, name in names:
            if name and seen[name.casefold()]:
                self.problems.setdefault(where, sentence)
            seen[name.casefold()] += 1


def plan_of(said: FirmSaid) -> Plan:
    """The firm as it will be.

    Raises:
        Problems: something cannot be right; all of it is named at once.
    """
    reader = _Reader()
    opens = reader.read("opens", lambda: clock_of(said.opens), time(13))
    closes = reader.read("closes", lambda: clock_of(said.closes), time(1))
    turns = reader.read("day_starts", lambda: clock_of(said.day_starts), time(6))
    reader.read("closes", lambda: check_hours(opens, closes, turns), None)
    items = tuple(_item(reader, f"items.{number}", one) for number, one in enumerate(said.items))
    plan = Plan(
        name=reader.read("name", lambda: _words(said.name, _LONGEST_FIRM, "Type the name of the firm."), ""),
        timezone=reader.read("timezone", lambda: known_zone(said.timezone), ""),
        opens=opens,
        closes=closes,
        day_starts=turns,
        zones=_zones(reader, said.zones),
        services=tuple(
            _service(reader, f"services.{number}", one, {item.name for item in items})
            for number, one in enumerate(said.services)
        ),
        items=items,
        admin=_person(reader, "admin", said.admin, Role.ADMIN),
        staff=tuple(_person(reader, f"staff.{number}", one) for number, one in enumerate(said.staff)),
    )
    everybody = [("admin", plan.admin), *((f"staff.{number}", one) for number, one in enumerate(plan.staff))]
    reader.once(((f"{where}.username", one.username) for where, one in everybody), "Somebody else has this user name.")
    reader.once(((f"{where}.email", one.email or "") for where, one in everybody), "Somebody else has this e-mail.")
    reader.once(
        ((f"services.{number}.name", one.name) for number, one in enumerate(plan.services)), "This one is there twice."
    )
    reader.once(((f"items.{number}.name", one.name) for number, one in enumerate(items)), "This one is there twice.")
    if not plan.services:
        reader.problems.setdefault("services", "Add at least one service: without one nothing can be booked.")
    if reader.problems:
        raise Problems(reader.problems)
    return plan


def new_person(said: PersonSaid) -> NewPerson:
    """Somebody to add to a firm that is there.

    Raises:
        Problems: something cannot be right.
    """
    reader = _Reader()
    person = _person(reader, "", said)
    if reader.problems:
        raise Problems({where.removeprefix("."): sentence for where, sentence in reader.problems.items()})
    return person


def _zones(reader: _Reader, said: Iterable[ZoneSaid]) -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    everywhere: list[tuple[str, str]] = []
    for number, zone in enumerate(said):
        where = f"zones.{number}"
        name = reader.read(f"{where}.name", lambda zone=zone: _words(zone.name, _LONGEST_NAME), f"{number}")  # type: ignore[misc]  # bound now
        if name in zones:
            reader.problems.setdefault(f"{where}.name", "This one is there twice.")
        towns = [" ".join(plain(town).split()) for town in zone.towns.replace("\n", ",").split(",")]
        zones[name] = tuple(town for town in towns if town)
        if any(len(town) > _LONGEST_NAME for town in towns):
            reader.problems.setdefault(f"{where}.towns", f"A town's name has at most {_LONGEST_NAME} characters.")
        everywhere += [(f"{where}.towns", town) for town in zones[name]]
    reader.once(everywhere, "A town belongs to one zone, and stands there once.")
    if not everywhere:
        reader.problems.setdefault("zones", "Add at least one town: a visit has to be somewhere.")
    return zones


def _service(reader: _Reader, where: str, said: ServiceSaid, known: set[str]) -> NewService:
    materials = tuple(name for part in said.materials.split(",") if (name := " ".join(plain(part).split())))
    if missing := [name for name in materials if name not in known]:
        reader.problems.setdefault(f"{where}.materials", f"There is no material called {missing[0]} below.")
    return NewService(
        name=reader.read(f"{where}.name", lambda: _words(said.name, _LONGEST_NAME), ""),
        minutes=reader.read(f"{where}.minutes", lambda: whole_number(said.minutes, 5, _LONGEST_MINUTES), 60),
        price=reader.read(f"{where}.price", lambda: _pesos(said.price), Decimal(0)),
        materials=tuple(dict.fromkeys(materials)),
    )


def _item(reader: _Reader, where: str, said: ItemSaid) -> NewItem:
    return NewItem(
        name=reader.read(f"{where}.name", lambda: _words(said.name, _LONGEST_NAME), ""),
        unit=reader.read(f"{where}.unit", lambda: _words(said.unit, 30, "Type what it is counted in."), ""),
        stock=reader.read(f"{where}.stock", lambda: whole_number(said.stock or "0", 0, _MOST_STOCK), 0),
        minimum=reader.read(f"{where}.minimum", lambda: whole_number(said.minimum or "0", 0, _MOST_STOCK), 0),
        kind=ItemKind.REUSABLE if said.reusable else ItemKind.CONTAINER,
    )


def _person(reader: _Reader, where: str, said: PersonSaid, role: Role | None = None) -> NewPerson:
    username = reader.read(f"{where}.username", lambda: normal_username(said.username), "")
    if role is None:
        role = reader.read(f"{where}.role", lambda: _role(said.role), Role.OPERATOR)
    elif not said.password:
        reader.problems.setdefault(f"{where}.password", "Choose a password for yourself.")
    if said.password:
        reader.read(f"{where}.password", lambda: check_new_password(said.password, username=username or "\0"), None)
    return NewPerson(
        name=reader.read(f"{where}.name", lambda: normal_name(said.name), ""),
        username=username,
        role=role,
        email=reader.read(f"{where}.email", lambda: normal_email(said.email), None),
        phone=reader.read(f"{where}.phone", lambda: normal_phone(said.phone), None) if said.phone.strip() else None,
        vehicle=reader.read(f"{where}.vehicle", lambda: _vehicle(said.vehicle), None) if role is Role.DRIVER else None,
        password=said.password,
    )


def _words(typed: str, longest: int, missing: str = "Type a name.") -> str:
    words = " ".join(plain(typed).split())
    if not words:
        raise Invalid(missing)
    if len(words) > longest:
        raise Invalid(f"At most {longest} characters.")
    return words


def clock_of(typed: str) -> time:
    """A time of day, to the minute.

    Raises:
        Invalid: it is none.
    """
    try:
        at = time.fromisoformat(typed.strip().zfill(5))
    except ValueError:
        raise Invalid("Type a time like 13:00.") from None
    return at.replace(second=0, microsecond=0, tzinfo=None)


def check_hours(opens: time, closes: time, turns: time) -> None:
    """The firm's evening may pass midnight, never the turn of its business day.

    Raises:
        Invalid: it would.
    """
    if (_since(turns, closes) or _DAY) <= _since(turns, opens):
        raise Invalid("The business day turns while the firm is open. Close before it turns, or let it turn elsewhere.")


def _since(turns: time, clock: time) -> int:
    return ((clock.hour - turns.hour) * 60 + clock.minute - turns.minute) % _DAY


def known_zone(typed: str) -> str:
    """A time zone by its name.

    Raises:
        Invalid: there is none of that name.
    """
    if typed not in available_timezones():
        raise Invalid("Choose a time zone from the list, such as Asia/Manila.")
    return typed


def whole_number(typed: str, least: int, most: int) -> int:
    """A number without a fraction, both ends included.

    Raises:
        Invalid: it is none, or outside.
    """
    words = typed.strip()
    if not (words.isascii() and words.isdigit() and len(words) < 9 and least <= int(words) <= most):
        raise Invalid(f"A whole number from {least} to {most}.")
    return int(words)


def _pesos(typed: str) -> Decimal:
    try:
        amount = Decimal(typed.strip())
    except InvalidOperation:
        raise Invalid("An amount in pesos, such as 500.") from None
    if not (amount.is_finite() and 0 <= amount <= _MOST_PESOS and amount == round(amount, 2)):
        raise Invalid("An amount in pesos, such as 500.")
    return amount


def _role(typed: str) -> Role:
    if typed not in set(Role):
        raise Invalid("Choose what they are.")
    return Role(typed)


def _vehicle(typed: str) -> Vehicle:
    if typed not in set(Vehicle):
        raise Invalid("Choose what they drive; only a car takes a group.")
    return Vehicle(typed)
