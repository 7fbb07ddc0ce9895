"""Saying which booked jobs a change of hours would leave outside them, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.outside import OutsideJob, would_be_outside
from guitara_app.availability.rules import Edit
from guitara_app.components.preview import NOTHING_PREVIEWED, Preview, PreviewLine
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Stale

_MOST_SHOWN = 50

Edits = Mapping[int, Edit]


class Previewing(rx.State, mixin=True):
    """What the dialog of ``components.preview`` shows; the handler that goes on is the page's own."""

    preview: Preview = NOTHING_PREVIEWED

    # What was asked to be saved, until somebody says that it is meant: the browser cannot put another in its place.
    _waiting: dict[str, Any] = {}

    def _ask_first(self, jobs: Sequence[OutsideJob], what: str, *, own: bool = False, **waiting: Any) -> None:
        """Show the jobs, and keep ``waiting`` for when it is meant."""
        many = f"{len(jobs)} booked jobs" if len(jobs) > 1 else "One booked job"
        yours = " The desk sees them." if own else " They stay booked, and show on every desk until they are moved."
        self._show(f"{many} would lie outside", f"{what}{yours}", jobs, "Save all the same", own=own, **waiting)

    def _show(
        self, title: str, text: str, jobs: Sequence[OutsideJob], yes: str, *, own: bool = False, **waiting: Any
    ) -> None:
        number = self.preview["number"] + 1
        self._waiting = {"number": number, **waiting}
        self.preview = Preview(
            number=number,
            title=title,
            text=text,
            lines=[_line(job, own=own) for job in jobs[:_MOST_SHOWN]],
            more=max(0, len(jobs) - _MOST_SHOWN),
            yes=yes,
        )

    def _meant(self, number: int) -> dict[str, Any]:
        """What was asked under this number, once.

        Raises:
            Stale: it is not what was shown last, or the page was open too long.
        """
        waiting, self._waiting = self._waiting, {}
        if waiting.get("number") != number:
            raise Stale("This page has been open too long. What you typed is still there; save it again.")
        return waiting


def outside_after(edits: Callable[[Session], Edits], at: datetime) -> list[OutsideJob]:
    """The booked jobs that ``edits`` would leave outside their person's hours. Changes nothing. Blocking."""
    with reading() as session:
        return would_be_outside(session, edits(session), now=at)


def _line(job: OutsideJob, *, own: bool) -> PreviewLine:
    return PreviewLine(
        key=f"{job.appointment_id}-{job.person_id}",
        person=job.person,
        evening=f"{job.evening:%a} {job.evening.day} {job.evening:%b}",
        words=job.words,
        visit=0 if own else job.appointment_id,
    )
