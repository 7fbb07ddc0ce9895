"""What the three pages of the catalog share: the links between them, the list's head, and the sheet with a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx

from guitara_app.components.draft import draft_clashes, draft_clear, draft_field, draft_save
from guitara_app.components.drawer import drawer_button
from guitara_app.components.follow import follow
from guitara_app.components.linked import problem
from guitara_app.components.parts import link, skeleton
from guitara_app.live import CatalogLive
from guitara_app.pages.catalog.editing import NEW, RowForm
from guitara_app.pages.form_sheet import answers, form_sheet, sheet_foot
from guitara_app.pages.shell import IS_MANAGER

Form = type[RowForm]
_PAGES = (("Services", "/services"), ("Materials", "/materials"), ("Zones", "/zones"))


def between(here: str) -> rx.Component:
    """Links to the pages of the catalog."""
    return rx.el.nav(
        *(
            link(
                word,
                to=path,
                class_name="button button-small",
                aria_current="page" if path == here else "false",
            )
            for word, path in _PAGES
        ),
        class_name="catalog-pages",
        aria_label="Catalog",
    )


def begin(
    state: Form, *inside: rx.Component | str, number: rx.Var[int] | int, of: str, **props: object
) -> rx.Component:
    """Opens the form of a row: the sheet at once, and what stands in it as soon as it is read."""
    return rx.el.span(
        drawer_button(*inside, name=of, **props),
        on_click=state.begin(number),
        class_name="plain",
    )


def add_button(state: Form, of: str) -> rx.Component:
    """For those who may change the catalog."""
    return rx.cond(
        IS_MANAGER,
        begin(state, rx.icon("plus", size=16), "Add", number=NEW, of=of, class_name="button button-primary"),
    )


def listing(
    state: Form,
    line: Callable[[Any], rx.Component],
    *,
    here: str,
    title: str,
    finds: str,
    nothing: str,
    stamp: rx.Var[str],
    more: rx.Component | None = None,
) -> rx.Component:
    """The list with its search; it is read again whenever ``stamp`` is another."""
    lines: Any = state.lines
    return rx.fragment(
        follow(of=stamp, on_change=state.refresh),
        rx.el.div(
            rx.el.section(
                rx.el.div(
                    between(here),
                    rx.el.label("Find in the list", html_for="find-in-catalog", class_name="unseen"),
                    rx.el.input(
                        id="find-in-catalog",
                        type="search",
                        placeholder=finds,
                        max_length=200,
                        auto_complete="off",
                        on_change=state.find.debounce(150),
                        class_name="input accounts-find",
                    ),
                    more or rx.fragment(),
                    rx.el.span(state.found, " of ", state.total, class_name="mute num nowrap", role="status"),
                    class_name="panel-head accounts-head catalog-head",
                ),
                rx.cond(
                    state.loaded,
                    rx.el.div(
                        rx.el.ul(rx.foreach(lines, line)),
                        rx.cond(
                            state.found == 0,
                            rx.el.p(rx.cond(state.total == 0, nothing, "Nothing matches."), class_name="empty"),
                        ),
                        rx.cond(
                            state.found > lines.length(),
                            rx.el.p("There are more. Type a part of the name to find them.", class_name="empty"),
                        ),
                        class_name="panel-body",
                    ),
                    skeleton(10),
                ),
                class_name="panel accounts-panel",
                aria_label=title,
                aria_busy=~state.loaded,
            ),
            class_name="accounts",
        ),
    )


def sheet(state: Form, of: str, *groups: rx.Component, key: str = "") -> rx.Component:
    """The form beside the list; ``key`` is the name of its drafts when it is another than ``of``."""
    return form_sheet(
        state,
        *groups,
        name=of,
        title=[rx.cond(state.editing == NEW, f"Add a {of}", f"Change the {of}")],
        foot=sheet_foot(
            answers(state, draft_clashes(clashes=state.clashes)),
            acts=[draft_clear("Undo what is typed", class_name="button button-quiet")],
            save=[draft_save()],
        ),
        draft=f"{key or of}-{state.editing}",
        subject=state.editing,
        base=state.base,
        ready=state.ready,
        pulse=CatalogLive.stamp,
        on_draft=state.consider,
    )


def labelled(
    state: Form, label: str, name: str, *, hint: str = "", first: bool = False, mode: str = "text"
) -> rx.Component:
    """A line of text with its label, its hint and its problem."""
    return field(
        state,
        label,
        name,
        draft_field(
            name=name,
            input_mode=mode,
            max_length=200,
            auto_complete="off",
            class_name="input" if mode == "text" else "input num",
            custom_attrs={"data-first": True} if first else {},
            aria_invalid=rx.cond(state.problems.get(name, "") != "", "true", "false"),
        ),
        hint=hint,
    )


def field(state: Form, label: str, name: str, control: rx.Component, *, hint: str = "") -> rx.Component:
    """A control with its label, its problem and its hint."""
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        control,
        problem(state, name),
        rx.el.p(hint, class_name="field-hint") if hint else rx.fragment(),
        class_name="field",
    )
