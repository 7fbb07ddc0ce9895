"""The lookups behind a booking, through the application's own queries, each beside what one would write first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlmodel import col, select

from bench.firm import Firm
from bench.timing import Row, row, timed
from guitara_app.appointments.models import Assignment
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.queries.first_slots import SlotQuestion, first_slots
from guitara_app.appointments.queries.jobs import around, leg_jobs, place_of, seat_jobs, travel_times
from guitara_app.appointments.queries.overlaps import overlaps
from guitara_app.appointments.requests import BookingRequest
from guitara_app.availability.models import Shift
from guitara_app.clients.queries import search
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.time import Period, now, period
from guitara_app.reports.queries import workload

# Common and rare names, parts of names, an e-mail, and somebody who is not there.
_NAMES = ("maria san", "santos", "ana cruz", "grace e", "peña", "o'hara", "de los santos", "client77", "xqzw")
# As callers say them and as operators type them: the first digits, the last ones, and a few from within.
_PHONES = ("0917", "09175", "091234", "0998", "4567", "77123", "0917 555", "+63 927")
_LETTERS = ("maria reyes", "dela cruz", "zuñiga", "09175550123")


def conflict_check(firm: Firm, runs: int) -> list[Row]:
    """What stands in the way of one person, and of everybody."""

    def one(number: int) -> None:
        _in_the_way(firm, number, [firm.person(number)], [])

    def everybody(number: int) -> None:
        _in_the_way(firm, number, firm.therapists, firm.drivers)

    def naive(number: int) -> None:
        wanted = _slot(firm, number)
        with reading() as session:
            everything = session.scalars(select(Assignment).where(col(Assignment.person_id) == firm.person(number)))
            [seat for seat in everything if seat.answer in ("offered", "accepted") and seat.occupied.overlaps(wanted)]

    staff = len(firm.therapists) + len(firm.drivers)
    return [
        row("conflict check, one person", timed(one, runs), 100, 5),
        row("conflict check, one person (naive: all of their rows, compared in Python)", timed(naive, runs // 10)),
        row(f"conflict check, all of {staff} staff", timed(everybody, runs), 100, 15),
    ]


def free_staff(firm: Firm, runs: int) -> list[Row]:
    """Who of everybody is free for a slot, ranked and with the reason."""

    def ours(number: int) -> None:
        with reading() as session:
            found = candidates(session, _wanted(session, firm, number), now=now())
        if len(found) != len(firm.therapists):
            raise AssertionError("not everybody was looked at")

    def naive(number: int) -> None:
        with reading() as session:
            [person for person in firm.therapists if _free_one_by_one(session, person, _slot(firm, number))]

    return [
        row("candidates, ranked with reasons", timed(ours, runs), 100, 15),
        row("candidates (naive: two queries a person)", timed(naive, max(5, runs // 20), warm_up=2)),
    ]


def slot_search(firm: Firm, runs: int) -> list[Row]:
    """The first slots of four weeks in which two therapists and a driver with a car are free; then anybody."""

    def look(number: int, who: Literal["same", "any"]) -> None:
        client, address = firm.clients[number % len(firm.clients)]
        draft = BookingRequest(
            client_id=client,
            address_id=address,
            service_ids=[firm.service],
            therapist_ids=[firm.person(number), firm.person(number + 1)],
            car_needed=True,
        )
        with reading() as session:
            first_slots(session, draft, SlotQuestion(who=who), now=now())

    return [
        row("slot search, two people and a car, four weeks", timed(lambda n: look(n, "same"), runs), 200, 100),
        row("slot search, anybody and a car, four weeks", timed(lambda n: look(n, "any"), runs // 3), 200, 150),
    ]


def report(firm: Firm, runs: int) -> list[Row]:
    """How work was shared among everybody, counted anew; what is kept of it costs nothing."""

    def count(evenings: int) -> None:
        with reading() as session:
            workload(session, firm.day - timedelta(days=evenings - 1), firm.day, now=now())

    return [
        row("workload of a week, counted", timed(lambda _: count(7), runs // 10, warm_up=2), 1_000, 300),
        row("workload of a year, counted", timed(lambda _: count(365), max(5, runs // 20), warm_up=2), 2_000, 1_000),
    ]


def client_search(_firm: Firm, runs: int) -> list[Row]:
    """What the type-ahead asks on each pause of the typing."""
    letters = [typed for words in _LETTERS for typed in accumulate(words) if len(typed) > 1]

    def naive(number: int) -> None:
        with reading() as session:
            session.execute(text("SET LOCAL enable_indexscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
            session.execute(
                text(
                    "SELECT id, name, phone FROM clients WHERE name ILIKE :typed OR phone ILIKE :typed"
                    " OR email ILIKE :typed ORDER BY name LIMIT 8"
                ),
                {"typed": f"%{_NAMES[number % len(_NAMES)]}%"},
            ).all()

    return [
        row("client search, names", _searched(_NAMES, runs), 50, 10),
        row("client search, phone fragments", _searched(_PHONES, runs), 50, 10),
        row("client search, letter after letter", _searched(letters, runs), 50, 10),
        row("client search (naive: ILIKE over every row)", timed(naive, len(_NAMES), warm_up=1)),
    ]


def _searched(typed: Sequence[str], runs: int) -> list[float]:
    def one(number: int) -> None:
        with reading() as session:
            search(session, typed[number % len(typed)])

    # Each as often as the others, or the percentiles would depend on which comes last.
    return timed(one, -(-runs // len(typed)) * len(typed), warm_up=2 * len(typed))


def _wanted(session: Session, firm: Firm, number: int) -> Wanted:
    client, address = firm.clients[number % len(firm.clients)]
    starts_at = firm.starts_at(number)
    return Wanted(
        firm.day,
        starts_at,
        starts_at + timedelta(hours=1),
        place=place_of(session, address),
        client_id=client,
        service_ids=(firm.service,),
    )


def _in_the_way(firm: Firm, number: int, therapists: Collection[int], drivers: Collection[int]) -> None:
    at = now()
    with reading() as session:
        settings = firm_settings(session)
        job, travel = _wanted(session, firm, number).job, travel_times(settings)
        reach = around(job.start, job.end)
        known = seat_jobs(session, therapists, now=at, within=reach)
        if drivers:
            known |= leg_jobs(session, drivers, now=at, within=reach)
        for jobs in known.values():
            overlaps(job, jobs, travel, settings.calendar)


def _free_one_by_one(session: Session, person: int, taken: Period) -> bool:
    shifts = session.scalars(select(Shift).where(col(Shift.person_id) == person, col(Shift.period).op("@>")(taken)))
    if not list(shifts):
        return False
    live = col(Assignment.answer).in_(("offered", "accepted"))
    jobs = session.scalars(
        select(Assignment).where(col(Assignment.person_id) == person, live, col(Assignment.occupied).op("&&")(taken))
    )
    return not list(jobs)


def _slot(firm: Firm, number: int) -> Period:
    return period(firm.starts_at(number), firm.starts_at(number) + timedelta(hours=1))
