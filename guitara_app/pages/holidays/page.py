"""Public holidays: of which country, what is done on them, and on which it is otherwise."""

from __future__ import annotations

import reflex as rx

from guitara_app.availability.rules import AS_USUAL, CLOSED
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.components.preview import preview_dialog
from guitara_app.pages.holidays.state import HOURS, HolidayRow, HolidaysState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/holidays", title="Holidays · Guitara", on_load=[Who.load, HolidaysState.load])
def holidays_page() -> rx.Component:
    """What the firm does on public holidays."""
    return shell(
        rx.el.div(
            rx.cond(HolidaysState.loaded, _form(), rx.el.section(skeleton(9), class_name="panel")),
            class_name="shifts holidays",
            aria_busy=~HolidaysState.loaded,
        ),
        preview_dialog(preview=HolidaysState.preview, on_yes=HolidaysState.go_on),
        here="/shifts",
        about="holidays",
        before=link(rx.icon("arrow_left", size=16), "Shifts", to="/shifts", class_name="button button-small"),
        title=desk_title("Holidays"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        panel(
            "On public holidays",
            rx.el.div(
                rx.el.div(
                    rx.el.label("Of which country", html_for="holiday-country", class_name="field-label"),
                    rx.el.select(
                        rx.el.option("None", value=""),
                        rx.foreach(
                            HolidaysState.countries,
                            lambda one: rx.el.option(one["name"], value=one["code"], key=one["code"]),
                        ),
                        id="holiday-country",
                        name="country",
                        value=HolidaysState.country,
                        on_change=HolidaysState.look_at,
                        class_name="input",
                    ),
                    _problem("country"),
                    class_name="field",
                ),
                rx.el.div(
                    rx.el.label("What you do on them", html_for="holiday-otherwise", class_name="field-label"),
                    rx.el.select(
                        rx.el.option("Work as usual", value=AS_USUAL),
                        rx.el.option("Close", value=CLOSED),
                        id="holiday-otherwise",
                        name="otherwise",
                        default_value=HolidaysState.otherwise,
                        key=HolidaysState.otherwise,
                        class_name="input",
                    ),
                    _problem("otherwise"),
                    class_name="field",
                ),
                class_name="off-fields",
            ),
            rx.el.p(
                "It cuts the usual hours of everybody. An evening that is set by hand stays as it is set, and so does"
                " what is booked. A holiday is an evening: 00:30 belongs to the one before.",
                class_name="field-hint",
            ),
            class_name="holiday-rule",
        ),
        panel(
            "Of the next twelve months",
            rx.cond(
                HolidaysState.rows.length() > 0,
                rx.el.ul(rx.foreach(HolidaysState.rows, _row)),
                rx.el.p("No holidays are known. Choose a country.", class_name="empty"),
            ),
            rx.el.div(
                rx.el.p(
                    rx.cond(HolidaysState.problem_of == "", HolidaysState.problem, ""),
                    class_name="field-problem",
                    role="alert",
                ),
                rx.el.button("Save the holidays", type="submit", class_name="button button-primary"),
                class_name="dialog-acts panel-pad",
            ),
        ),
        on_submit=HolidaysState.keep,
        reset_on_submit=False,
        class_name="stack",
    )


def _row(row: rx.vars.ObjectVar[HolidayRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row["name"], class_name="cut"),
        rx.el.span(row["day"], class_name="num mute"),
        rx.el.select(
            rx.el.option("as on every holiday", value=""),
            rx.el.option("as usual", value=AS_USUAL),
            rx.el.option("closed", value=CLOSED),
            rx.el.option("open only from", value=HOURS),
            name=f"said:{row['name']}",
            default_value=row["said"],
            aria_label=f"{row['name']}: what you do",
            class_name="input",
        ),
        rx.el.span(
            _clock(row, "opens", "open from"),
            rx.el.span("to", class_name="mute"),
            _clock(row, "closes", "open until"),
            class_name="holiday-clocks",
        ),
        rx.el.p(
            rx.cond(HolidaysState.problem_of == row["name"], HolidaysState.problem, ""),
            class_name="field-problem",
            role="alert",
        ),
        class_name="item holiday-row",
        data_holiday=row["name"],
        key=f"{HolidaysState.country} {row['name']} {row['said']} {row['opens']} {row['closes']}",
    )


def _clock(row: rx.vars.ObjectVar[HolidayRow], which: str, words: str) -> rx.Component:
    return rx.el.input(
        name=f"{which}:{row['name']}",
        default_value=row[which],
        placeholder="15:00" if which == "opens" else "22:00",
        max_length=20,
        auto_complete="off",
        aria_label=f"{row['name']}: {words}",
        class_name="input num",
    )


def _problem(slot: str) -> rx.Component:
    return rx.el.p(
        rx.cond(HolidaysState.problem_of == slot, HolidaysState.problem, ""), class_name="field-problem", role="alert"
    )
