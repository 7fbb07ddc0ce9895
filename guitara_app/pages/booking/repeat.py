"""Whether it comes again: how often, until when, and what becomes of the evenings that clash."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_field, draft_pick, draft_when
from guitara_app.components.linked import linked, problem
from guitara_app.pages.booking.fields import Form, field, group
from guitara_app.pages.booking.repeating import EveningLine
from guitara_app.pages.booking.views import Choice

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NTH = (("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), ("-1", "Last"))


def repeat(state: Form) -> rx.Component:
    """The section of the booking form."""
    return group(
        "Repeat",
        rx.el.div(
            field(
                state,
                "How often",
                "repeat_how",
                _select(
                    "repeat", ("", "Does not repeat"), ("weekly", "Every week, or several"), ("monthly", "Monthly")
                ),
            ),
            draft_when(_every(state, "Weeks from one to the next"), name="repeat", is_="weekly"),
            draft_when(_every(state, "Months from one to the next"), name="repeat", is_="monthly"),
            class_name="booking-when",
        ),
        draft_when(_weekdays(), name="repeat", is_="weekly"),
        draft_when(_day_of_month(state), name="repeat", is_="monthly"),
        draft_when(rx.fragment(_end(state), evenings(state)), name="repeat"),
    )


def evenings(state: Form) -> rx.Component:
    """The series in words, and each evening about which something is to be decided."""
    view = state.series
    return rx.el.div(
        rx.cond(
            view["words"],
            rx.el.p(rx.el.b(view["words"]), " ", rx.el.span(view["summary"], class_name="mute"), class_name="num"),
            rx.el.p("The evenings show here once it is known what is wanted.", class_name="mute"),
        ),
        problem(state, "repeat"),
        rx.cond(
            view["rows"].length() > 0,
            rx.el.ul(rx.foreach(view["rows"], _evening), class_name="series-rows", aria_label="Evenings to decide"),
        ),
        rx.cond(
            view["free"].length() > 0,
            rx.el.details(
                rx.el.summary("Evenings as asked"),
                rx.el.ul(
                    rx.foreach(view["free"], lambda words: rx.el.li(words, key=words)), class_name="series-free num"
                ),
            ),
        ),
        class_name="series",
        role="status",
    )


def _evening(row: rx.vars.ObjectVar[EveningLine]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row["when"], class_name="num"),
        rx.cond(row["note"], rx.el.span(row["note"], class_name="tag", data_tone="pending")),
        linked(text=row["why"], class_name="mute"),
        rx.cond(
            row["state"] == "clash",
            draft_field(
                rx.el.option("Choose what becomes of it", value=""),
                rx.foreach(row["options"], _option),
                name=row["field"],
                id=row["field"],
                element="select",
                class_name="input",
                aria_label=f"What becomes of {row['when']}",
            ),
        ),
        key=row["field"],
        data_evening=row["field"],
        data_state=row["state"],
    )


def _option(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.option(one["label"], value=one["value"], key=one["value"])


def _select(name: str, *choices: tuple[str, str], fallback: str = "") -> rx.Component:
    return draft_field(
        *(rx.el.option(label, value=value) for value, label in choices),
        name=name,
        id=f"draft-{name}_how" if name == "repeat" else f"draft-{name}",
        element="select",
        fallback=fallback,
        class_name="input",
    )


def _every(state: Form, label: str) -> rx.Component:
    return field(
        state,
        label,
        "repeat_every",
        draft_field(name="repeat_every", placeholder="1", input_mode="numeric", max_length=2, class_name="input num"),
    )


def _weekdays() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.label(
                draft_pick(name="repeat_days", value=number, aria_label=_LONG[number - 1]),
                rx.el.span(day),
                class_name="chip",
            )
            for number, day in enumerate(_DAYS, start=1)
        ),
        rx.el.p("Without a choice: the weekday of the first evening.", class_name="field-hint"),
        class_name="chips",
        role="group",
        aria_label="On which weekdays",
    )


def _day_of_month(state: Form) -> rx.Component:
    days = ((str(number), day) for number, day in enumerate(_LONG, start=1))
    as_first = ("", "As the first evening")
    return rx.el.div(
        field(state, "Which of the month", "repeat_nth", _select("repeat_nth", as_first, *_NTH)),
        field(state, "Weekday", "repeat_day", _select("repeat_day", as_first, *days)),
        class_name="booking-when",
    )


def _end(state: Form) -> rx.Component:
    return rx.el.div(
        field(
            state,
            "Ends",
            "repeat_ends",
            _select(
                "repeat_ends",
                ("times", "After so many visits"),
                ("until", "With an evening"),
                ("never", "When it is ended"),
                fallback="times",
            ),
        ),
        draft_when(_times(state), name="repeat_ends", empty=True),
        draft_when(_times(state), name="repeat_ends", is_="times"),
        draft_when(
            field(
                state,
                "Last evening",
                "repeat_until",
                draft_field(name="repeat_until", type="date", class_name="input num"),
            ),
            name="repeat_ends",
            is_="until",
        ),
        class_name="booking-when",
    )


def _times(state: Form) -> rx.Component:
    return field(
        state,
        "Visits",
        "repeat_times",
        draft_field(name="repeat_times", placeholder="10", input_mode="numeric", max_length=3, class_name="input num"),
    )
