"""A firm with two drivers, and a visit they could drive to in two words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.services import accept, accept_leg, arrive, drop_off, search_driver, start_journey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError
from tests.support.firm import NOW, Firm, manila, open_firm


@dataclass
class Road:
    """What the tests of trips do to the firm, each in a transaction of its own."""

    firm: Firm

    def driver(self, index: int = 0) -> Actor:
        """One of the drivers as the one who acts."""
        return Actor(self.firm.drivers[index], Role.DRIVER, f"Driver {index}")

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement."""
        with reading() as session:
            return list(session.execute(text(statement), values))

    def write(self, statement: str, **values: Any) -> None:
        """Change something past every service."""
        with transaction() as session:
            session.execute(text(statement), values)

    def trip(self, *therapists: int, start: time = time(21), now: datetime = NOW, **more: Any) -> int:
        """Book a driven visit that everybody has accepted; the number of its way there."""
        visit = self.firm.book(*therapists, start=start, now=now, **({"driver_needed": True} | more))
        for seat in self.rows("SELECT id, person_id FROM assignments WHERE appointment_id = :v", v=visit):
            actor = Actor(seat.person_id, Role.THERAPIST, "Therapist")
            self.do(accept, actor, seat.id, now=now)
        return int(self.rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit)[0].id)

    def do(self, service: Callable[..., Any], actor: Actor, target: int, **more: Any) -> Any:
        """Take an action, at ``NOW`` unless said otherwise."""
        return run(lambda session: service(session, actor, target, **({"now": NOW} | more)))

    def refused(
        self, kind: type[GuitaraError], service: Callable[..., Any], actor: Actor, target: int, **more: Any
    ) -> GuitaraError:
        """The refusal of an action."""
        with pytest.raises(kind) as error:
            self.do(service, actor, target, **more)
        return error.value

    def searched(self, *therapists: int, **more: Any) -> int:
        """A trip for which the first driver has been asked."""
        leg = self.trip(*therapists, **more)
        self.do(search_driver, SYSTEM, leg)
        return leg

    def accepted(self, *therapists: int, **more: Any) -> int:
        """A trip that the first driver has accepted."""
        leg = self.searched(*therapists, **more)
        self.do(accept_leg, self.driver(self.driver_index(leg)), leg)
        return leg

    def under_way(self, *therapists: int, at: datetime = NOW, **more: Any) -> int:
        """A trip that has left."""
        leg = self.accepted(*therapists, **more)
        self.do(start_journey, self.driver(self.driver_index(leg)), leg, now=at)
        return leg

    def dropped_off(self, *therapists: int, at: datetime = NOW, **more: Any) -> int:
        """A trip that is over."""
        leg = self.under_way(*therapists, at=at, **more)
        driver = self.driver(self.driver_index(leg))
        for step in (arrive, drop_off):
            self.do(step, driver, leg, now=at)
        return leg

    def leg(self, leg: int) -> Any:
        """The row of a trip."""
        return self.rows(
            "SELECT *, lower(occupied) AS taken_from, upper(occupied) AS taken_until FROM legs WHERE id = :l", l=leg
        )[0]

    def driver_index(self, leg: int) -> int:
        """Which of the drivers has the trip."""
        return self.firm.drivers.index(self.leg(leg).driver_id)

    def offers(self, leg: int) -> list[tuple[int, str]]:
        """Who was asked for the trip (by index), and their answers, in order."""
        found = self.rows("SELECT driver_id, answer FROM leg_offers WHERE leg_id = :l ORDER BY id", l=leg)
        return [(self.firm.drivers.index(row.driver_id), row.answer) for row in found]

    def visit(self, leg: int) -> Any:
        """The visit the trip leads to, or away from."""
        return self.rows(
            "SELECT a.* FROM appointments a JOIN legs t ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)"
            " WHERE t.id = :l",
            l=leg,
        )[0]

    def progress(self, leg: int) -> list[str]:
        """How far those are who ride on the trip, by therapist."""
        found = self.rows(
            "SELECT g.progress FROM leg_passengers p JOIN assignments g ON g.id = p.assignment_id"
            " WHERE p.leg_id = :l ORDER BY g.person_id",
            l=leg,
        )
        return [row.progress for row in found]

    def kinds(self, leg: int) -> list[str]:
        """What the log tells of the trip."""
        return [row.kind for row in self.rows("SELECT kind FROM events WHERE leg_id = :l ORDER BY id", l=leg)]

    def motorcycle(self, index: int) -> None:
        """Let a driver drive a motorcycle."""
        self.write("UPDATE people SET vehicle = 'motorcycle' WHERE id = :id", id=self.firm.drivers[index])

    def sick(self, *indexes: int) -> None:
        """Drivers who have no shift after all."""
        people = [self.firm.drivers[index] for index in indexes]
        self.write("DELETE FROM shifts WHERE person_id = ANY(:people)", people=people)


@pytest.fixture
def road(database: DatabaseUrls) -> Road:
    """Four therapists, two drivers with cars, shifts from 13:00 to 01:00."""
    return Road(open_firm())


__all__ = ["NOW", "Road", "manila"]
