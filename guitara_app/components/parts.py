"""Small pieces that several pages share."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router import link as router_link


def link(*children: rx.Component | rx.Var[str] | str, to: rx.Var[str] | str, **props: object) -> rx.Component:
    """A link to another page of the application, without loading it anew."""
    return router_link(*children, to=to, **props)


def outward(*children: rx.Component | rx.Var[str] | str, to: rx.Var[str] | str, **props: object) -> rx.Component:
    """A link that the browser follows by itself: to a file, or to what is no page of the application.

    Reflex makes of every link one that stays inside the application, where such an address is no page.
    """
    return rx.el.a(*children, href=to, custom_attrs={"reloadDocument": True}, **props)


def panel(
    title: str, *body: rx.Component, aside: rx.Component | rx.Var[str] | str = "", **props: object
) -> rx.Component:
    """A titled section; ``aside`` stands at the right of the title."""
    names = f"panel {props.pop('class_name', '')}".strip()
    head = rx.el.div(rx.el.h2(title), rx.el.span(aside, class_name="mute"), class_name="panel-head")
    return rx.el.section(head, *body, class_name=names, aria_label=title, **props)


def skeleton(lines: int = 6) -> rx.Component:
    """Grey lines where something is about to be."""
    return rx.el.div(
        *(rx.el.div(class_name="bone") for _ in range(lines)), class_name="bones", aria_hidden=True, data_skeleton=True
    )


def waiting_columns(what: str, lines: int = 6) -> rx.Component:
    """Where a page of two columns, such as a visit's, is about to be; ``what`` is said to those who listen."""
    columns = (
        rx.el.div(*(rx.el.section(skeleton(lines), class_name="panel") for _ in range(2)), class_name="visit-column")
        for _ in range(2)
    )
    return rx.el.div(
        rx.el.div(*columns, class_name="visit-columns"),
        class_name="visit",
        aria_busy=True,
        aria_label=f"Loading {what}",
    )


def lone_panel(title: str, *words: rx.Component | rx.Var[str] | str) -> rx.Component:
    """A page that has one thing to say, such as that nothing is there."""
    return rx.el.div(panel(title, rx.el.p(*words, class_name="empty")), class_name="visit")


def dotted(*parts: rx.Var[str] | str) -> rx.Component:
    """Facts in one line with a middle dot between those that are not empty."""
    return rx.el.span(*(rx.cond(part, rx.el.span(part, class_name="fact")) for part in parts))
