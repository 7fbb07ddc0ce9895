"""Sick now: one dialog with somebody's whole rest of the night, and who takes each job."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

import reflex as rx

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.sick_night import SickJob, SickNight, sick_night
from guitara_app.appointments.services import sick_now
from guitara_app.components.act_dialog import Ask, AskedField, Option, act_dialog
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.acting import Acting, Key, Name, Number, Values

ACTION = "sick"
_REASONS = ["Fever", "Stomach", "Accident", "Family emergency"]


class SickState(Acting, rx.State):
    """Asks who takes what, and hands it over."""

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def begin(self, person_id: Number) -> None:
        """Ask who takes each job of this person."""
        self.refused = {}
        self.ask = await in_thread(_asking, person_id, self.ask["number"] + 1, now())

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def from_address(self) -> None:
        """Begin at once when the address says so, as the search does."""
        asked = PurePosixPath(self.router.url.path).name
        if self.router.url.query_parameters.get("do") == ACTION and asked.isascii() and asked.isdecimal():
            self.refused = {}
            self.ask = await in_thread(_asking, int(asked[:10]), self.ask["number"] + 1, now())

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def do(self, action: Name, target_id: Number, key: Key, values: Values) -> rx.event.EventSpec | None:
        """Hand the night over; when somebody chosen is taken meanwhile, say so and keep what was chosen."""
        del action
        actor, at = current_actor(), now()
        choices = {name: _number(typed) for name, typed in values.items() if name != "reason"}
        try:
            done = await in_thread(
                run,
                lambda session: sick_now(
                    session,
                    actor,
                    target_id,
                    choices=choices,
                    reason="".join(values.get("reason", [])[:1]),
                    now=at,
                    idempotency_key=key,
                ),
            )
        except GuitaraError as error:
            self.refused = {"key": key, error.field or "form": error.sentence}
            return None
        finally:
            self.answered += 1
        self.refused, self.done = {}, key
        if done.calls:
            return rx.toast.warning(
                f"Handed over. Call about: {'; '.join(done.calls)}.", duration=12000, close_button=True
            )
        return rx.toast.success(f"{done.given} handed over, {done.left} left to you.", close_button=True)


def sick_button(person_id: rx.Var[int], name: rx.Var[str]) -> rx.Component:
    """Opens the dialog for somebody."""
    return rx.el.button(
        "Sick now",
        type="button",
        on_click=SickState.begin(person_id),
        aria_label=f"{name}: sick now",
        class_name="button button-small",
    )


def sick_dialog() -> rx.Component:
    """The dialog; a page has one."""
    return act_dialog(
        ask=SickState.ask,
        refused=SickState.refused,
        answered=SickState.answered,
        done=SickState.done,
        on_do=SickState.do,
        class_name="sick-dialog",
    )


def _asking(person_id: int, number: int, at: datetime) -> Ask:
    with reading() as session:
        night = sick_night(session, person_id, now=at)
    return Ask(
        number=number,
        action=ACTION,
        target_id=person_id,
        title=f"Sick now: {night.name}",
        text=_words(night),
        yes="Hand over",
        grave=True,
        reason_needed=True,
        reasons=_REASONS,
        fields=[_field(job) for job in night.jobs if not job.call],
    )


def _words(night: SickNight) -> str:
    calls = [job.words for job in night.jobs if job.call]
    said = ["The hours of tonight end now, and everybody concerned is told."]
    if len(calls) == len(night.jobs):
        said.append("No other job is to be handed over.")
    if calls:
        said.append(f"Under way, so call about it: {'; '.join(calls)}. It stays as it is.")
    return " ".join(said)


def _field(job: SickJob) -> AskedField:
    place = job.kind == "place"
    left = Option(
        value="0",
        label="Leave it to a review" if place else "Automatic: ask the next driver",
        detail="",
        good=False,
    )
    nobody = "" if any(one.free for one in job.options) else "Nobody is free for it."
    return AskedField(
        name=job.key,
        label=job.words,
        kind="select",
        options=[
            *(
                Option(
                    value=str(one.person_id),
                    label=f"{one.name}: {one.reason}" if one.free else f"{one.name}, all the same: {one.reason}",
                    detail="",
                    good=one.free,
                )
                for one in job.options
            ),
            left,
        ],
        value=str(job.proposed),
        needed=False,
        hint=nobody,
    )


def _number(typed: list[str]) -> int:
    first = "".join(typed[:1])
    return int(first) if first.isascii() and first.isdecimal() and len(first) <= 9 else 0
