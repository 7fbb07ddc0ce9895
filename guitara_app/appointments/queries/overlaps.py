"""Which jobs of somebody stand in the way of another, and how that is said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from guitara_app.appointments.queries.jobs import KnownJob
from guitara_app.appointments.timeline import Job, in_the_way
from guitara_app.kit.errors import Overlap
from guitara_app.kit.time import Calendar
from guitara_app.travel.estimate import TravelTimes


def overlaps(new: Job, known: Sequence[KnownJob], travel: TravelTimes, calendar: Calendar) -> list[Overlap]:
    """The jobs of one person that ``new`` would overlap or be too near to, earliest first."""
    found: list[Overlap] = []
    if not known:
        return found
    by_id = {one.job.id: one for one in known}
    for job, missing in in_the_way(new, [one.job for one in known], travel):
        one = by_id[job.id]
        touches = job.start < new.end and new.start < job.end
        found.append(
            Overlap(
                person_id=one.person_id,
                person_name=one.person,
                job=job_words(calendar, one.client, one.appointment_id, one.business_date, job.start, job.end),
                starts_at=job.start,
                ends_at=job.end,
                appointment_id=one.appointment_id,
                missing_minutes=0 if touches else missing,
            )
        )
    return found


def overlap_sentence(found: Collection[Overlap]) -> str:
    """Names who is taken by what: ``Ana Cruz is taken by Mrs Reyes, 21:30 to 22:30 (#214).``."""
    return " ".join(f"{clash.person_name} {overlap_words(clash)}." for clash in found)


def overlap_words(clash: Overlap) -> str:
    """What stands in the way: ``is taken by ...``, or how much time is missing to get there."""
    if not clash.missing_minutes:
        return f"is taken by {clash.job}"
    return f"needs {clash.missing_minutes} min more between this and {clash.job}"


def job_words(
    calendar: Calendar, client: str, appointment_id: int, evening: date, starts_at: datetime, ends_at: datetime
) -> str:
    """A job in a few words: whose, from when to when, and its number."""
    start, end = (calendar.clock_label(at, evening) for at in (starts_at, ends_at))
    return f"{client}, {start} to {end} (#{appointment_id})"
