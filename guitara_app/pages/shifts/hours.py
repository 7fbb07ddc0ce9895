"""The parts in which one person's hours are shown and typed: on the desk's page of them, and on their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import reflex as rx

from guitara_app.availability.rules import WEEKDAYS
from guitara_app.availability.views import EveningRow, TimeOffRow, WeekdayRow
from guitara_app.components.draft import draft_clear, draft_copy, draft_field, draft_form, draft_set
from guitara_app.components.parts import panel
from guitara_app.live import HoursLive
from guitara_app.pages.shell import Who
from guitara_app.pages.shifts.person_state import CLOCKS, TypedHours

_PERSON = HoursLive.hours


def outside() -> rx.Component:
    """Booked jobs that lie outside the hours."""
    return rx.foreach(
        _PERSON["outside"],
        lambda job: rx.el.p(
            rx.icon("triangle_alert", size=14),
            rx.el.span("Outside the hours, still booked: ", job),
            class_name="shift-outside hours-outside",
            key=job,
        ),
    )


def week(state: type[TypedHours], *, on_save: Any) -> rx.Component:
    """The usual hours, weekday by weekday; ``on_save`` is given the draft."""
    return panel(
        "Usual hours",
        draft_form(
            rx.el.div(
                rx.el.span(),
                rx.el.span("From", class_name="field-label"),
                rx.el.span("To", class_name="field-label"),
                rx.el.span("Break from", class_name="field-label"),
                rx.el.span("Break to", class_name="field-label"),
                class_name="week-day week-head only-desk",
                aria_hidden=True,
            ),
            *(_weekday(state, number) for number in range(7)),
            rx.el.p(
                "Empty is a free day. An end before the start is past midnight. Booked jobs stay booked.",
                class_name="field-hint",
            ),
            _problem(state, "week"),
            _ready_made(),
            rx.el.div(
                draft_clear("Undo what was typed", class_name="button button-quiet"),
                rx.el.button(
                    "Save the week",
                    rx.el.span("Ctrl \u21b5", class_name="kbd only-desk"),
                    type="submit",
                    class_name="button button-primary",
                ),
                class_name="dialog-acts",
            ),
            name=f"week-{_PERSON['id']}",
            owner=Who.person_id,
            saved=state.week_saved,
            answered=state.week_answered,
            on_save=on_save,
            class_name="week panel-pad",
        ),
    )


def _day(number: int) -> rx.vars.ObjectVar[WeekdayRow]:
    return cast("rx.vars.ObjectVar[WeekdayRow]", _PERSON["week"][number])


def _weekday(state: type[TypedHours], number: int) -> rx.Component:
    day = _day(number)
    return rx.el.div(
        rx.el.b(WEEKDAYS[number]),
        _clock(state, number, "starts", "from", "free"),
        _clock(state, number, "ends", "to", "free"),
        rx.el.span("Break", class_name="field-label only-phone week-break", aria_hidden=True),
        _clock(state, number, "break_starts", "break from", "no break"),
        _clock(state, number, "break_ends", "break to", "no break"),
        *(_problem(state, f"{name}_{number}") for name in (*CLOCKS, "day")),
        class_name="week-day",
        role="group",
        aria_label=WEEKDAYS[number],
        data_said=day["said"],
    )


def _clock(state: type[TypedHours], number: int, name: str, words: str, empty: str) -> rx.Component:
    day = _day(number)
    return draft_field(
        name=f"{name}_{number}",
        fallback=day[name],
        resets={f"seen_{number}": day["said"]},
        placeholder=empty,
        max_length=20,
        auto_complete="off",
        aria_label=f"{WEEKDAYS[number]} {words}",
        aria_invalid=state.problems.get(f"{name}_{number}", "") != "",
        class_name="input num",
    )


def _ready_made() -> rx.Component:
    shown = {f"{name}_0": _day(0)[name] for name in CLOCKS} | {f"said_{n}": _day(n)["said"] for n in range(7)}

    def copy(words: str, days: range) -> rx.Component:
        copies = {f"{name}_{day}": f"{name}_0" for day in days for name in CLOCKS}
        copies |= {f"seen_{day}": f"said_{day}" for day in days}
        return draft_copy(words, copies=copies, base=shown, class_name="button button-small")

    firm = {
        **{f"starts_{day}": HoursLive.firm["opens"] for day in range(7)},
        **{f"ends_{day}": HoursLive.firm["closes"] for day in range(7)},
        **{f"seen_{day}": _day(day)["said"] for day in range(7)},
    }
    return rx.el.div(
        copy("Monday for Tue to Fri", range(1, 5)),
        copy("Monday for every day", range(1, 7)),
        draft_set("The firm's hours", patch=firm, class_name="button button-small"),
        class_name="acts",
    )


def time_off(
    state: type[TypedHours], button: str, row: Callable[[rx.vars.ObjectVar[TimeOffRow]], rx.Component], *, on_save: Any
) -> rx.Component:
    """Asking for time off, or entering it, and all there is of it; ``on_save`` is given the draft."""
    return panel(
        "Time off",
        draft_form(
            rx.el.div(
                _field(state, "First evening", "off_first", type="date", fallback=HoursLive.firm["tonight"]),
                _field(state, "Last evening, if another", "off_last", type="date"),
                _field(state, "From, if not all of it", "off_starts", placeholder="whole evening"),
                _field(state, "Until", "off_ends", placeholder="whole evening"),
                class_name="off-fields",
            ),
            _field(state, "Reason", "off_reason", max_length=1000),
            rx.el.div(
                rx.el.button(button, type="submit", class_name="button button-primary"),
                class_name="dialog-acts",
            ),
            name=f"time-off-{_PERSON['id']}",
            owner=Who.person_id,
            saved=state.off_saved,
            answered=state.off_answered,
            on_save=on_save,
            class_name="stack panel-pad",
        ),
        rx.el.ul(rx.foreach(_PERSON["time_off"], row)),
    )


def _field(state: type[TypedHours], label: str, name: str, **props: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        draft_field(name=name, auto_complete="off", class_name="input num", **props),
        _problem(state, name),
        class_name="field",
    )


def _problem(state: type[TypedHours], slot: str) -> rx.Component:
    return rx.el.p(state.problems.get(slot, ""), class_name="field-problem", role="alert", data_problem=slot)


def evenings() -> rx.Component:
    """When the person can be offered work on each of the next evenings."""
    return panel(
        "Evenings ahead",
        rx.el.ul(rx.foreach(_PERSON["evenings"], _evening)),
        aside="what can be booked",
    )


def _evening(evening: rx.vars.ObjectVar[EveningRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(evening["label"], class_name="num mute"),
        rx.cond(evening["hours"], rx.el.span(evening["hours"], class_name="num"), rx.el.span("off", class_name="mute")),
        rx.cond(evening["source"] == "by_hand", rx.el.span("by hand", class_name="mute")),
        rx.cond(
            evening["holiday"],
            rx.el.span(rx.icon("party_popper", size=13), rx.el.span(evening["holiday"]), class_name="holiday"),
        ),
        class_name="item evening-ahead",
        key=evening["label"],
    )
