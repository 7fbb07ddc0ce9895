"""Whom the policy chooses of those who are free, why, and what else there is when they are too few."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.policies import Policy, because
from guitara_app.appointments.queries.alternatives import Alternatives
from guitara_app.appointments.queries.candidates import Candidate, Wanted
from guitara_app.firm.queries import firm_settings

_AUTOMATICALLY = "Chosen automatically: "
BECAUSE = (
    f"coalesce(e.data->>'because', (SELECT '{_AUTOMATICALLY}'"  # noqa: S608
    " || string_agg(q.name || ' (' || c.value || ')', ', ' ORDER BY q.name) FROM jsonb_each_text(e.data->'chosen') c"
    " JOIN people q ON q.id = CAST(c.key AS bigint)), '')"
)
"""What an event ``e`` says of why somebody was chosen, of a driver or of those the policy chose; empty otherwise."""


class Pick(NamedTuple):
    """Somebody the policy chose, and why, as it is kept with their place."""

    person_id: int
    name: str
    because: str


def picks(session: Session, found: Sequence[Candidate], many: int, *, but: Collection[int] = ()) -> list[Pick]:
    """The best ``many`` of ``found`` (best first) who are free and not in ``but``; fewer when there are no more."""
    policy = Policy(firm_settings(session).policy)
    best = [one for one in found if one.free and one.person_id not in but][:many]
    first = next((one.person_id for one in best if not one.favourite), 0)
    return [
        Pick(
            one.person_id,
            one.name,
            because(policy, one.measure, favourite=one.favourite, first=one.person_id == first),
        )
        for one in best
    ]


def chosen_words(reason: str) -> str:
    """How a place says that nobody chose by hand."""
    return f"{_AUTOMATICALLY}{reason}"


def too_few(session: Session, wanted: Wanted, many: int, free: int, other: Alternatives) -> str:
    """Why the policy cannot choose ``many`` when only ``free`` are, and when it could."""
    calendar = firm_settings(session).calendar
    start = calendar.clock_label(wanted.starts_at, wanted.day)
    who = f"Only {free} of {many} can be chosen: nobody else is" if free else "Nobody is"
    times = ", ".join(
        calendar.clock_label(one.starts_at, one.evening)
        if one.evening == wanted.day
        else calendar.night_label(one.starts_at, one.evening)
        for one in other.times
    )
    nearest = f"Free instead: {times}." if times else "No other time of the next evenings has enough people free."
    return f"{who} free at {start}. {nearest} Nothing typed is lost."
