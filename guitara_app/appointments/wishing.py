"""Which slot goes to which wish. Pure: what is free is looked up by the caller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from guitara_app.appointments.timeline import Job


class Waiting(NamedTuple):
    """A wish as far as its turn goes: since when it waits, and which therapist it would rather have (0: nobody)."""

    id: int
    since: datetime
    prefers: int = 0


class Slot(Protocol):
    """Quarter hours in a row at which the same people can start."""

    @property
    def starts(self) -> tuple[datetime, ...]: ...  # noqa: D102

    @property
    def people(self) -> tuple[int, ...]: ...  # noqa: D102


class Match(NamedTuple):
    """The slot that a wish gets: the start, and who would go."""

    wish_id: int
    starts_at: datetime
    people: tuple[int, ...]


Held = Mapping[int, Sequence[Job]]
"""What is promised to others already: jobs that nobody has yet, by person."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a wish asks of the visit that would end it; None where it asks nothing. ``only`` is who must go."""

    services: frozenset[int]
    people: int = 1
    earliest: datetime | None = None
    latest: datetime | None = None
    only: int | None = None

    def is_met(self, start: datetime, services: Collection[int], people: Collection[int]) -> bool:
        """Whether a visit that starts then, of these services and with these people, is what was waited for."""
        return (
            self.services <= set(services)
            and len(people) >= self.people
            and (self.only is None or self.only in people)
            and (self.earliest is None or self.earliest <= start)
            and (self.latest is None or start <= self.latest)
        )


def hand_out(
    wishes: Iterable[Waiting],
    look: Callable[[int, Held], Sequence[Slot]],
    job_at: Callable[[int, datetime], Job],
    held: Held,
) -> list[Match]:
    """Give each wish the best that is left for it, the longest waiting first; nothing is given twice.

    Args:
        wishes: those that have nothing yet.
        look: the slots of a wish, the earliest first, while others are held.
        job_at: what a wish takes of somebody's time when it starts then.
        held: what other wishes have been given before.
    """
    taken = {person: list(jobs) for person, jobs in held.items()}
    found: list[Match] = []
    for wish in sorted(wishes, key=lambda one: (one.since, one.id)):
        slot = best(look(wish.id, taken), wish.prefers)
        if slot is None:
            continue
        found.append(Match(wish.id, slot.starts[0], slot.people))
        for person in slot.people:
            taken.setdefault(person, []).append(job_at(wish.id, slot.starts[0]))
    return found


def best(slots: Sequence[Slot], prefers: int) -> Slot | None:
    """The earliest with whom the client would rather have, else the earliest of all."""
    return min(slots, key=lambda one: (bool(prefers) and prefers not in one.people, one.starts[0]), default=None)
