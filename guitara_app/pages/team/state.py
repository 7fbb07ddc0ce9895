"""Setting hours for several people: what would come of it is shown first, then it is saved for all or for none."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.outside import OutsideJob, outside_hours, would_be_outside
from guitara_app.availability.queries import evenings_changed
from guitara_app.availability.services import set_together
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.shifts.changes import told
from guitara_app.pages.shifts.previewing import Previewing
from guitara_app.pages.shifts.state import Number
from guitara_app.pages.team.draft import TeamDraft, edits_of, week_label

_WEEKS_AHEAD = 9


class TeamMember(TypedDict):
    """Somebody whose hours can be set."""

    id: int
    name: str
    role: str


class WeekChoice(TypedDict):
    """A week by its Monday."""

    value: str
    label: str


class TeamState(Previewing, rx.State):
    """Whose hours can be set, and why what was typed cannot be. Until saved, what was typed is the browser's."""

    people: list[TeamMember] = []
    therapists: list[int] = []
    drivers: list[int] = []
    weeks: list[WeekChoice] = []
    tonight: str = ""
    loaded: bool = False
    problems: dict[str, str] = {}
    answered: int = 0
    saved: str = ""

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def load(self) -> None:
        """Say whose hours can be set, and which weeks can be copied."""
        await live.watch(self, current_actor(), None)
        self.people, self.weeks, self.tonight = await in_thread(_choices, now())
        self.therapists = [one["id"] for one in self.people if one["role"] == "therapist"]
        self.drivers = [one["id"] for one in self.people if one["role"] == "driver"]
        self.problems, self.loaded = {}, True

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def consider(self, draft: TeamDraft) -> None:
        """Show what would come of it; nothing is saved before that was seen."""
        try:
            title, words, jobs = await in_thread(_preview, draft, now())
        except GuitaraError as error:
            self.problems = {_slot(error): error.sentence}
            return
        finally:
            self.answered += 1
        self.problems = {}
        yes = "Save all the same" if jobs else "Save"
        self._show(title, words, jobs, yes, draft=draft.model_dump())

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def go_on(self, number: Number) -> rx.event.EventSpec | None:
        """Save what was shown."""
        actor, at = current_actor(), now()
        draft = TeamDraft.model_validate(self._meant(number)["draft"])
        outside: list[OutsideJob] = []

        def save() -> tuple[int, int]:
            def once(session: Session) -> tuple[int, int]:
                edits = edits_of(session, draft, at)
                before = set(outside_hours(session, now=at, people=edits))
                done = set_together(session, actor, edits, now=at)
                outside[:] = [job for job in outside_hours(session, now=at, people=edits) if job not in before]
                return done

            return run(once)

        try:
            people, evenings = await in_thread(save)
        except GuitaraError as error:
            self.problems = {_slot(error): error.sentence}
            return None
        finally:
            self.answered += 1
        self.problems, self.saved = {}, draft.idempotency_key
        return told(
            f"{_many(people, 'person has', 'people have')} other hours now, on {_many(evenings)}.",
            [f"{job.person}: {job.words}" for job in outside],
        )


def _preview(draft: TeamDraft, at: datetime) -> tuple[str, str, list[OutsideJob]]:
    with reading() as session:
        edits = edits_of(session, draft, at)
        changed = evenings_changed(session, edits, now=at)
        jobs = would_be_outside(session, edits, now=at)
        beyond = any(edit.week for edit in edits.values())
    people, evenings = len(changed), sum(len(days) for days in changed.values())
    if not people and not beyond:
        raise Invalid("Nobody's hours would change by this. Choose other hours, or other people.", field="people")
    title = f"{_many(people, 'person gets', 'people get')} other hours, on {_many(evenings)}"
    unchanged = len(edits) - people
    words = [f"{_many(unchanged, 'person keeps', 'people keep')} theirs."] if unchanged else []
    words.append(
        "Booked, and outside the hours then. They stay booked, and show on every desk until they are moved."
        if jobs
        else "No booked job would lie outside."
    )
    return title, " ".join(words), jobs


def _choices(at: datetime) -> tuple[list[TeamMember], list[WeekChoice], str]:
    with reading() as session:
        calendar = firm_settings(session).calendar
        rows = session.execute(
            text(
                "SELECT id, name, role FROM people WHERE role IN ('therapist', 'driver') AND disabled_at IS NULL"
                " ORDER BY role DESC, name, id"
            )
        )
        people = [TeamMember(id=row.id, name=row.name, role=row.role) for row in rows]
    weeks = [week_label(calendar, at, number) for number in range(_WEEKS_AHEAD)]
    return people, [WeekChoice(value=value, label=label) for value, label in weeks], str(calendar.business_date(at))


def _slot(error: GuitaraError) -> str:
    """The field an error belongs to; a weekday's, such as ``ends_0``, is that of the hours typed."""
    name = error.field.rstrip("0123456789").removesuffix("_")
    return name if name in TeamDraft.model_fields else "people"


def _many(number: int, one: str = "evening", more: str = "evenings") -> str:
    return f"{number} {one if number == 1 else more}"
