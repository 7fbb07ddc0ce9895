"""Changing visits, as the service does it: from the call to the commit, told to everybody who watches.

They are tomorrow's: tonight is full of what was measured before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter

from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.appointments.requests import BookingRequest, ChangeRequest
from guitara_app.appointments.services import book, change
from guitara_app.kit.database import run
from guitara_app.kit.time import now

_LATER = timedelta(minutes=15)
_WARM_UP = 3


def changing(firm: Firm, slots: Iterator[BookingRequest], runs: int) -> list[Row]:
    """Another time, and somebody else who goes."""
    moved, replaced = [], []
    for _ in range(runs + _WARM_UP):
        request, other = next(slots), next(slots)
        number = _book(firm, request)
        assert request.evening is not None
        assert request.start is not None
        later = firm.calendar.local(firm.calendar.at(request.evening, request.start) + _LATER)
        moved.append(_change(firm, number, ChangeRequest(start=later.time(), off_shift_reason="measured")))
        somebody = ChangeRequest(
            start=other.start, therapist_ids=list(other.therapist_ids), off_shift_reason="measured"
        )
        replaced.append(_change(firm, number, somebody))
    return [
        row("change, another time", moved[_WARM_UP:], 1000, 300, at=99),
        row("change, another time and therapist", replaced[_WARM_UP:], 1000, 300, at=99),
    ]


def _book(firm: Firm, request: BookingRequest) -> int:
    return run(lambda session: book(session, firm.operator, request, now=now()))


def _change(firm: Firm, number: int, wanted: ChangeRequest) -> float:
    began = perf_counter()
    changed = run(lambda session: change(session, firm.operator, number, request=wanted, reason="measured", now=now()))
    assert changed
    return perf_counter() - began
