"""How long each change was on its way, from its commit to every page that shows it; and where it never came."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guitara_app.appointments.words import AppointmentState
from loadtest.audit import Told
from loadtest.people import Change

ALONE_S = 0.5
"""What commits with nothing before it for so long is pushed at once; a burst is merged for a tenth of a second."""

_STEPS = [state.value for state in AppointmentState]
_OVER = len(_STEPS)
_RANK = {name: step for step, name in enumerate(_STEPS[: _STEPS.index(AppointmentState.CANCELLED)])}
_REACHES = {
    "book": AppointmentState.PENDING,
    "accept": AppointmentState.THERAPIST_CONFIRMED,
    "start_journey": AppointmentState.IN_TRANSIT,
    "arrive": AppointmentState.ARRIVED,
    "drop_off": AppointmentState.DROPPED_OFF,
    "start_session": AppointmentState.IN_SESSION,
    "request_payment": AppointmentState.AWAITING_PAYMENT,
    "verify_payment": AppointmentState.PAID,
    "report_materials": AppointmentState.COMPLETED,
}
"""The actions each of which every board shows: the mark of a change is the visit and the state it brings it to."""

_TOO_LATE_S = 3.0

Arrived = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(slots=True)
class Pushes:
    """Seconds from a commit to the last board, for changes alone and for those of a burst, to each single page of all,
    and to the pages of whoever it is about; and the marks that a page never showed.
    """

    alone: list[float] = field(default_factory=list)
    burst: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def judge(changes: Iterable[Change], told: Told, arrived: Sequence[Arrived], *, last: float) -> Pushes:
    """``arrived`` is what each process saw: for each scope, visit and state the moments of its pages (NaN: never).

    ``last`` is when the pages stopped looking; what was committed just before is left out.
    """
    found = Pushes()
    boards, own = _by_visit(arrived, "desk"), _by_visit(arrived, "person:")
    moments = [at for at, _ in told.desk]
    booked = {told.commits[one.key][1] for one in changes if one.action == "book" and one.key in told.commits}
    for change in changes:
        state = _REACHES.get(change.action)
        if state is None or change.key not in told.commits:
            continue
        at, made = told.commits[change.key]
        visit = made if change.action == "book" else change.visit
        if visit not in booked or at > last - _TOO_LATE_S:
            continue
        shown = _reached(boards.get(visit, []), _RANK[state])
        times = [moment for moment in shown if not math.isnan(moment)]
        if lacking := len(shown) - len(times):
            found.missing.append(f"{change.action} of visit {visit}: {lacking} boards never showed it")
        taken = [max(0.0, moment - at) for moment in times]
        if not shown:
            found.missing.append(f"{change.action} of visit {visit}: no board showed it")
        if taken:
            found.each += taken
            (found.alone if _is_alone(told, moments, at, visit) else found.burst).append(max(taken))
        if change.action == "book":
            theirs = [moment for moment in _reached(own.get(visit, []), 0) if not math.isnan(moment)]
            found.own += [max(0.0, max(theirs) - at)] if theirs else []
    return found


def _by_visit(arrived: Sequence[Arrived], scope: str) -> dict[int, list[tuple[int, list[float]]]]:
    """For each visit the step it was seen at and the moments of all pages, process after process."""
    sizes: dict[tuple[int, str], int] = {}
    seen: dict[int, dict[int, dict[tuple[int, str], Sequence[float]]]] = defaultdict(lambda: defaultdict(dict))
    for number, process in enumerate(arrived):
        for name, marks in process.items():
            if not name.startswith(scope):
                continue
            for mark, moments in marks.items():
                visit, _, state = mark.partition("|")
                sizes[number, name] = len(moments)
                seen[int(visit)][_RANK.get(state, _OVER)][number, name] = moments
    return {
        visit: [(step, _joined(by_group, sizes, scope)) for step, by_group in steps.items()]
        for visit, steps in seen.items()
    }


def _joined(
    by_group: Mapping[tuple[int, str], Sequence[float]], sizes: Mapping[tuple[int, str], int], scope: str
) -> list[float]:
    # Every process has boards; an own evening is open in one of them only.
    groups = sorted(sizes) if scope == "desk" else sorted(by_group)
    return [moment for group in groups for moment in by_group.get(group, [math.nan] * sizes[group])]


def _reached(steps: list[tuple[int, list[float]]], wanted: int) -> list[float]:
    """When each page first showed the visit at the step, or beyond it."""
    rows = [moments for step, moments in steps if step >= wanted]
    pages = zip(*rows, strict=True)
    return [min((moment for moment in page if not math.isnan(moment)), default=math.nan) for page in pages]


def _is_alone(told: Told, moments: list[float], at: float, visit: int) -> bool:
    before = told.desk[bisect_left(moments, at - ALONE_S) : bisect_right(moments, at)]
    return all(other == visit and moment > at - 2 * ALONE_S / 5 for moment, other in before)


def as_changes(rows: Iterable[Sequence[Any]]) -> list[Change]:
    """The changes as a process reported them."""
    return [Change(*row) for row in rows]
