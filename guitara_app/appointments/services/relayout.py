"""Keeps what people's jobs take of their time true to what is expected now.

What really happens is never refused because of the plan: where a job comes to reach into the next one of the same
person, it stops there and a clash opens, for the desk to settle. When it no longer does, the clash is settled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.models.appointment import IS_LIVE as LIVE_SEAT
from guitara_app.appointments.models.leg import IS_LIVE as LIVE_LEG
from guitara_app.appointments.queries.jobs import KnownJob, leg_jobs, seat_jobs, travel_times
from guitara_app.appointments.timeline import Slot, lay_out
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.events import record
from guitara_app.kit.planned import planned_once
from guitara_app.kit.statements import text

# A turnaround is at most a pause of four hours and a way of three.
_LONGEST_TURNAROUND = timedelta(hours=7)


class _Kind(NamedTuple):
    table: str
    this: str
    following: str


class _Found(NamedTuple):
    kind: _Kind
    this: KnownJob
    following: KnownJob
    minutes: int


_SEATS = _Kind("assignments", "assignment_id", "next_assignment_id")
_LEGS = _Kind("legs", "leg_id", "next_leg_id")


def grow_overdue(session: Session, *, now: datetime) -> int:
    """Let every job that is over its time last a few minutes more than now; returns how many rows changed."""
    until = now + timedelta(minutes=firm_settings(session).overrun_step_minutes)
    over = "upper(occupied) < :far AND upper(occupied) - make_interval(mins => turnaround_minutes) < :until"
    people = session.execute(
        text(
            f"SELECT person_id FROM assignments WHERE {LIVE_SEAT} AND {over}"  # noqa: S608
            f" UNION SELECT driver_id FROM legs WHERE {LIVE_LEG} AND {over}"
        ),
        {"until": until, "far": until + _LONGEST_TURNAROUND},
    ).scalars()
    overdue = set(people)
    if not overdue:
        return 0
    lock_people(session, overdue)
    return relayout(session, overdue, now=now)


def relayout(session: Session, people: Collection[int], *, now: datetime) -> int:
    """Lay the live jobs of ``people`` out anew, whose time the caller holds; returns how many rows changed.

    Opens a clash wherever a job now reaches into the next, and settles those that are gone.
    """
    if not people:
        return 0
    session.flush()
    changed = 0
    clashes: list[_Found] = []
    for kind, jobs in ((_SEATS, seat_jobs(session, people, now=now)), (_LEGS, leg_jobs(session, people, now=now))):
        changed += _relayout(session, kind, jobs, clashes)
    _settle_gone(session, people, clashes, now)
    for clash in clashes:
        _open(session, clash, now)
    return changed


def apply_layout(
    session: Session, known: Sequence[KnownJob], slots: Sequence[Slot], *, table: str = "assignments"
) -> int:
    """Write the times of ``slots`` to those of the ``known`` jobs that differ; returns how many did."""
    before = {one.job.id: (one.occupied, one.turnaround_minutes) for one in known}
    changed = [
        slot
        for slot in slots
        if slot.job.id in before and before[slot.job.id] != (slot.occupied, slot.turnaround_minutes)
    ]
    if changed:
        # One statement: the constraint, being deferrable, is looked at when all rows have moved.
        session.execute(
            text(
                f"UPDATE {table} g SET occupied = tstzrange(v.starts, v.ends, '[)'), turnaround_minutes = v.minutes"  # noqa: S608
                " FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]),"
                " CAST(:minutes AS int[])) AS v(id, starts, ends, minutes) WHERE g.id = v.id"
            ),
            {
                "ids": [slot.job.id for slot in changed],
                "starts": [slot.occupied.lower for slot in changed],
                "ends": [slot.occupied.upper for slot in changed],
                "minutes": [slot.turnaround_minutes for slot in changed],
            },
        )
    return len(changed)


def _relayout(session: Session, kind: _Kind, jobs: dict[int, list[KnownJob]], clashes: list[_Found]) -> int:
    travel = travel_times(firm_settings(session))
    changed = 0
    for of_person in jobs.values():
        slots = lay_out([one.job for one in of_person], travel)
        changed += apply_layout(session, of_person, slots, table=kind.table)
        by_id = {one.job.id: one for one in of_person}
        clashes += [
            _Found(kind, by_id[slot.job.id], by_id[slot.next_job.id], slot.short_minutes)
            for slot in slots
            if slot.next_job and slot.short_minutes
        ]
    return changed


def _settle_gone(session: Session, people: Collection[int], clashes: Sequence[_Found], now: datetime) -> None:
    session.execute(
        planned_once(
            "UPDATE clashes SET settled_at = :now WHERE person_id = ANY(:people) AND settled_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM unnest(CAST(:seats AS boolean[]), CAST(:these AS bigint[]),"
            " CAST(:nexts AS bigint[])) AS v(seat, this, next) WHERE CASE WHEN v.seat"
            " THEN v.this = assignment_id AND v.next = next_assignment_id"
            " ELSE v.this = leg_id AND v.next = next_leg_id END)"
        ),
        {
            "now": now,
            "people": sorted(people),
            "seats": [clash.kind is _SEATS for clash in clashes],
            "these": [clash.this.job.id for clash in clashes],
            "nexts": [clash.following.job.id for clash in clashes],
        },
    )


def _open(session: Session, clash: _Found, now: datetime) -> None:
    kind, this, following = clash.kind, clash.this, clash.following
    opened = session.execute(
        text(
            f"INSERT INTO clashes (person_id, {kind.this}, {kind.following}, minutes, opened_at)"  # noqa: S608
            " VALUES (:person, :this, :next, :minutes, :now)"
            f" ON CONFLICT ({kind.this}, {kind.following}) WHERE settled_at IS NULL"
            " DO UPDATE SET minutes = excluded.minutes RETURNING xmax = 0"
        ),
        {
            "person": this.person_id,
            "this": this.job.id,
            "next": following.job.id,
            "minutes": clash.minutes,
            "now": now,
        },
    ).scalar()
    # That it grows with every minute is no news for the history; pages read the minutes again by themselves.
    if opened:
        record(
            session,
            "clash_opened",
            by=SYSTEM,
            now=now,
            topics=["desk", f"appointment:{this.appointment_id}", f"appointment:{following.appointment_id}"],
            appointment_id=this.appointment_id,
            person_id=this.person_id,
            data={"minutes": clash.minutes, "next_appointment_id": following.appointment_id},
        )
