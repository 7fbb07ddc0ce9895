"""When a member of the demo's staff takes a step of theirs, and how: pure, and the same answer in every process.

Nothing is drawn at random. How long somebody takes, and the few who say no or nothing at all, follow from the numbers
of the rows, so two workers that look at the same evening decide the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from guitara_app.appointments.lifecycle import Action


class Presence(StrEnum):
    """Coming and going, which is no action on a visit."""

    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"


REJECTED_BECAUSE = (
    "Fever since this afternoon.",
    "Too far for the last bus home.",
    "My child is ill, I can't go that far.",
    "Family matter.",
)


@dataclass(frozen=True, slots=True)
class Chance:
    """A step that somebody can take now.

    ``since`` is from when on it has been possible, ``begins`` when it is planned for (if it is), ``minutes`` how long
    what it ends takes, ``due`` when an answer lapses. ``awake`` is from when on nobody else decides for this person:
    the stage was set, or the human who had signed in as them has gone.
    """

    action: str
    target_id: int
    person_id: int
    since: datetime
    awake: datetime
    begins: datetime | None = None
    minutes: float = 0
    due: datetime | None = None
    visit_id: int = 0


class Move(NamedTuple):
    """A step that will be taken: when, by whom, and what comes with it. The same ``key`` counts once."""

    at: datetime
    action: str
    target_id: int
    person_id: int
    visit_id: int
    reason: str
    key: str


class _Pace(NamedTuple):
    """How long somebody takes: minutes after it became possible, a share of what it ends, minutes around the plan."""

    after: tuple[float, float]
    share: tuple[float, float] = (0.0, 0.0)
    around: tuple[float, float] = (0.0, 0.0)


PACES: dict[str, _Pace] = {
    Presence.CHECK_IN: _Pace((0, 9)),
    Presence.CHECK_OUT: _Pace((2, 18)),
    Action.ACCEPT: _Pace((0.4, 5)),
    Action.ACCEPT_LEG: _Pace((0.3, 2.5)),
    Action.START_JOURNEY: _Pace((0.3, 1), around=(-2, 6)),
    Action.ARRIVE: _Pace((0, 0), share=(0.85, 1.2)),
    Action.DROP_OFF: _Pace((1, 3)),
    Action.START_SESSION: _Pace((2, 6), around=(-4, 7)),
    Action.END_SESSION: _Pace((0, 0), share=(0.98, 1.0), around=(-1, 5)),
    Action.REQUEST_PAYMENT: _Pace((1, 3)),
    Action.REPORT_MATERIALS: _Pace((1, 5)),
    Action.ASK_PICKUP: _Pace((3.5, 7)),
    Action.COLLECT: _Pace((1, 2), share=(0.5, 0.8)),
    Action.FINISH: _Pace((0, 0), share=(0.85, 1.2)),
    # Of the desk, while nobody sits at it: slower than a human would be, who may be about to sign in.
    Action.VERIFY_PAYMENT: _Pace((4, 9)),
    Action.REPLACE: _Pace((4, 8)),
    Action.CHOOSE_DRIVER: _Pace((12, 16)),
}
"""Everything the demo's staff do by themselves, and how fast."""

_WAKING_UP = (0.2, 3.0)
# Whoever starts the demo finds what needs them now, and has time to sign in before somebody else decides it.
_DESK_WAKES_UP = (15.0, 20.0)
_OF_THE_DESK = frozenset({Action.VERIFY_PAYMENT, Action.REPLACE, Action.CHOOSE_DRIVER})
_SOONEST_SHARE_OF_DUE = 0.8
_SILENT, _SAYS_NO = 0.03, 0.09
_EMPTIED = 0.12


@dataclass(slots=True)
class _Dice:
    """Numbers from 0 to 1 that follow from what is decided about."""

    chance: Chance
    _rolls: int = field(default=0)

    def roll(self) -> float:
        self._rolls += 1
        one = self.chance
        said = f"{one.action} {one.target_id} {one.person_id} {one.since.timestamp():.0f} {self._rolls}"
        return share_of(said)

    def minutes(self, between: tuple[float, float]) -> timedelta:
        low, high = between
        return timedelta(minutes=low + (high - low) * self.roll())


def share_of(said: str) -> float:
    """A number from 0 up to 1 that only these words give."""
    return int.from_bytes(blake2b(said.encode(), digest_size=6).digest()) / 2**48


def move_for(chance: Chance) -> Move | None:
    """What becomes of a chance; None when this one stays silent and lets it lapse."""
    pace, dice = PACES[chance.action], _Dice(chance)
    low, high = pace.share
    at = chance.since + timedelta(minutes=chance.minutes * (low + (high - low) * dice.roll()))
    at += dice.minutes(pace.after)
    if chance.begins is not None:
        at = max(at, chance.begins + dice.minutes(pace.around))
    action, reason = str(chance.action), ""
    if chance.action in (Action.ACCEPT, Action.ACCEPT_LEG):
        mood = dice.roll()
        if mood < _SILENT:
            return None
        if mood < _SAYS_NO:
            reject = chance.action == Action.ACCEPT
            action = Action.REJECT if reject else Action.DECLINE_LEG
            reason = REJECTED_BECAUSE[int(dice.roll() * len(REJECTED_BECAUSE))] if reject else ""
        if chance.due is not None:
            # Whoever has three minutes does not take five.
            at = min(at, chance.since + (chance.due - chance.since) * _SOONEST_SHARE_OF_DUE)
    waking = _DESK_WAKES_UP if chance.action in _OF_THE_DESK else _WAKING_UP
    at = max(at, chance.since, chance.awake + dice.minutes(waking))
    key = f"demo-{action}-{chance.target_id}-{chance.since:%Y%m%d%H%M%S}"
    return Move(at, action, chance.target_id, chance.person_id, chance.visit_id, reason, key)


def moves_at(now: datetime, chances: Iterable[Chance], left_alone: frozenset[int] = frozenset()) -> list[Move]:
    """The moves whose time has come, earliest first; none of anybody in ``left_alone``."""
    found = (move_for(chance) for chance in chances if chance.person_id not in left_alone)
    return sorted(move for move in found if move is not None and move.at <= now)


def emptied(assignment_id: int, items: Iterable[int]) -> list[int]:
    """Which of what was carried is reported as empty."""
    return [item for item in sorted(items) if share_of(f"empty {assignment_id} {item}") < _EMPTIED]


def payment_method(appointment_id: int) -> str:
    """How a client pays while nobody sits at the desk; GCash would need a picture of its receipt."""
    return ("cash", "cash", "cash", "card", "bank_transfer")[int(share_of(f"pays {appointment_id}") * 5)]
