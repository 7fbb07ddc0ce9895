"""Takes the demo firm's calls: finds who is free, books, and plays visits that are over from call to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from guitara_app.availability.models import CheckIn, Shift, ShiftException
from guitara_app.demo.hours import Evening
from guitara_app.demo.rows import Rows
from guitara_app.demo.stockroom import Stockroom
from guitara_app.demo.story import Story
from guitara_app.demo.world import Call, World
from guitara_app.kit.statements import text
from guitara_app.kit.time import period

_METHODS = ("cash", "cash", "cash", "gcash", "gcash", "card", "bank_transfer")
_REASONS = (
    "Fever since this morning.",
    "Too far for the last bus home.",
    "Motorcycle is at the shop.",
    "Family matter.",
)
_CALLED_OFF = ("Client fell ill.", "Client has visitors.", "Client could not reach the guard.", "Booked twice.")
_ON_SHIFT = 24 / 28
_ALWAYS_ON_SHIFT = frozenset({"liza", "grace", "rosa", "joy"})


def minutes(many: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=many)


@dataclass(slots=True)
class Teller:
    """Books into one evening."""

    rows: Rows
    world: World
    stock: Stockroom
    random: Random
    day: date

    def staff(self, evening: Evening, *, now: datetime) -> None:
        """Put people on shift who have none yet, and let those check in whose shift has begun."""
        diary = self.world.diary
        therapists = [
            (name in _ALWAYS_ON_SHIFT or diary.has_work(person, evening.opens_at, evening.closes_at), person)
            for name, person in self.world.therapists.items()
        ]
        always = sorted(person for needed, person in therapists if needed)
        others = sorted(person for needed, person in therapists if not needed)
        wanted = round(len(therapists) * _ON_SHIFT) - len(always)
        working = [*self.world.drivers.values(), *always]
        working += self.random.sample(others, max(0, min(len(others), wanted)))
        over = evening.closes_at <= now
        said, usual = (set(), set()) if over else (self._said(evening), self._usual(evening))
        for person in sorted(usual - {*working} - said):
            # Whoever is not needed although it is their weekday has a day off.
            self.rows.add(ShiftException(person_id=person, business_date=evening.day))
        for number, person in enumerate(working):
            if person in said or any(
                start < evening.closes_at and evening.opens_at < end for start, end in diary.shifts[person]
            ):
                continue
            starts = evening.opens_at + minutes(60 if number % 5 == 4 else 0)
            by_hand = not over and (starts != evening.opens_at or person not in usual)
            if by_hand:
                self.rows.add(
                    ShiftException(
                        person_id=person,
                        business_date=evening.day,
                        starts=evening.calendar.local(starts).time(),
                        ends=evening.calendar.closes,
                    )
                )
            self.rows.add(
                Shift(
                    person_id=person,
                    business_date=evening.day,
                    period=period(starts, evening.closes_at),
                    source="by_hand" if by_hand else "pattern",
                )
            )
            diary.shifts[person].append((starts, evening.closes_at))
            if starts > now or (person, evening.day) in self.world.came:
                continue
            came = starts + minutes(self.random.choice((-12, -8, -5, -3, -1, 2, 6, 19)))
            left = evening.closes_at + minutes(self.random.randint(0, 20))
            self.rows.add(
                CheckIn(person_id=person, business_date=evening.day, in_at=came, out_at=left if left <= now else None)
            )

    def _said(self, evening: Evening) -> set[int]:
        """Those about whose evening the desk has said something itself."""
        rows = self.rows.session.execute(
            text("SELECT person_id FROM shift_exceptions WHERE business_date = :day"), {"day": evening.day}
        )
        return set(rows.scalars())

    def _usual(self, evening: Evening) -> set[int]:
        """Those who work the firm's hours on this weekday."""
        rows = self.rows.session.execute(
            text(
                "SELECT person_id FROM weekly_patterns WHERE weekday = :weekday AND starts = :opens AND ends = :closes"
                " AND break_starts IS NULL"
            ),
            {
                "weekday": evening.day.weekday(),
                "opens": evening.calendar.opens,
                "closes": evening.calendar.closes,
            },
        )
        return set(rows.scalars())

    def book(
        self,
        starts_at: datetime,
        services: Sequence[str],
        *,
        booked_at: datetime,
        many: int = 1,
        driven: bool = True,
        car: bool = False,
        prefer: Sequence[str] = (),
        notes: str = "",
        packed: bool = True,
    ) -> Story | None:
        """Take a call; None when nobody is free for it. ``packed``: the materials are in the bag already."""
        chosen = [self.world.services[name] for name in services]
        ends_at = starts_at + minutes(sum(service.minutes for service in chosen))
        people = self.world.pick_therapists(many, starts_at, ends_at, prefer=prefer)
        home = self.world.pick_home()
        if people is None or home is None:
            return None
        for person in people:
            self.world.diary.take(person, starts_at, ends_at)
        operator = self.random.choice(self.world.operators)
        call = Call(self.day, starts_at, chosen, home, booked_at, operator, driven, car, notes)
        told = Story.booked(self.rows, self.world, self.stock, call, people)
        if packed:
            told.pack(told.seats, booked_at)
        return told

    def finished(self, starts_at: datetime, outcome: str, *, driven: bool = True) -> Story | None:
        """A visit that is over: completed, cancelled, expired or no_show."""
        many = 2 if outcome == "completed" and self.random.random() < 0.12 else 1
        depart, inside = starts_at - minutes(40), starts_at + minutes(5)
        driver = self.world.pick_driver(depart, inside, car=many > 1) if driven else None
        service = self.random.choice(sorted(self.world.services))
        booked_at = starts_at - minutes(self.random.randint(75, 420))
        told = self.book(
            starts_at,
            [service],
            booked_at=booked_at,
            many=many,
            driven=driver is not None,
            car=bool(driver and many > 1),
        )
        if told is None:
            return None
        if outcome == "expired":
            told.expire(starts_at)
            return told
        self._agree(told, booked_at)
        if outcome == "cancelled":
            told.cancel(starts_at - minutes(self.random.randint(45, 60)), self.random.choice(_CALLED_OFF))
            return told
        if driver is not None:
            self.world.diary.take(driver, depart, inside)
            self.drive(told, driver, starts_at - minutes(38), starts_at - minutes(6), starts_at - minutes(3))
        if outcome == "no_show":
            told.no_show(starts_at + minutes(20))
            if driver is not None:
                self._bring_back(told, starts_at + minutes(22))
            return told
        self._work_and_pay(told, starts_at + minutes(self.random.randint(0, 6)))
        return told

    def drive(self, told: Story, driver: int, depart: datetime, arrive: datetime, inside: datetime) -> None:
        """The way there, from yes to the door."""
        told.accept_way_there(driver, depart - minutes(14))
        told.depart(depart)
        told.arrive(arrive)
        told.drop_off(inside)

    def method(self) -> str:
        """How a client pays."""
        return self.random.choice(_METHODS)

    def reason(self) -> str:
        """Why a therapist cannot come."""
        return self.random.choice(_REASONS)

    def _agree(self, told: Story, booked_at: datetime) -> None:
        if self.random.random() < 0.08:
            visit = told.visit
            other = self.world.pick_therapists(1, visit.starts_at, visit.ends_at)
            if other:
                review = told.reject(told.seats[0], booked_at + minutes(4), self.reason())
                self.world.diary.take(other[0], visit.starts_at, visit.ends_at)
                told.replace(review, other[0], booked_at + minutes(8))
        told.accept_all(booked_at + minutes(self.random.randint(9, 14)))

    def _work_and_pay(self, told: Story, starts: datetime) -> None:
        told.start_session(starts)
        ends = starts + told.minutes + minutes(self.random.choice((-1, 0, 0, 1, 2, 4)))
        told.end_session(ends)
        told.request_payment(ends + minutes(2))
        if told.outbound is not None:
            self._bring_back(told, ends + minutes(3))
        told.pay(ends + minutes(self.random.randint(4, 11)), self.method())
        told.complete(ends + minutes(13))

    def _bring_back(self, told: Story, asked: datetime) -> None:
        travel = self.world.travel_minutes(told.call.home)
        for wait in (4, 20):
            taken, home = asked + minutes(wait), asked + minutes(wait + 2 * travel)
            driver = self.world.pick_driver(taken, home, car=told.call.car)
            if driver is not None:
                self.world.diary.take(driver, taken, home)
                told.ask_pickup(asked)
                told.accept_way_back(driver, taken)
                told.collect(taken + minutes(travel))
                told.finish(home)
                return
        told.got_home(asked + minutes(25 + travel))
