"""Workload and utilisation: a row for each person, the difference from the average, and the visits behind it."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.follow import follow
from guitara_app.components.parts import link, outward, panel, skeleton
from guitara_app.components.words import role_word
from guitara_app.live import WorkloadLive
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.workload.state import RANGES, BehindRow, FigureRow, WorkloadState
from guitara_app.reports.rules import MEANINGS

_COLUMNS = (
    ("name", "Name"),
    ("on_shift", "On shift"),
    ("worked", "Worked"),
    ("jobs", "Jobs"),
    ("travel", "Travel"),
    ("idle", "Idle"),
    ("utilisation", "Utilisation"),
    ("earned", "Earned"),
    ("refused", "Said no"),
    ("response", "Response"),
)


@rx.page(route="/workload", title="Workload · Guitara", on_load=[Who.load, WorkloadState.load])
def workload_page() -> rx.Component:
    """How work is shared."""
    return shell(
        rx.el.div(
            follow(of=WorkloadLive.stamp, every=_pause(), on_change=WorkloadState.refresh),
            _choices(),
            rx.el.p(WorkloadState.problem, class_name="field-problem", role="alert"),
            rx.cond(
                WorkloadState.loaded,
                rx.fragment(_figures(), _meanings()),
                rx.el.section(skeleton(12), class_name="panel", aria_busy=True),
            ),
            class_name="workload",
        ),
        here="/workload",
        title=desk_title("Workload", WorkloadState.read_at),
    )


def _pause() -> rx.Var[int]:
    """How long the figures stand at least, in milliseconds: of many evenings they take long to count."""
    return rx.match(WorkloadState.chosen, ("tonight", 2_000), ("week", 5_000), 20_000)


def _choices() -> rx.Component:
    asked = f"first={WorkloadState.first}&last={WorkloadState.last}&role={WorkloadState.role}"
    return rx.el.div(
        rx.el.div(
            *(
                _choice(words, WorkloadState.chosen == value, WorkloadState.choose(value))
                for value, words in RANGES.items()
            ),
            class_name="acts",
            role="group",
            aria_label="Evenings",
        ),
        rx.cond(
            WorkloadState.chosen == "custom",
            rx.el.form(
                _day("First evening", "first", WorkloadState.first),
                _day("Last evening", "last", WorkloadState.last),
                rx.el.button("Count", type="submit", class_name="button button-primary"),
                on_submit=WorkloadState.count_days,
                reset_on_submit=False,
                class_name="workload-days",
            ),
        ),
        rx.el.div(
            _choice("All", WorkloadState.role == "", WorkloadState.only("")),
            _choice("Therapists", WorkloadState.role == "therapist", WorkloadState.only("therapist")),
            _choice("Drivers", WorkloadState.role == "driver", WorkloadState.only("driver")),
            class_name="acts",
            role="group",
            aria_label="Show",
        ),
        rx.el.div(
            outward("CSV", to=f"/workload.csv?{asked}", download=True, class_name="button button-small"),
            outward("Excel", to=f"/workload.xlsx?{asked}", download=True, class_name="button button-small"),
            rx.el.button(
                "Print", type="button", on_click=rx.call_script("window.print()"), class_name="button button-small"
            ),
            class_name="acts workload-files",
        ),
        class_name="workload-choices",
    )


def _choice(words: str, on: rx.Var[bool], act: rx.event.EventSpec) -> rx.Component:
    return rx.el.button(words, type="button", aria_pressed=on, on_click=act, class_name="button button-small")


def _day(label: str, name: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        label,
        rx.el.input(type="date", name=name, default_value=value, key=value, required=True, class_name="input"),
        class_name="field-label",
    )


def _figures() -> rx.Component:
    return panel(
        "Who had how much",
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        *(_head(name, words) for name, words in _COLUMNS), rx.el.th("From the average", scope="col")
                    )
                ),
                rx.el.tbody(rx.foreach(WorkloadState.rows, _row)),
                rx.el.tfoot(_total(WorkloadState.total)),
                class_name="workload-table",
            ),
            class_name="workload-scroll",
            tab_index=0,
            role="region",
            aria_label="Figures",
        ),
        aside=rx.cond(WorkloadState.spread, "worked from " + WorkloadState.spread, ""),
    )


def _head(name: str, words: str) -> rx.Component:
    is_it = WorkloadState.sorted_by == name
    return rx.el.th(
        rx.el.button(
            words,
            rx.cond(is_it, rx.cond(WorkloadState.falling, " \u2193", " \u2191"), ""),
            type="button",
            on_click=WorkloadState.sort(name),
            class_name="workload-sort",
        ),
        scope="col",
        aria_sort=rx.cond(is_it, rx.cond(WorkloadState.falling, "descending", "ascending"), "none"),
        title=MEANINGS.get(words, ""),
    )


def _row(row: rx.vars.ObjectVar[FigureRow]) -> rx.Component:
    return rx.fragment(
        _person(row),
        rx.cond(
            WorkloadState.looked_at == row["id"],
            rx.el.tr(rx.el.td(_behind(), col_span=len(_COLUMNS) + 1), class_name="workload-behind"),
        ),
        key=row["id"],
    )


def _person(row: rx.vars.ObjectVar[FigureRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.button(
                row["name"],
                type="button",
                aria_expanded=WorkloadState.looked_at == row["id"],
                title="The visits behind it",
                on_click=WorkloadState.look(row["id"]),
                class_name="workload-name",
            ),
            rx.el.span(role_word(row["role"]), class_name="mute"),
            scope="row",
        ),
        *_cells(row),
        rx.el.td(
            rx.el.span(
                rx.el.span(
                    rx.el.span(class_name="bar-less", style={"width": row["less"]}), class_name="bar-half bar-left"
                ),
                rx.el.span(rx.el.span(class_name="bar-more", style={"width": row["more"]}), class_name="bar-half"),
                class_name="bar-both",
                aria_hidden=True,
            ),
            rx.el.span(row["deviation"], class_name="num"),
            class_name="workload-bar",
        ),
        data_person=row["name"],
    )


def _cells(row: rx.vars.ObjectVar[FigureRow]) -> list[rx.Component]:
    def cell(name: str) -> rx.Component:
        return rx.el.td(rx.cond(row[name], row[name], "\u2013"), class_name="num", data_figure=name)

    return [
        *(cell(name) for name in ("on_shift", "worked", "jobs", "travel", "idle")),
        rx.el.td(
            rx.el.span(
                rx.el.span(class_name="bar-part", style={"width": row["filled"]}),
                class_name="bar-whole",
                aria_hidden=True,
            ),
            rx.el.span(rx.cond(row["utilisation"], row["utilisation"], "\u2013"), class_name="num"),
            class_name="workload-bar",
            data_figure="utilisation",
        ),
        *(cell(name) for name in ("earned", "refused", "response")),
    ]


def _total(row: rx.vars.ObjectVar[FigureRow]) -> rx.Component:
    return rx.el.tr(rx.el.th("All", scope="row"), *_cells(row), rx.el.td(), data_person="All")


def _behind() -> rx.Component:
    return rx.el.section(
        rx.cond(
            WorkloadState.behind.length() > 0,
            rx.fragment(
                rx.el.ul(rx.foreach(WorkloadState.behind, _visit)),
                rx.el.p(WorkloadState.behind_total, class_name="mute num"),
            ),
            rx.el.p("No visit and no trip in these evenings.", class_name="empty"),
        ),
        aria_label="The visits behind it",
    )


def _visit(row: rx.vars.ObjectVar[BehindRow]) -> rx.Component:
    def fact(words: str, name: str) -> rx.Component:
        return rx.cond(row[name], rx.el.span(f"{words} ", rx.el.b(row[name], class_name="num")))

    return rx.el.li(
        link(f"#{row['visit_id']}", to=f"/appointments/{row['visit_id']}", class_name="num"),
        rx.el.span(row["evening"], class_name="num mute"),
        rx.el.span(row["what"], class_name="cut"),
        rx.el.span(
            fact("worked", "worked"), fact("travel", "travel"), fact("earned", "earned"), class_name="behind-facts"
        ),
        rx.el.span(row["answer"], rx.cond(row["wait"], f" after {row['wait']}", ""), class_name="mute"),
        class_name="item behind-line",
        key=row["key"],
    )


def _meanings() -> rx.Component:
    return rx.el.dl(
        *(
            rx.el.div(rx.el.dt(name), rx.el.dd(f"{meaning}."), class_name="meaning")
            for name, meaning in MEANINGS.items()
        ),
        rx.el.p(
            "An evening runs until the day turns: what happens at 00:30 counts for the evening before.",
            class_name="mute",
        ),
        class_name="workload-meanings",
    )
