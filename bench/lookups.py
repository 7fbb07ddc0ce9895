"""The lookups behind a booking, through the application's own queries, each beside what one would write first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlmodel import col, select

from bench.data import Firm
from bench.timing import Row, row, timed
from guitara_app.appointments.models import Assignment
from guitara_app.appointments.queries import candidates
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.availability.models import Shift
from guitara_app.clients.queries import search
from guitara_app.kit.database import reading
from guitara_app.kit.time import Period, now, period

# Common and rare names, a part of a name, phones as typed here, an e-mail, and somebody who is not there.
_TYPED = (
    "maria san",
    "0917",
    "09175",
    "santos",
    "ana cruz",
    "grace e",
    "peña",
    "o'hara",
    "091234",
    "client77@",
    "xqzw",
)


def conflict_check(firm: Firm, runs: int) -> list[Row]:
    """Whether one person is free."""

    def ours(number: int) -> None:
        with reading() as session:
            candidates(session, _wanted(firm, number), now=now(), only=[_person(firm, number)])

    def naive(number: int) -> None:
        wanted = _slot(firm, number)
        with reading() as session:
            everything = session.scalars(select(Assignment).where(col(Assignment.person_id) == _person(firm, number)))
            [seat for seat in everything if seat.answer in ("offered", "accepted") and seat.occupied.overlaps(wanted)]

    return [
        row("conflict check", timed(ours, runs), 100, 5),
        row("conflict check (naive: all of the person's rows, compared in Python)", timed(naive, runs // 10)),
    ]


def free_staff(firm: Firm, runs: int) -> list[Row]:
    """Who of everybody is free for a slot, ranked and with the reason."""

    def ours(number: int) -> None:
        with reading() as session:
            found = candidates(session, _wanted(firm, number), now=now())
        if len(found) != len(firm.therapists):
            raise AssertionError("not everybody was looked at")

    def naive(number: int) -> None:
        taken = _slot(firm, number)
        with reading() as session:
            [person for person in firm.therapists if _free_one_by_one(session, person, taken)]

    return [
        row("free staff", timed(ours, runs), 100, 15),
        row("free staff (naive: two queries a person)", timed(naive, max(5, runs // 20), warm_up=2)),
    ]


def client_search(_firm: Firm, runs: int) -> list[Row]:
    """What the type-ahead asks on each pause of the typing."""

    def ours(number: int) -> None:
        with reading() as session:
            search(session, _TYPED[number % len(_TYPED)])

    def naive(number: int) -> None:
        with reading() as session:
            session.execute(text("SET LOCAL enable_indexscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
            pattern = f"%{_TYPED[number % len(_TYPED)]}%"
            session.execute(
                text(
                    "SELECT id, name, phone FROM clients WHERE name ILIKE :typed OR phone ILIKE :typed"
                    " OR email ILIKE :typed ORDER BY name LIMIT 8"
                ),
                {"typed": pattern},
            ).all()

    return [
        row("client search", timed(ours, runs, warm_up=2 * len(_TYPED)), 50, 10),
        row("client search (naive: ILIKE over every row)", timed(naive, len(_TYPED), warm_up=1)),
    ]


def _free_one_by_one(session: Session, person: int, taken: Period) -> bool:
    shifts = session.scalars(select(Shift).where(col(Shift.person_id) == person, col(Shift.period).op("@>")(taken)))
    if not list(shifts):
        return False
    live = col(Assignment.answer).in_(("offered", "accepted"))
    jobs = session.scalars(
        select(Assignment).where(col(Assignment.person_id) == person, live, col(Assignment.occupied).op("&&")(taken))
    )
    return not list(jobs)


def _person(firm: Firm, number: int) -> int:
    return firm.therapists[(number * 37) % len(firm.therapists)]


def _starts_at(firm: Firm, number: int) -> datetime:
    return firm.evening.opens_at + timedelta(minutes=15 * (number % 40))


def _wanted(firm: Firm, number: int) -> Wanted:
    starts_at = _starts_at(firm, number)
    return Wanted(firm.evening.day, starts_at, starts_at + timedelta(hours=1), client_id=firm.client)


def _slot(firm: Firm, number: int) -> Period:
    return period(_starts_at(firm, number), _starts_at(firm, number) + timedelta(hours=1))
