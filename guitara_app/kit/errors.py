"""The small family of errors a service may raise. Each carries a sentence that a user can read and act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

BUSY = "The database is busy. Nothing was saved; try again in a moment."


class GuitaraError(Exception):
    """Something the user must know; ``field`` names the input it belongs to, when there is one."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class NotAllowed(GuitaraError):
    """The actor has no right to do this."""


class NotPossible(GuitaraError):
    """The right is there, but the thing is not in a state that permits the action."""


class NotFound(GuitaraError):
    """There is no such thing, or the actor may not know of it."""


@dataclass(frozen=True, slots=True)
class FieldClash:
    """A field that two people changed: who was first, at what time of day, and what stands there now."""

    field: str
    by: str
    at: str
    stands: str


class Stale(GuitaraError):
    """Somebody else changed it since the actor read it; ``clashes`` names the fields, when it is known which."""

    def __init__(self, sentence: str, clashes: Sequence[FieldClash] = (), *, field: str = "") -> None:
        super().__init__(sentence, field=field)
        self.clashes = tuple(clashes)


class Invalid(GuitaraError):
    """The input cannot be right."""


class Unavailable(GuitaraError):
    """A server this needs does not answer."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """One job that stands in the way: whose, which, and from when to when.

    ``missing_minutes`` is above 0 when the times do not touch, but the way from one to the other is longer
    than the time between them.
    """

    person_id: int
    person_name: str
    job: str
    starts_at: datetime
    ends_at: datetime
    appointment_id: int | None = None
    missing_minutes: int = 0


class Conflict(GuitaraError):
    """A person's time is taken; ``overlaps`` names the jobs in the way (empty when only the database saw it)."""

    def __init__(self, sentence: str, overlaps: Sequence[Overlap] = (), *, field: str = "") -> None:
        super().__init__(sentence, field=field)
        self.overlaps = tuple(overlaps)
