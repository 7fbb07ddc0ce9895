"""Taking and giving back people's time: a place in a visit is offered here, and left here, and nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.appointments.models import Assignment
from guitara_app.appointments.queries.automatic import Pick, chosen_words
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.queries.jobs import KnownJob, seat_jobs, travel_times
from guitara_app.appointments.queries.overlaps import overlap_sentence
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.appointments.services.choosing import choose
from guitara_app.appointments.services.relayout import apply_layout
from guitara_app.appointments.services.rows import free, own_topics, release
from guitara_app.appointments.services.trips import leave_cars, plan_way_there
from guitara_app.appointments.services.visit import Step
from guitara_app.appointments.timeline import Slot, lay_out
from guitara_app.appointments.words import Answer, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Conflict, Invalid


class Claim(NamedTuple):
    """Somebody's time that is held for a visit: what it takes of it, and why they were a good choice."""

    slot: Slot
    because: str


def therapists(session: Session, therapist_ids: Collection[int]) -> dict[int, Person]:
    """The people of these numbers, who can be booked until the transaction ends.

    Raises:
        Invalid: one of them is no therapist, or their account has been disabled.
    """
    found: dict[int, Person] = {}
    for person_id in sorted(therapist_ids):
        # Shared lock: an account cannot be disabled between this look and the commit.
        person = session.get(Person, person_id, with_for_update={"read": True}) if 0 < person_id < 2**63 else None
        if person is None or person.role != Role.THERAPIST:
            raise Invalid("One of the people chosen is not a therapist. Choose again.", field="therapist_ids")
        if person.disabled_at is not None:
            raise Invalid(f"{person.name}'s account has been disabled. Choose somebody else.", field="therapist_ids")
        found[person_id] = person
    return found


def claim_time(
    session: Session,
    people: Collection[int],
    wanted: Wanted,
    *,
    now: datetime,
    override: str = "",
    instead_of: Mapping[int, int] | None = None,
    picked: Sequence[Pick] = (),
) -> dict[int, Claim]:
    """Make room for a job of each of ``people``, whose time the caller holds, or say what is in the way.

    Args:
        session: the caller's transaction.
        people: therapists.
        wanted: when and where, and for which client.
        now: the present moment.
        override: why somebody is booked outside their shift or skills; empty when nobody is to be.
        instead_of: assignments that give way to this one, by person: their old time does not count.
        picked: those of ``people`` whom the policy chose, with why.

    Raises:
        Conflict: somebody's time is taken; the jobs in the way are named.
        Invalid: somebody is off shift, or does not give the service, and no reason was given.
    """
    moved = set((instead_of or {}).values())
    known = seat_jobs(session, people, now=now)
    found = candidates(session, wanted, now=now, only=people, but=moved, known=known)
    clashes = [clash for candidate in found for clash in candidate.conflicts]
    if clashes:
        raise Conflict(f"{overlap_sentence(clashes)} Choose another time or therapist.", clashes, field="therapist_ids")
    unfit = [candidate for candidate in found if not candidate.free]
    if unfit and not override:
        listed = ", ".join(f"{candidate.name} ({candidate.reason})" for candidate in unfit)
        raise Invalid(f"Cannot go: {listed}. Choose somebody else, or give a reason.", field="off_shift_reason")
    reasons = {one.person_id: one.reason if one.free else "" for one in found}
    reasons |= {one.person_id: chosen_words(one.because) for one in picked}
    return {
        person_id: Claim(
            _make_room(session, known[person_id], wanted, (instead_of or {}).get(person_id, 0)), reasons[person_id]
        )
        for person_id in (one.person_id for one in found)
    }


def offer_seat(
    step: Step,
    person_id: int,
    *,
    because: str = "",
    due_at: datetime,
    override: str = "",
    claim: Claim | None = None,
) -> Assignment:
    """Offer a place in the visit that is open in ``step``; the time is claimed here unless it has been.

    Raises:
        Conflict, Invalid: see ``claim_time``.
    """
    visit = step.visit
    step.hold({person_id})
    if claim is None:
        claim = claim_time(step.session, [person_id], wanted_of(step), now=step.now, override=override)[person_id]
    seat = Assignment(
        appointment_id=visit.id,
        person_id=person_id,
        answer=Answer.OFFERED,
        progress=Progress.WAITING,
        offered_at=step.now,
        due_at=due_at,
        planned_start=visit.starts_at,
        planned_end=visit.ends_at,
        buffer_minutes=claim.slot.job.buffer_minutes,
        turnaround_minutes=claim.slot.turnaround_minutes,
        occupied=claim.slot.occupied,
        chosen_because=because or claim.because,
        override_reason="" if claim.because else override,
    )
    step.session.add(seat)
    step.session.flush()
    step.seats.append(seat)
    step.topics |= own_topics(person_id)
    step.asked.add(person_id)
    if visit.driver_needed:
        plan_way_there(step, [seat])
    return seat


def vacate(step: Step, *seats: Assignment) -> None:
    """People leave the visit before their work: their time is free, and they wait for no car any more."""
    for seat in seats:
        free(seat, now=step.now)
    step.session.flush()
    leave_cars(step, seats)


def leave(step: Step, *seats: Assignment) -> None:
    """These places are over before their work: by the desk, or because the visit is."""
    for seat in seats:
        release(seat, now=step.now)
        step.let_go.add(seat.person_id)
    step.session.flush()
    leave_cars(step, seats)


def next_candidate(step: Step) -> Pick | None:
    """The best who is free for the visit and was not asked for it before; nobody when there is none."""
    asked = {one.person_id for one in step.seats}
    best, _ = choose(step.session, wanted_of(step), 1, hold=step.hold, now=step.now, but=asked)
    return best[0] if best else None


def wanted_of(step: Step) -> Wanted:
    """What the visit that is open in ``step`` asks of a therapist."""
    step.session.flush()
    return wanted_for(step.session, step.visit.id)


def _make_room(session: Session, known: list[KnownJob], wanted: Wanted, own: int) -> Slot:
    """Lay out somebody's jobs with the new one among them; their own assignment that is moved goes along."""
    job = dataclasses.replace(wanted.job, id=own)
    slots = lay_out([*(one.job for one in known if one.job.id != own), job], travel_times(firm_settings(session)))
    apply_layout(session, known, slots)
    return next(slot for slot in slots if slot.job.id == own)
