"""Which step is possible when, and for whom: the table of the contract once more, written from its words.

Nothing here is taken from ``appointments.lifecycle``: where the two differ, one of them is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from guitara_app.accounts.permissions import Role

BEFORE = "pending therapist_confirmed driver_confirmed"
ROAD = "in_transit arrived dropped_off"
WORK = "in_session awaiting_payment paid"
RUNNING = f"{BEFORE} {ROAD} {WORK}"
OVER = "completed cancelled expired no_show"
ANY = f"{RUNNING} {OVER}"

THERAPIST, DRIVER, DESK, MANAGER = "therapist", "driver", "operator manager admin", "manager admin"
SYSTEM = "system"
WHOEVER: tuple[Role | None, ...] = (*Role, None)
"""Every role, and the system itself."""


@dataclass(frozen=True)
class Line:
    """One line of the table; words are separated by blanks, an empty column is not looked at."""

    by: str
    visit: str
    answer: str = ""
    progress: str = ""
    alone: str = ""
    """How far a therapist must be who travels without a driver, where that differs."""
    leg: str = ""
    reason: bool = False
    alone_only: str = ""
    """States in which it is possible only when nobody is driven."""
    nobody: str = ""
    everybody: str = ""


_THERAPISTS = f"{THERAPIST} {DESK}"
_DRIVERS = f"{DRIVER} {DESK}"
_OUT_THERE = "arrived dropped_off"
_HELD = "in_session ended"

CONTRACT: dict[str, Line] = {
    "accept": Line(_THERAPISTS, RUNNING, answer="offered"),
    "reject": Line(_THERAPISTS, RUNNING, answer="offered", reason=True),
    "withdraw": Line(_THERAPISTS, RUNNING, answer="accepted", progress=f"waiting {ROAD}", reason=True),
    "lapse": Line(SYSTEM, RUNNING, answer="offered"),
    "expire": Line(SYSTEM, "pending"),
    "insist": Line(DESK, RUNNING, answer="rejected withdrawn lapsed"),
    "replace": Line(DESK, RUNNING, answer="rejected withdrawn lapsed"),
    "drop": Line(DESK, RUNNING, answer="rejected withdrawn lapsed"),
    "change": Line(DESK, f"{BEFORE} {ROAD}", reason=True, nobody=_HELD),
    "search_driver": Line(f"{SYSTEM} {DESK}", RUNNING, leg="planned"),
    "search_again": Line(DESK, ANY, leg="searching"),
    "offer_leg": Line(SYSTEM, ANY, leg="searching"),
    "accept_leg": Line(_DRIVERS, ANY, leg="offered"),
    "decline_leg": Line(_DRIVERS, ANY, leg="offered"),
    "lapse_leg": Line(SYSTEM, ANY, leg="offered"),
    "choose_driver": Line(DESK, ANY, leg="planned searching offered accepted"),
    "step_back": Line(_DRIVERS, ANY, leg="accepted under_way", reason=True),
    "release_leg": Line(DESK, RUNNING, leg="planned searching offered accepted"),
    "start_journey": Line(_DRIVERS, RUNNING, answer="accepted", progress="waiting in_transit arrived", leg="accepted"),
    "arrive": Line(_DRIVERS, RUNNING, answer="accepted", progress="in_transit", leg="under_way"),
    "drop_off": Line(_DRIVERS, RUNNING, answer="accepted", progress="arrived", leg="under_way"),
    "start_session": Line(
        _THERAPISTS,
        f"therapist_confirmed driver_confirmed {ROAD} in_session",
        answer="accepted",
        progress="dropped_off",
        alone="waiting",
        alone_only="therapist_confirmed",
    ),
    "extend": Line(
        _THERAPISTS, f"{BEFORE} {ROAD} in_session awaiting_payment", answer="accepted released", progress=_HELD
    ),
    "end_session": Line(_THERAPISTS, RUNNING, answer="accepted", progress="in_session"),
    "stop_early": Line(_THERAPISTS, RUNNING, answer="accepted", progress="in_session", reason=True),
    "request_payment": Line(_THERAPISTS, "in_session", answer="released", progress="ended", everybody="ended"),
    "verify_payment": Line(DESK, "awaiting_payment"),
    "correct_payment": Line(MANAGER, "paid completed", reason=True),
    "write_off": Line(MANAGER, "awaiting_payment", reason=True),
    "report_materials": Line(_THERAPISTS, "paid", answer="released", progress="ended"),
    "ask_pickup": Line(_THERAPISTS, ANY, answer="released withdrawn", progress=f"{_OUT_THERE} ended"),
    "got_home": Line(_THERAPISTS, ANY, answer="released withdrawn", progress=f"in_transit {_OUT_THERE} ended"),
    "collect": Line(_DRIVERS, ANY, answer="released withdrawn", leg="accepted"),
    "finish": Line(_DRIVERS, ANY, answer="released withdrawn", leg="under_way"),
    "cancel": Line(DESK, f"{BEFORE} {ROAD}", reason=True, nobody=_HELD),
    "no_show": Line(DESK, f"{_OUT_THERE} therapist_confirmed", alone_only="therapist_confirmed", nobody=_HELD),
    "panic": Line(_THERAPISTS, ANY, answer="accepted released withdrawn"),
    "reopen": Line(DESK, "cancelled expired no_show", reason=True, nobody=_HELD),
    "force": Line(MANAGER, ANY, reason=True),
}


@dataclass(frozen=True)
class Case:
    """Somebody tries something: who, and how the visit and its parts stand."""

    who: Role | None
    visit: str
    driven: bool
    answer: str = ""
    progress: str = ""
    leg: str = ""
    places: tuple[str, ...] = ()
    reason: str = "as agreed"


def verdict(action: str, case: Case) -> str:
    """``yes``, or the name of the error it is refused with."""
    line = CONTRACT[action]
    if (case.who or SYSTEM) not in line.by.split():
        return "NotAllowed"
    if case.visit not in line.visit.split() or (case.driven and case.visit in line.alone_only.split()):
        return "NotPossible"
    progress = line.alone if line.alone and not case.driven else line.progress
    columns = ((line.answer, case.answer), (progress, case.progress), (line.leg, case.leg))
    if any(wanted and has not in wanted.split() for wanted, has in columns):
        return "NotPossible"
    if any(place in line.nobody.split() for place in case.places):
        return "NotPossible"
    if line.everybody and (not case.places or any(place not in line.everybody.split() for place in case.places)):
        return "NotPossible"
    return "Invalid" if line.reason and not case.reason.strip() else "yes"


def groups(words: list[str]) -> list[tuple[str, ...]]:
    """Nobody, everybody alike, and every two that follow each other: how far the places of a visit may be."""
    return [(), *((word,) for word in words), *pairwise(words), *((b, a) for a, b in pairwise(words))]
