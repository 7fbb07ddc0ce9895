"""What the demo firm has to work with, as read from the database: people, clients, services, stock and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Vehicle
from guitara_app.catalog.queries import ServiceChoice, active_services
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.statements import text

# The way to the next job, and what a session may begin late: only what is meant to clash does.
_BETWEEN_JOBS = timedelta(minutes=60)
_BETWEEN_TRIPS = timedelta(minutes=10)


class Home(NamedTuple):
    """Where a visit can go."""

    client_id: int
    address_id: int
    zone_id: int


@dataclass(frozen=True, slots=True)
class Call:
    """What a client phoned for."""

    day: date
    starts_at: datetime
    services: Sequence[ServiceChoice]
    home: Home
    booked_at: datetime
    booked_by: int
    driven: bool = True
    car: bool = False
    notes: str = ""


@dataclass(slots=True)
class Diary:
    """Who works when, and what takes their time; users' own bookings stand in it like everything else."""

    shifts: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))

    def free(self, person_id: int, start: datetime, end: datetime, *, apart: timedelta = _BETWEEN_JOBS) -> bool:
        """On shift for all of it, and nothing else near."""
        return any(begin <= start and end <= stop for begin, stop in self.shifts[person_id]) and not any(
            begin < end + apart and start - apart < stop for begin, stop in self.busy[person_id]
        )

    def has_work(self, person_id: int, start: datetime, end: datetime) -> bool:
        """Something of theirs is planned between ``start`` and ``end``."""
        return any(begin < end and start < stop for begin, stop in self.busy[person_id])

    def forget(self, before: datetime) -> None:
        """What was over by then is in nobody's way any more."""
        for kept in (self.shifts, self.busy):
            for person, ranges in kept.items():
                kept[person] = [(start, stop) for start, stop in ranges if stop > before]

    def take(self, person_id: int, start: datetime, end: datetime) -> None:
        """Nothing else goes there now."""
        self.busy[person_id].append((start, end))


@dataclass(slots=True)
class World:
    """Everything a visit can be made of."""

    firm: FirmSettings
    therapists: dict[str, int]
    drivers: dict[str, int]
    cars: frozenset[int]
    operators: Sequence[int]
    homes: Sequence[Home]
    services: dict[str, ServiceChoice]
    diary: Diary
    random: Random
    clients_out: set[int] = field(default_factory=set)
    came: set[tuple[int, date]] = field(default_factory=set)

    def pick_therapists(
        self, many: int, start: datetime, end: datetime, *, prefer: Sequence[str] = ()
    ) -> list[int] | None:
        """``many`` therapists free from ``start`` to ``end``; None when there are not as many."""
        fitting = [person for person in self.therapists.values() if self.diary.free(person, start, end)]
        return self._best(fitting, many, {self.therapists[name] for name in prefer if name in self.therapists})

    def pick_driver(
        self, start: datetime, end: datetime, *, car: bool = False, prefer: Sequence[str] = ()
    ) -> int | None:
        """A driver free from ``start`` to ``end``; only those with a car when ``car``."""
        fitting = [
            driver
            for driver in self.drivers.values()
            if (driver in self.cars or not car) and self.diary.free(driver, start, end, apart=_BETWEEN_TRIPS)
        ]
        found = self._best(fitting, 1, {self.drivers[name] for name in prefer if name in self.drivers})
        return found[0] if found else None

    def pick_home(self) -> Home | None:
        """A client who has no visit in this evening yet."""
        left = [home for home in self.homes if home.client_id not in self.clients_out]
        if not left:
            return None
        home = self.random.choice(left)
        self.clients_out.add(home.client_id)
        return home

    def travel_minutes(self, home: Home, start_zone: int | None = None) -> int:
        """How long the way to ``home`` takes."""
        same = start_zone == home.zone_id
        return self.firm.same_zone_minutes if same else self.firm.other_zone_minutes

    def _best(self, fitting: list[int], many: int, wanted: set[int]) -> list[int] | None:
        self.random.shuffle(fitting)
        fitting.sort(key=lambda person: (person not in wanted, len(self.diary.busy[person])))
        return fitting[:many] if len(fitting) >= many else None


def world_of(session: Session, *, since: datetime, random: Random, homes: int) -> World:
    """The demo firm as it stands, with everything that takes somebody's time from ``since`` on.

    ``homes``: how many of its clients may phone.
    """
    people = session.execute(
        text("SELECT id, username, role, vehicle FROM people WHERE is_demo AND disabled_at IS NULL ORDER BY id")
    ).all()
    doors = session.execute(
        text(
            "SELECT DISTINCT ON (d.client_id) d.client_id, d.id, l.zone_id FROM client_addresses d"
            " JOIN localities l ON l.id = d.locality_id JOIN clients c ON c.id = d.client_id"
            " WHERE c.merged_into_id IS NULL ORDER BY d.client_id, d.id LIMIT :most"
        ),
        {"most": homes},
    )
    open_visits = session.execute(text("SELECT client_id FROM appointments WHERE closed_at IS NULL"))
    came = session.execute(
        text("SELECT person_id, business_date FROM check_ins WHERE business_date >= CAST(:since AS date) - 2"),
        {"since": since},
    )
    return World(
        firm=firm_settings(session),
        therapists={row.username: row.id for row in people if row.role == "therapist"},
        drivers={row.username: row.id for row in people if row.role == "driver"},
        cars=frozenset(row.id for row in people if row.vehicle == Vehicle.CAR),
        operators=[row.id for row in people if row.role in ("operator", "manager", "admin")][:3],
        homes=[Home(row.client_id, row.id, row.zone_id) for row in doors],
        services={service.name: service for service in active_services(session)},
        diary=_diary(session, since),
        random=random,
        clients_out=set(open_visits.scalars()),
        came={(row.person_id, row.business_date) for row in came},
    )


def _diary(session: Session, since: datetime) -> Diary:
    diary = Diary()
    taken = session.execute(
        text(
            "SELECT person_id, lower(occupied) AS starts, upper(occupied) AS ends FROM assignments"
            " WHERE NOT isempty(occupied) AND upper(occupied) > :since"
            " AND answer IN ('offered', 'accepted', 'released')"
            " UNION ALL SELECT driver_id, lower(occupied), upper(occupied) FROM legs"
            " WHERE driver_id IS NOT NULL AND NOT isempty(occupied) AND upper(occupied) > :since"
            " AND state <> 'cancelled'"
        ),
        {"since": since},
    )
    for row in taken:
        diary.take(row.person_id, row.starts, row.ends)
    shifts = session.execute(
        text(
            "SELECT person_id, lower(period) AS starts, upper(period) AS ends FROM shifts WHERE upper(period) > :since"
        ),
        {"since": since},
    )
    for row in shifts:
        diary.shifts[row.person_id].append((row.starts, row.ends))
    return diary
