"""A page for each role's guide, and the way to one's own."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.accounts.permissions import Role
from guitara_app.components.parts import link, outward, skeleton
from guitara_app.components.tour import guide_section
from guitara_app.components.words import ROLES
from guitara_app.help.guides import READABLE, Guide, Section, guide
from guitara_app.help.tour import STARTS
from guitara_app.pages.help.marks import elements
from guitara_app.pages.help.state import HelpState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/help", title="Help · Guitara", on_load=[Who.load, HelpState.load])
def help_page() -> rx.Component:
    """Leads on to one's own guide."""
    return shell(rx.el.div(skeleton(10), class_name="guide", aria_busy=True), here="/help", title=desk_title("Help"))


def guide_page(role: Role) -> Callable[[], rx.Component]:
    """The page with the guide of ``role``."""

    def page() -> rx.Component:
        read = guide(role)
        return shell(
            rx.el.div(
                _contents(role, read),
                rx.el.article(
                    rx.el.h2(f"For the {ROLES[role].lower()}", class_name="guide-title"),
                    *elements(read.before),
                    *(_section(section) for section in read.sections),
                    class_name="guide-text",
                ),
                class_name="guide",
            ),
            here="/help",
            title=desk_title("Help"),
        )

    page.__name__ = f"{role}_guide"
    return page


for _role in Role:
    rx.page(route=f"/help/{_role}", title=f"Help: {ROLES[_role].lower()} · Guitara", on_load=[Who.load])(
        guide_page(_role)
    )


def _section(section: Section) -> rx.Component:
    return guide_section(
        rx.el.h3(section.title), *elements(section.body), name=section.name, class_name="guide-section"
    )


def _contents(role: Role, read: Guide) -> rx.Component:
    return rx.el.nav(
        rx.match(Who.role, *((reader.value, _others(role, reader)) for reader in Role), rx.fragment()),
        rx.el.ul(*(rx.el.li(outward(section.title, to=f"#{section.name}")) for section in read.sections)),
        rx.match(
            Who.role,
            *((reader.value, _again(STARTS[reader])) for reader in Role),
            rx.fragment(),
        ),
        class_name="guide-contents panel",
        aria_label="Guides",
    )


def _others(role: Role, reader: Role) -> rx.Component:
    """Links to every guide that is of use to ``reader``; none when that is only the own one."""
    if len(READABLE[reader]) == 1:
        return rx.fragment()
    return rx.el.div(
        *(
            link(
                ROLES[other],
                to=f"/help/{other}",
                class_name="guide-role",
                aria_current="page" if other == role else "false",
            )
            for other in READABLE[reader]
        ),
        class_name="guide-roles",
    )


def _again(start: str) -> rx.Component:
    return link(rx.icon("route", size=16), "Show me around", to=f"{start}?tour=1", class_name="button")
