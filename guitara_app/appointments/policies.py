"""Who of those who are free goes first: the policies, and what each says of its choice.

A policy only orders. Who is free, and the client's favourite before everybody, are the same under each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

EVENINGS = 7
"""How many evenings back the work of somebody is added up."""


class Policy(StrEnum):
    """What the firm has set."""

    FIFO = "fifo"
    BALANCED = "balanced"


EXPLAINED = {
    Policy.FIFO: "Longest idle first: whoever has been free the longest before the start goes first.",
    Policy.BALANCED: (
        f"Balanced: whoever had the least work, in hours and jobs, in the last {EVENINGS} evenings and booked since "
        "goes first. An evening away counts as an average one, so whoever is new or back starts at the average."
    ),
}
"""Each policy in words, for whoever sees its order."""


SHORT = {Policy.FIFO: "longest idle first", Policy.BALANCED: "least work lately first"}
"""The same in three words, beside a list."""


AVERAGE = Fraction(1)
"""An average colleague's part of the work; this very number, as one that is the same need not be compared."""


class Load(NamedTuple):
    """What somebody has worked in the last evenings, on how many of them they were there, and what is booked since."""

    minutes: int
    jobs: int
    evenings: int
    booked_minutes: int = 0
    booked_jobs: int = 0


class Standing(NamedTuple):
    """What a policy looks at in somebody who is free. ``share`` is their part of the work; 1 is the average."""

    person_id: int
    name: str
    favourite: bool
    idle_minutes: int
    share: Fraction = AVERAGE


def shares(loads: Mapping[int, Load]) -> dict[int, Fraction]:
    """Everybody's part of the work: the mean of their part of the minutes and of the jobs, 1 for an average colleague.

    For an evening on which somebody was not there, they are counted with what an evening came to on average, so that
    neither being new nor coming back floods or starves anybody. What is booked since comes on top.
    """
    minutes = _parts({person: (one.minutes, one.booked_minutes, one.evenings) for person, one in loads.items()})
    jobs = _parts({person: (one.jobs, one.booked_jobs, one.evenings) for person, one in loads.items()})
    return {person: (minutes[person] + jobs[person]) / 2 for person in loads}


def sort_key(policy: Policy, one: Standing) -> tuple[bool, Fraction, int, str, int]:
    """Where somebody stands among those who are free: the smallest goes first, and no two are the same."""
    share = one.share if policy is Policy.BALANCED else AVERAGE
    return (not one.favourite, share, -one.idle_minutes, one.name, one.person_id)


def load_words(load: Load) -> str:
    """``3 jobs, 4 h 30 in 5 evenings and 1 booked``."""
    words = "new or back, counts as average"
    if load.evenings:
        jobs = f"{load.jobs} job{'' if load.jobs == 1 else 's'}"
        evenings = f"{load.evenings} evening{'' if load.evenings == 1 else 's'}"
        words = f"{jobs}, {duration_words(load.minutes)} in {evenings}"
    return f"{words} and {load.booked_jobs} booked" if load.booked_jobs else words


def because(policy: Policy, measure: str, *, favourite: bool, first: bool) -> str:
    """Why the policy chose somebody; ``first`` is the best of those it chose from, ``measure`` what it went by."""
    if favourite:
        return "client's favourite"
    if policy is Policy.BALANCED:
        return f"{'least' if first else 'next least'} work lately, {measure}"
    return f"{'longest' if first else 'next longest'} idle, {measure}"


def duration_words(minutes: int) -> str:
    """``45 min``, ``1 h 05``."""
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def _parts(worked: Mapping[int, tuple[int, int, int]]) -> dict[int, Fraction]:
    """Of each (done, booked, evenings there): the part of what so many evenings come to on average."""
    done, booked, there = (sum(one[place] for one in worked.values()) for place in range(3))
    if done == 0:
        # Nobody has an evening to measure by: all were average, and only what is booked tells them apart.
        return {person: 1 + Fraction(ahead, max(1, booked)) for person, (_, ahead, _) in worked.items()}
    average = Fraction(done, there)
    return {
        person: (own + ahead + (EVENINGS - evenings) * average) / (EVENINGS * average)
        for person, (own, ahead, evenings) in worked.items()
    }
