"""The demo firm's first day: who works there, what it sells, where it goes, and who phones."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import hash_password
from guitara_app.availability.models import WeeklyPattern
from guitara_app.catalog.models import PersonService, Service
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.demo import names
from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.demo.rows import Rows
from guitara_app.demo.sizes import Size
from guitara_app.demo.stockroom import Stockroom
from guitara_app.firm.models import Locality, Zone
from guitara_app.founding.presets import ITEMS, SERVICES, WITH_EVERY_SERVICE, ZONES
from guitara_app.kit.time import Calendar
from guitara_app.stock.models import Item, ItemKind, ServiceMaterial

_CLIENTS = 500
_OPEN_SINCE = timedelta(days=30)

_DAYS_OFF = 2


def found(session: Session, size: Size, *, now: datetime, random: Random) -> None:
    """Write the firm. It has no hours and no visits yet."""
    rows = Rows(session)
    since = now - _OPEN_SINCE
    staff = _staff(rows, size, since)
    services = _services(rows)
    for person in staff:
        if person.role == Role.THERAPIST:
            for service in services:
                # Hot stones and glasses need training that not everybody has.
                if service.minutes == 60 or random.random() < 0.7:
                    rows.add(PersonService(person_id=person.id, service_id=service.id))
    _clients(rows, _localities(rows), [p.id for p in staff if p.role == Role.THERAPIST], since, random)
    stock = Stockroom(session, rows, random)
    items = _items(rows, stock, size.shelves, since)
    for service, (_, _, _, materials) in zip(services, SERVICES, strict=True):
        for name in (WITH_EVERY_SERVICE, *materials):
            rows.add(ServiceMaterial(service_id=service.id, item_id=items[name].id, quantity=1))
    rows.write()
    stock.write()


def weekly_patterns(rows: Rows, people: list[int], calendar: Calendar, random: Random) -> None:
    """Everybody's usual hours: the firm's own, five days a week."""
    for person in people:
        free = random.sample(range(7), _DAYS_OFF)
        for weekday in range(7):
            if weekday not in free:
                rows.add(WeeklyPattern(person_id=person, weekday=weekday, starts=calendar.opens, ends=calendar.closes))


def _staff(rows: Rows, size: Size, since: datetime) -> list[Person]:
    shared_hash = hash_password(DEMO_PASSWORD)
    return [
        rows.add(
            Person(
                username=member.username,
                email=f"{member.username}@guitara.example",
                name=member.name,
                role=member.role,
                phone=f"+63917555{1000 + number}",
                vehicle=member.vehicle,
                password_hash=shared_hash,
                is_demo=True,
                created_at=since,
            )
        )
        for number, member in enumerate(size.staff)
    ]


def _services(rows: Rows) -> list[Service]:
    return [rows.add(Service(name=name, minutes=minutes, price=Decimal(price))) for name, minutes, price, _ in SERVICES]


def _localities(rows: Rows) -> list[Locality]:
    return [
        rows.add(Locality(name=town, zone_id=zone.id))
        for zone, towns in ((rows.add(Zone(name=name)), towns) for name, towns in ZONES.items())
        for town in towns
    ]


def _clients(rows: Rows, localities: list[Locality], therapists: list[int], since: datetime, random: Random) -> None:
    phones: set[str] = set()
    while len(phones) < _CLIENTS:
        phones.add(names.mobile(random))
    for number, phone in enumerate(sorted(phones)):
        name = names.client_name(random)
        client = rows.add(
            Client(
                name=name,
                phone=phone,
                email=f"client{number}@mail.example" if random.random() < 0.4 else None,
                notes=names.client_note(random),
                preferred_gender=random.choice(("", "", "", "female", "male")),
                preferred_pressure=random.choice(("", "", "light", "medium", "hard")),
                preferred_therapist_id=random.choice(therapists) if random.random() < 0.15 else None,
                created_at=since,
            )
        )
        for _ in range(2 if random.random() < 0.2 else 1):
            rows.add(
                ClientAddress(
                    client_id=client.id,
                    line=names.door(random),
                    locality_id=random.choice(localities).id,
                    notes=names.door_note(random),
                )
            )


def _items(rows: Rows, stock: Stockroom, shelves: int, since: datetime) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for name, unit, many, kind, minimum, cost in ITEMS:
        expires = date(since.year + 2, since.month, 1) if kind is ItemKind.CONTAINER else None
        item = rows.add(
            Item(name=name, unit=unit, kind=kind, minimum=minimum * shelves, cost=Decimal(cost), expires_on=expires)
        )
        stock.open(item.id, kind, many * shelves, since)
        items[name] = item
    return items
