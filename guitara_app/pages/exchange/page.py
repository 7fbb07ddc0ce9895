"""Tables in and out: a file is sent, its columns are named, every row is looked at, and all of it is taken in."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.file_sender import file_sender
from guitara_app.components.follow import follow
from guitara_app.components.parts import link, lone_panel, outward, panel, skeleton
from guitara_app.exchange.models import Fate
from guitara_app.exchange.queries import FATES
from guitara_app.exchange.rules import LARGEST_FILE, ROWS_OF_A_SHEET
from guitara_app.exchange.views import EarlierImport, Shown
from guitara_app.live import ImportLive
from guitara_app.pages.exchange.state import Choice, ColumnLine, ExchangeState
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell

_STANDING = ImportLive.standing
_READY = ExchangeState.ready & ImportLive.loaded
_TAKEN = _STANDING["new"] + _STANDING["changed"]


@rx.page(route="/import", title="Import and export · Guitara", on_load=[Who.load, ExchangeState.load])
def import_page() -> rx.Component:
    """Clients, services and staff as files."""
    return shell(
        rx.cond(
            Who.role & ~IS_MANAGER,
            lone_panel("Import and export", "Only managers take files in and out."),
            rx.el.div(
                follow(
                    of=f"{_STANDING['id']} {_STANDING['state']} {_STANDING['ended']} {_STANDING['problem']}",
                    on_change=ExchangeState.refresh,
                ),
                rx.cond(
                    _READY,
                    rx.fragment(
                        rx.match(
                            _STANDING["state"],
                            ("mapping", _mapping()),
                            ("checking", _running("Looking at every row")),
                            ("checked", _checked()),
                            ("importing", _running("Taking it in")),
                            ("done", _done()),
                            _start(),
                        ),
                        rx.cond(_STANDING["id"] == 0, rx.fragment(_export(), _earlier())),
                    ),
                    rx.el.section(skeleton(8), class_name="panel", aria_busy=True),
                ),
                class_name="exchange",
            ),
        ),
        here="/import",
        title=desk_title("Import and export"),
    )


def _start() -> rx.Component:
    return panel(
        "Take a file in",
        rx.el.div(
            file_sender(subjects=ExchangeState.subjects, most=LARGEST_FILE, on_sent=ExchangeState.refresh),
            rx.el.ul(
                rx.el.li("The first row holds the names of the columns; you say what each of them is."),
                rx.el.li("Nothing changes before you have seen what would become of every row."),
                rx.el.li("An empty cell leaves what stands there. Nobody is ever deleted by a file."),
                rx.el.li(
                    "Clients are recognised by Guitara's number, else by phone, else by e-mail: the same file twice"
                    " makes nobody twice."
                ),
                class_name="exchange-rules mute",
            ),
            class_name="panel-pad exchange-start",
        ),
    )


def _export() -> rx.Component:
    return panel(
        "Take everything out",
        rx.el.div(
            rx.el.ul(rx.foreach(ExchangeState.subjects, _out), class_name="exchange-out"),
            rx.el.p(
                "The files have the columns in which they can be taken in again. That they were taken is written down."
                f" A sheet of Excel holds {ROWS_OF_A_SHEET:,} rows; more only fit into CSV.",
                class_name="field-hint",
            ),
            class_name="panel-pad stack",
        ),
    )


def _out(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.li(
        rx.el.b(one["label"]),
        outward("CSV", to=f"/export/{one['value']}.csv", download=True, class_name="button"),
        outward("Excel", to=f"/export/{one['value']}.xlsx", download=True, class_name="button"),
        key=one["value"],
    )


def _earlier() -> rx.Component:
    return rx.cond(
        ExchangeState.earlier.length() > 0,
        panel("Taken in lately", rx.el.ul(rx.foreach(ExchangeState.earlier, _one_earlier), class_name="exchange-list")),
    )


def _one_earlier(one: rx.vars.ObjectVar[EarlierImport]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.b(one["what"]), rx.el.span(one["file_name"], class_name="and mute")),
        rx.el.span(one["counts"], class_name="num"),
        rx.el.span(one["who"], rx.el.span(one["when"], class_name="and num"), class_name="mute"),
        key=one["id"],
    )


def _head(*more: rx.Component) -> rx.Component:
    """Which file it is, and what went wrong with it last."""
    return rx.el.div(
        rx.el.span(rx.el.b(_STANDING["file_name"]), rx.el.span(_STANDING["subject"], class_name="and mute")),
        *more,
        rx.cond(
            _STANDING["said"] & (_STANDING["state"] != "done"),
            rx.el.p(_STANDING["said"], class_name="exchange-note", role="note"),
        ),
        rx.cond(_STANDING["problem"], rx.el.p(_STANDING["problem"], class_name="exchange-problem", role="alert")),
        rx.el.p(ExchangeState.problem, class_name="field-problem", role="alert"),
        class_name="exchange-head",
    )


def _mapping() -> rx.Component:
    return rx.fragment(
        panel(
            "What the columns are",
            rx.el.div(
                _head(),
                rx.el.ul(rx.foreach(ExchangeState.lines, _column), class_name="exchange-columns"),
                rx.el.p("What is in none of the chosen columns is left out.", class_name="field-hint"),
                rx.el.div(
                    rx.el.button(
                        "Look at every row", type="button", on_click=ExchangeState.check,
                        class_name="button button-primary",
                    ),
                    _put_away("Put this file away"),
                    class_name="acts",
                ),
                class_name="panel-pad stack",
            ),
        ),
        panel("The first rows of the file", _sample()),
    )  # fmt: skip


def _column(line: rx.vars.ObjectVar[ColumnLine]) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            rx.el.span(line["title"]),
            rx.cond(line["hint"], rx.el.span(line["hint"], class_name="mute exchange-hint")),
            html_for=f"column-{line['key']}",
        ),
        rx.el.select(
            rx.el.option("not in this file", value=""),
            rx.foreach(
                ExchangeState.columns, lambda one: rx.el.option(one["label"], value=one["value"], key=one["value"])
            ),
            id=f"column-{line['key']}",
            value=line["chosen"],
            on_change=lambda place: ExchangeState.choose(line["key"], place),
            class_name="input",
        ),
        rx.el.span(line["sample"], class_name="mute exchange-sample"),
        key=line["key"],
    )


def _sample() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(rx.foreach(ExchangeState.columns, lambda one: rx.el.th(one["label"], key=one["value"])))
            ),
            rx.el.tbody(
                rx.foreach(
                    ExchangeState.sample,
                    lambda cells, at: rx.el.tr(
                        rx.foreach(cells, lambda cell, place: rx.el.td(cell, key=place)), key=at
                    ),
                )
            ),
        ),
        class_name="exchange-table",
        tab_index=0,
        role="region",
        aria_label="The first rows",
    )


def _running(title: str) -> rx.Component:
    return panel(
        title,
        rx.el.div(
            _head(),
            rx.el.label(_STANDING["step"], html_for="progress"),
            rx.el.progress(value=_STANDING["done"].to_string(), max=_STANDING["total"].to_string(), id="progress"),
            rx.cond(
                _STANDING["total"] > 0,
                rx.el.span(
                    _number(_STANDING["done"]),
                    " of ",
                    _number(_STANDING["total"]),
                    class_name="num mute",
                    role="status",
                ),
            ),
            rx.el.p("You may leave this page: it goes on, and is here when you come back.", class_name="field-hint"),
            class_name="panel-pad stack exchange-running",
        ),
    )


def _checked() -> rx.Component:
    return panel(
        "What would become of the rows",
        rx.el.div(
            _head(),
            _fates(),
            rx.el.div(
                rx.cond(
                    _TAKEN > 0,
                    rx.el.button(
                        "Take in ", _TAKEN.to(str), rx.cond(_TAKEN == 1, " row", " rows"),
                        rx.cond(_STANDING["refused"] > 0, f", leave {_STANDING['refused']} refused out", ""),
                        type="button",
                        on_click=ExchangeState.take_in(_STANDING["refused"] > 0),
                        class_name="button button-primary",
                    ),
                    rx.el.p("No row is new or changes anything, so there is nothing to take in."),
                ),
                _refused_file(),
                rx.el.button(
                    "Choose the columns again", type="button", on_click=ExchangeState.back_to_columns,
                    class_name="button",
                ),
                _put_away("Put this file away"),
                class_name="acts exchange-acts",
            ),
            rx.el.p("Either all of it is taken in, or nothing.", class_name="field-hint"),
            class_name="panel-pad stack",
        ),
        _rows(),
    )  # fmt: skip


def _done() -> rx.Component:
    return panel(
        "Taken in",
        rx.el.div(
            _head(rx.el.span(_STANDING["ended"], class_name="mute num")),
            rx.el.p(
                rx.icon("circle_check", size=18),
                rx.el.span(
                    rx.el.b(_number(_STANDING["new"])), " new, ", rx.el.b(_number(_STANDING["changed"])), " changed, ",
                    _number(_STANDING["same"]), " as they were",
                    rx.cond(
                        _STANDING["refused"] > 0, rx.fragment(", ", _number(_STANDING["refused"]), " left out"), ""
                    ),
                ),
                class_name="exchange-done",
                role="status",
            ),
            rx.cond(
                _STANDING["subject"] == "staff",
                rx.el.p("Who is new has no password yet: make an invitation on the Staff page.", class_name="mute"),
            ),
            rx.el.div(
                rx.match(
                    _STANDING["subject"],
                    ("services", link("See the services", to="/services", class_name="button button-primary")),
                    ("staff", link("See the accounts", to="/accounts", class_name="button button-primary")),
                    link("See the clients", to="/clients", class_name="button button-primary"),
                ),
                _refused_file(),
                _put_away("Take in another file"),
                class_name="acts exchange-acts",
            ),
            class_name="panel-pad stack",
        ),
        rx.cond(_STANDING["refused"] > 0, _rows()),
    )  # fmt: skip


def _number(many: rx.Var[int]) -> rx.Component:
    return rx.el.span(many, class_name="num")


def _refused_file() -> rx.Component:
    return rx.cond(
        _STANDING["refused"] > 0,
        outward(
            "Refused rows as a file", to=f"/import/{_STANDING['id']}/refused.csv", download=True, class_name="button"
        ),
    )


def _put_away(words: str) -> rx.Component:
    return rx.el.button(words, type="button", on_click=ExchangeState.put_away, class_name="button")


def _fates() -> rx.Component:
    every = _STANDING["new"] + _STANDING["changed"] + _STANDING["same"] + _STANDING["refused"]
    return rx.el.div(
        _fate("", "Every row", every),
        _fate("new", FATES[Fate.NEW], _STANDING["new"]),
        _fate("changed", FATES[Fate.CHANGED], _STANDING["changed"]),
        _fate("same", FATES[Fate.SAME], _STANDING["same"]),
        _fate("refused", FATES[Fate.REFUSED], _STANDING["refused"]),
        class_name="exchange-fates",
        role="group",
        aria_label="Show only",
    )


def _fate(fate: str, words: str, many: rx.Var[int]) -> rx.Component:
    return rx.el.button(
        rx.el.b(many, class_name="num"),
        rx.el.span(words),
        type="button",
        on_click=ExchangeState.only(fate),
        aria_pressed=rx.cond(ExchangeState.fate == fate, "true", "false"),
        data_fate=fate,
        class_name="exchange-fate",
    )


def _rows() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ExchangeState.rows.length() > 0,
            rx.el.ol(rx.foreach(ExchangeState.rows, _row), class_name="exchange-rows", aria_label="Rows"),
            rx.el.p("There are no such rows.", class_name="empty"),
        ),
        rx.cond(
            ExchangeState.pages > 1,
            rx.el.div(
                _turn("Before", ExchangeState.page - 1, ExchangeState.page <= 1),
                rx.el.span(f"Page {ExchangeState.page} of {ExchangeState.pages}", class_name="num mute"),
                _turn("Next", ExchangeState.page + 1, ExchangeState.page >= ExchangeState.pages),
                class_name="acts exchange-pages",
            ),
        ),
    )


def _turn(words: str, page: rx.Var[int], never: rx.Var[bool]) -> rx.Component:
    return rx.el.button(words, type="button", on_click=ExchangeState.turn(page), disabled=never, class_name="button")


def _row(row: rx.vars.ObjectVar[Shown]) -> rx.Component:
    words = [(fate, rx.el.span(said, class_name="exchange-tag", data_fate=fate)) for fate, said in FATES.items()]
    return rx.el.li(
        rx.el.span("Row ", row["number"], class_name="num mute nowrap"),
        rx.el.span(row["label"], class_name="exchange-who"),
        rx.match(row["fate"], *words, rx.fragment()),
        rx.el.ul(rx.foreach(row["lines"].to(list[str]), lambda line, at: rx.el.li(line, key=at))),
        data_row=row["number"],
        key=row["number"],
    )
