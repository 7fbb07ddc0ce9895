"""Sick now: somebody's whole rest of the night is handed over in one step, or left to the desk piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.models import Leg
from guitara_app.appointments.queries.sick_night import SickJob, sick_night
from guitara_app.appointments.services.answers import reject, withdraw
from guitara_app.appointments.services.leg_offers import choose_driver, decline_leg, step_back
from guitara_app.appointments.services.reviews import replace
from guitara_app.appointments.services.rows import people_of
from guitara_app.appointments.services.visit import Tap, clean_reason
from guitara_app.appointments.words import Answer, LegState
from guitara_app.availability.services import call_in_sick
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import GuitaraError, Invalid, NotPossible
from guitara_app.kit.events import keep_result, result_of_key


class HandedOver(NamedTuple):
    """What became of the night: jobs somebody else has, jobs left to the desk or a search, and whom to call about."""

    given: int
    left: int
    calls: tuple[str, ...]


def sick_now(
    session: Session,
    actor: Actor,
    person_id: int,
    *,
    choices: Mapping[str, int],
    reason: str,
    now: datetime,
    idempotency_key: str = "",
) -> HandedOver:
    """End somebody's hours now and give each job of theirs that has not begun to somebody else.

    All of it happens, or nothing. What is under way is left as it is and named, because only a call can settle it.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        person_id: a therapist or a driver.
        choices: for the key of each job who takes it; 0 leaves a place to a review, and has a trip searched again.
        reason: what it is; kept with every step.
        now: the present moment.
        idempotency_key: the same request sent again is carried out once.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such therapist or driver in use.
        NotPossible: a job has come that nobody has decided about; ``field`` is its key.
        Conflict, Invalid: somebody chosen cannot take the job whose key is ``field``.
    """
    require(actor, Permission.RUN_VISITS)
    require(actor, Permission.MANAGE_SHIFTS)
    if result_of_key(session, actor.person_id or 0, idempotency_key) is not None:
        return HandedOver(0, 0, ())
    why = clean_reason(reason)
    if not why:
        raise Invalid("Say what it is, in a word or two.", field="reason")
    _hold_everybody(session, person_id, choices, now)
    night = sick_night(session, person_id, now=now, propose=False)
    call_in_sick(session, actor, person_id, now=now, reason=why)
    open_jobs = [job for job in night.jobs if not job.call]
    given = 0
    for job in sorted(open_jobs, key=lambda one: (one.appointment_id, one.key)):
        if job.key not in choices:
            raise NotPossible(f"{night.name} has one more job now: {job.words}. Say who takes it.", field=job.key)
        try:
            hand = _hand_place if job.kind == "place" else _hand_trip
            hand(session, actor, job, choices[job.key], {"now": now, "reason": f"Sick now: {why}"})
        except GuitaraError as error:
            error.field, error.sentence = job.key, f"{job.words}: {error.sentence}"
            raise
        given += choices[job.key] > 0
    keep_result(session, actor.person_id or 0, idempotency_key, person_id)
    return HandedOver(given, len(open_jobs) - given, tuple(job.words for job in night.jobs if job.call))


def _hold_everybody(session: Session, person_id: int, choices: Mapping[str, int], now: datetime) -> None:
    """Hold the time of all who are concerned before any visit is opened, so that no two wait in a circle."""
    everybody = {person_id, *(whom for whom in choices.values() if whom > 0)}
    hold_people_of(session, everybody, sick_night(session, person_id, now=now, propose=False).jobs)


def hold_people_of(session: Session, people: set[int], jobs: Iterable[SickJob]) -> None:
    """Hold the time of ``people`` and of whoever else is on a visit of these jobs."""
    lock_people(session, people.union(*(people_of(session, job.appointment_id) for job in jobs)))


def give_back(session: Session, actor: Actor, job: SickJob, tap: Tap) -> None:
    """Leave a place to a review, and have a trip searched again."""
    (_hand_place if job.kind == "place" else _hand_trip)(session, actor, job, 0, tap)


def _hand_place(session: Session, actor: Actor, job: SickJob, whom: int, tap: Tap) -> None:
    driven = _accepted_ways_there(session, job.appointment_id)
    (reject if job.state == Answer.OFFERED else withdraw)(session, actor, job.id, **tap)
    if whom:
        replace(session, actor, job.id, person_id=whom, off_shift_reason=tap.get("reason", ""), **tap)
        _keep_driver(session, actor, job.appointment_id, driven, tap)


def _hand_trip(session: Session, actor: Actor, job: SickJob, whom: int, tap: Tap) -> None:
    if whom:
        choose_driver(session, actor, job.id, driver_id=whom, off_shift_reason=tap.get("reason", ""), **tap)
    else:
        (decline_leg if job.state == LegState.OFFERED else step_back)(session, actor, job.id, **tap)


def _accepted_ways_there(session: Session, appointment_id: int) -> dict[int, int]:
    """The trips to the visit that a driver has said yes to, and who."""
    found = select(Leg).where(Leg.to_appointment_id == appointment_id, Leg.state == LegState.ACCEPTED)
    return {leg.id: leg.driver_id for leg in session.scalars(found) if leg.driver_id is not None}


def _keep_driver(session: Session, actor: Actor, appointment_id: int, driven: dict[int, int], tap: Tap) -> None:
    """Whoever was to drive there still does, although somebody else rides."""
    lost = set(driven) - set(_accepted_ways_there(session, appointment_id))
    planned = session.scalars(
        select(Leg)
        .where(Leg.to_appointment_id == appointment_id, Leg.state == LegState.PLANNED)
        .order_by(col(Leg.id).desc())
        .limit(1)
    ).one_or_none()
    if len(lost) == 1 and planned is not None:
        # Who cannot after all is looked for like any other driver.
        with suppress(GuitaraError), session.begin_nested():
            driver = driven[lost.pop()]
            choose_driver(session, actor, planned.id, driver_id=driver, off_shift_reason=tap.get("reason", ""), **tap)
