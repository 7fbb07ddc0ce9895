"""How figures of work are counted. Each has one definition, said in ``MEANINGS`` and on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from guitara_app.availability.rules import Span, merge
from guitara_app.kit.errors import Invalid
from guitara_app.reports.views import LoadRow

MOST_DAYS = 366

MEANINGS = {
    "On shift": "hours that were planned, breaks and time off taken out, up to now",
    "Worked": "sessions from their real start to their real end; of drivers the time on the road",
    "Jobs": "sessions that were begun; of drivers trips that set out",
    "Travel": "time in a car on the way to or from a job",
    "Idle": "time on shift with neither work nor travel",
    "Utilisation": "worked, as a part of on shift",
    "Earned": "commission on what clients have paid",
    "Said no": "jobs refused or given back, and trips declined",
    "Response": "half of the answers took this long or less",
}


@dataclass(slots=True)
class Facts:
    """What one person did: whole minutes, each moment counted once, and single answers."""

    on_shift: int = 0
    worked: int = 0
    travel: int = 0
    idle: int = 0
    jobs: int = 0
    earned: Decimal = Decimal(0)
    refused: int = 0
    waits: list[int] = field(default_factory=list)


def load_of(person_id: int, name: str, role: str, facts: Facts) -> LoadRow:
    """The figures that come of the facts."""
    driver = role == "driver"
    return LoadRow(
        person_id=person_id,
        name=name,
        role=role,
        on_shift=facts.on_shift,
        worked=facts.worked,
        jobs=facts.jobs,
        travel=None if driver else facts.travel,
        idle=facts.idle,
        earned=None if driver else facts.earned,
        refused=facts.refused,
        waits=sorted(facts.waits),
    )


def total(rows: Iterable[LoadRow]) -> LoadRow:
    """The figures of all of them together."""
    rows = list(rows)
    return LoadRow(
        person_id=0,
        name="All",
        role="",
        on_shift=sum(row["on_shift"] for row in rows),
        worked=sum(row["worked"] for row in rows),
        jobs=sum(row["jobs"] for row in rows),
        travel=sum(row["travel"] or 0 for row in rows),
        idle=sum(row["idle"] for row in rows),
        earned=sum((row["earned"] or Decimal(0) for row in rows), Decimal(0)),
        refused=sum(row["refused"] for row in rows),
        waits=sorted(wait for row in rows for wait in row["waits"]),
    )


def utilisation(row: LoadRow) -> float | None:
    """Percent of the time on shift that was worked, to a tenth; None without any time on shift."""
    return round(100 * row["worked"] / row["on_shift"], 1) if row["on_shift"] else None


def response(row: LoadRow) -> int | None:
    """Seconds that half of the answers took at most; None when nothing was answered."""
    return round(median(row["waits"])) if row["waits"] else None


def deviations(rows: Sequence[LoadRow]) -> dict[int, int]:
    """By how many minutes each worked more or less than the average of their role, of those who were there at all."""
    found: dict[int, int] = {}
    for role in {row["role"] for row in rows}:
        there = [row for row in rows if row["role"] == role and (row["on_shift"] or row["jobs"])]
        average = sum(row["worked"] for row in there) / len(there) if there else 0
        found.update({row["person_id"]: round(row["worked"] - average) for row in there})
    return found


def minutes(spans: Iterable[Span]) -> int:
    """Whole minutes in ``spans``, each moment once."""
    return int(sum((end - start for start, end in merge(spans)), timedelta()) // timedelta(minutes=1))


def until_now(start: datetime, end: datetime | None, now: datetime) -> list[Span]:
    """The span as far as it has come, by whole minutes, so that parts come to their sum; nothing when it is ahead."""
    begin, over = (at.replace(second=0, microsecond=0) for at in (start, min(end or now, now)))
    return [(begin, over)] if begin < over else []


def check_range(first: date, last: date, tonight: date) -> None:
    """Refuse what cannot be counted.

    Raises:
        Invalid: it ends before it begins, lies ahead, or is longer than a year; ``field`` is first or last.
    """
    if last < first:
        raise Invalid("The last evening is before the first.", field="last")
    if last > tonight:
        raise Invalid("Nothing has happened yet on later evenings. Choose tonight or an earlier one.", field="last")
    if (last - first).days >= MOST_DAYS:
        raise Invalid(f"At most {MOST_DAYS} evenings are counted at once. Choose a shorter time.", field="first")
