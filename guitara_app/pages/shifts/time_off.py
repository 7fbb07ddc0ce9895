"""Time off as the desk sees it: what waits for an answer, and the ways to answer."""

from __future__ import annotations

from typing import Annotated, Any

import reflex as rx
from pydantic import Field

from guitara_app.accounts.permissions import Permission
from guitara_app.availability.queries import time_off_edit
from guitara_app.availability.services import approve_time_off, refuse_time_off, take_back_time_off
from guitara_app.availability.views import TimeOffRow
from guitara_app.components.dialog import ask_reason
from guitara_app.components.parts import link, panel
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.live import ShiftsLive
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.shifts.changes import change, told
from guitara_app.pages.shifts.previewing import Previewing, outside_after
from guitara_app.pages.shifts.state import Number

Reason = Annotated[str, Field(max_length=4000)]
TimeOffVar = rx.vars.ObjectVar[TimeOffRow]

_STATES = {
    "asked": ("asked", "pending"),
    "approved": ("approved", "session"),
    "refused": ("refused", "alarm"),
    "taken_back": ("taken back", "done"),
}


class TimeOffState(Previewing, rx.State):
    """Decides about time off."""

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def approve(self, time_off_id: Number) -> rx.event.EventSpec | None:
        """Agree, asking first when there is work in that time; the shifts are cut at once."""
        left = await in_thread(outside_after, lambda session: time_off_edit(session, time_off_id), now())
        if left:
            self._ask_first(left, "In this time there is work already.", time_off_id=time_off_id)
            return None
        return await self._approve(time_off_id)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def go_on(self, number: Number) -> rx.event.EventSpec:
        """Agree although there is work in that time."""
        return await self._approve(self._meant(number)["time_off_id"])

    async def _approve(self, time_off_id: int) -> rx.event.EventSpec:
        actor, at = current_actor(), now()
        outside = await in_thread(change, lambda session: approve_time_off(session, actor, time_off_id, now=at), at=at)
        return told("The time off is approved.", outside)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def refuse(self, time_off_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Say no, and why."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: refuse_time_off(session, actor, time_off_id, reason=reason, now=at))
        return rx.toast.success("The time off is refused.", close_button=True)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def take_back(self, time_off_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Not needed after all; the hours come back."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: take_back_time_off(session, actor, time_off_id, reason=reason, now=at))
        return rx.toast.success("The time off is taken back; the hours hold again.", close_button=True)


def requests() -> rx.Component:
    """What was asked for and waits for the desk."""
    return panel(
        "Time off asked for",
        rx.el.ul(rx.foreach(ShiftsLive.asked, _request)),
        aside=ShiftsLive.asked.length().to_string() + " to answer",
        class_name="asked-panel",
    )


def _request(asked: TimeOffVar) -> rx.Component:
    return rx.el.li(
        link(asked["name"], to=f"/shifts/{asked['person_id']}", class_name="shift-name"),
        rx.el.span(asked["period"], class_name="num"),
        rx.el.span(asked["reason"], class_name="mute"),
        _answers(asked),
        class_name="item time-off",
        data_time_off=asked["id"],
        key=asked["id"],
    )


def time_off_row(row: TimeOffVar) -> rx.Component:
    """Time off of one person, decided or not, with what the desk can say to it."""
    return _row(row, asked=_answers(row), approved=_take_back(row, TimeOffState.take_back))


def own_time_off_row(row: TimeOffVar, on_take_back: Any) -> rx.Component:
    """The same for the person themselves, who can take it back."""
    return _row(row, asked=_take_back(row, on_take_back), approved=_take_back(row, on_take_back))


def _take_back(row: TimeOffVar, on_confirm: Any) -> rx.Component:
    return rx.el.div(
        ask_reason(
            label="Take back",
            title="Take this time off back?",
            text="The hours that are left can be booked again.",
            placeholder="Note",
            needed=False,
            yes="Take it back",
            no="Keep it",
            subject=row["id"],
            on_confirm=on_confirm,
            class_name="button button-small",
        ),
        class_name="acts",
    )


def _row(row: TimeOffVar, *, asked: rx.Component, approved: rx.Component) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row["period"], class_name="num"),
            rx.el.span(
                rx.match(row["state"], *((state, word) for state, (word, _) in _STATES.items()), row["state"]),
                class_name="tag",
                data_tone=rx.match(row["state"], *((state, tone) for state, (_, tone) in _STATES.items()), "done"),
            ),
            class_name="row",
        ),
        rx.el.div(row["reason"]),
        rx.cond(
            row["decided"],
            rx.el.div(
                row["decided"],
                rx.cond(row["answer"], rx.el.span(row["answer"], class_name="and")),
                class_name="mute",
            ),
        ),
        rx.match(
            row["state"],
            ("asked", asked),
            ("approved", approved),
            rx.fragment(),
        ),
        class_name="item",
        data_time_off=row["id"],
        key=row["id"],
    )


def _answers(asked: TimeOffVar) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "Approve",
            type="button",
            on_click=TimeOffState.approve(asked["id"]),
            class_name="button button-small button-primary",
        ),
        ask_reason(
            label="Refuse",
            title="Refuse this time off?",
            text="The person reads your reason.",
            placeholder="Reason",
            choices=["Fully booked", "Too many are off", "Too late to ask"],
            yes="Refuse",
            danger=True,
            subject=asked["id"],
            on_confirm=TimeOffState.refuse,
            class_name="button button-small button-danger",
        ),
        class_name="acts",
    )
