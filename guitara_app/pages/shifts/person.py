"""Everything that decides when one person can be offered work: usual hours, time off, and what comes of them."""

from __future__ import annotations

from typing import cast

import reflex as rx

from guitara_app.availability.rules import WEEKDAYS
from guitara_app.availability.views import EveningRow, WeekdayRow
from guitara_app.components.draft import draft_clear, draft_copy, draft_field, draft_form, draft_set
from guitara_app.components.for_address import for_address
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.components.words import role_word
from guitara_app.live import HoursLive
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.shifts.person_state import CLOCKS, HoursState
from guitara_app.pages.shifts.time_off import time_off_row

_PERSON = HoursLive.hours


@rx.page(route="/shifts/[number]", title="Hours · Guitara", on_load=[Who.load, HoursState.load])
def hours_page() -> rx.Component:
    """One person's hours, live."""
    return shell(
        for_address(
            _hours(),
            rx.el.div(rx.el.section(skeleton(9), class_name="panel"), class_name="shifts", aria_busy=True),
            rx.el.div(
                panel(
                    "No such person",
                    rx.el.p(
                        "There is no therapist or driver of this number. ",
                        link("Back to the shifts", to="/shifts"),
                        class_name="empty",
                    ),
                ),
                class_name="shifts",
            ),
            kind="hours",
            param="number",
            scope=HoursLive.scope,
            loaded=HoursLive.loaded,
            missing=HoursLive.missing,
        ),
        here="/shifts",
        before=link(rx.icon("arrow_left", size=16), "Shifts", to="/shifts", class_name="button button-small"),
        title=desk_title("Hours"),
    )


def _hours() -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.h2(_PERSON["name"], class_name="hours-name"),
            rx.el.span(role_word(_PERSON["role"]), class_name="tag"),
            class_name="line",
        ),
        rx.foreach(
            _PERSON["outside"],
            lambda job: rx.el.p(
                rx.icon("triangle_alert", size=14),
                rx.el.span("Outside the hours, still booked: ", job),
                class_name="shift-outside hours-outside",
                key=job,
            ),
        ),
        rx.el.div(
            _week(),
            rx.el.div(_time_off(), _evenings(), class_name="stack hours-side"),
            class_name="hours-columns",
        ),
        class_name="shifts",
    )


def _week() -> rx.Component:
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
            *(_weekday(number) for number in range(7)),
            rx.el.p(
                "Empty is a free day. An end before the start is past midnight. Booked jobs stay booked.",
                class_name="field-hint",
            ),
            _problem("week"),
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
            saved=HoursState.week_saved,
            answered=HoursState.week_answered,
            on_save=HoursState.keep_week,
            class_name="week panel-pad",
        ),
    )


def _day(number: int) -> rx.vars.ObjectVar[WeekdayRow]:
    return cast("rx.vars.ObjectVar[WeekdayRow]", _PERSON["week"][number])


def _weekday(number: int) -> rx.Component:
    day = _day(number)
    return rx.el.div(
        rx.el.b(WEEKDAYS[number]),
        _clock(number, "starts", "from", "free"),
        _clock(number, "ends", "to", "free"),
        rx.el.span("Break", class_name="field-label only-phone week-break", aria_hidden=True),
        _clock(number, "break_starts", "break from", "no break"),
        _clock(number, "break_ends", "break to", "no break"),
        *(_problem(f"{name}_{number}") for name in (*CLOCKS, "day")),
        class_name="week-day",
        role="group",
        aria_label=WEEKDAYS[number],
        data_said=day["said"],
    )


def _clock(number: int, name: str, words: str, empty: str) -> rx.Component:
    day = _day(number)
    return draft_field(
        name=f"{name}_{number}",
        fallback=day[name],
        resets={f"seen_{number}": day["said"]},
        placeholder=empty,
        max_length=20,
        auto_complete="off",
        aria_label=f"{WEEKDAYS[number]} {words}",
        aria_invalid=HoursState.problems.get(f"{name}_{number}", "") != "",
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


def _time_off() -> rx.Component:
    return panel(
        "Time off",
        draft_form(
            rx.el.div(
                _field("First evening", "off_first", type="date", fallback=HoursLive.firm["tonight"]),
                _field("Last evening, if another", "off_last", type="date"),
                _field("From, if not all of it", "off_starts", placeholder="whole evening"),
                _field("Until", "off_ends", placeholder="whole evening"),
                class_name="off-fields",
            ),
            _field("Reason", "off_reason", max_length=1000),
            rx.el.div(
                rx.el.button("Enter time off", type="submit", class_name="button button-primary"),
                class_name="dialog-acts",
            ),
            name=f"time-off-{_PERSON['id']}",
            owner=Who.person_id,
            saved=HoursState.off_saved,
            answered=HoursState.off_answered,
            on_save=HoursState.enter,
            class_name="stack panel-pad",
        ),
        rx.el.ul(rx.foreach(_PERSON["time_off"], time_off_row)),
    )


def _field(label: str, name: str, **props: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        draft_field(name=name, auto_complete="off", class_name="input num", **props),
        _problem(name),
        class_name="field",
    )


def _problem(slot: str) -> rx.Component:
    return rx.el.p(HoursState.problems.get(slot, ""), class_name="field-problem", role="alert", data_problem=slot)


def _evenings() -> rx.Component:
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
        class_name="item evening-ahead",
        key=evening["label"],
    )
