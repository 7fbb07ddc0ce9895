"""The page of services."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_check, draft_field
from guitara_app.components.linked import problem
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.fields import group
from guitara_app.pages.catalog.parts import add_button, begin, labelled, listing, sheet
from guitara_app.pages.catalog.services_state import MaterialLine, ServiceLine, ServicesState
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell

_OF = "service"


@rx.page(route="/services", title="Services · Guitara", on_load=[Who.load, ServicesState.load])
def services_page() -> rx.Component:
    """What is sold."""
    return shell(
        listing(
            ServicesState,
            _line,
            here="/services",
            title="Services",
            finds="Service or material",
            nothing="Nothing is sold yet. Add the first service.",
            stamp=CatalogLive.stamp,
        ),
        rx.cond(IS_MANAGER, _form()),
        here="/services",
        title=desk_title("Catalog"),
        actions=add_button(ServicesState, _OF),
    )


def _line(one: rx.vars.ObjectVar[ServiceLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.b(one["name"]),
            rx.cond(one["active"], "", rx.el.span("off sale", class_name="tag")),
            class_name="line catalog-name",
        ),
        rx.el.span(one["minutes"], rx.el.span(one["buffer"], class_name="and mute"), class_name="num catalog-facts"),
        rx.el.b(one["price"], class_name="num nowrap catalog-price"),
        rx.el.span(rx.cond(one["materials"], one["materials"], "takes nothing along"), class_name="mute catalog-more"),
        rx.cond(
            IS_MANAGER,
            rx.el.span(
                begin(ServicesState, "Change", number=one["id"], of=_OF, class_name="button button-small"),
                rx.el.button(
                    rx.cond(one["active"], "Take off sale", "Sell again"),
                    type="button",
                    on_click=ServicesState.sell(one["id"], ~one["active"].to(bool)),
                    class_name="button button-small",
                ),
                class_name="acts catalog-acts",
            ),
        ),
        class_name="item catalog-line",
        data_service=one["id"],
        key=one["id"],
    )


def _form() -> rx.Component:
    return sheet(
        ServicesState,
        _OF,
        group(
            "What is sold",
            labelled(ServicesState, "Name", "name", first=True),
            rx.el.div(
                labelled(ServicesState, "Minutes", "minutes", mode="numeric"),
                labelled(ServicesState, "Rest afterwards, in minutes", "buffer_minutes", mode="numeric"),
                labelled(ServicesState, "Price in pesos, for each therapist", "price", mode="decimal"),
                class_name="fields",
            ),
            rx.el.label(draft_check(name="active", fallback=True), "On sale", class_name="check"),
            rx.el.p("Visits that are booked already keep their minutes and their price.", class_name="field-hint"),
        ),
        group(
            "Takes along, how many of each",
            rx.cond(
                ServicesState.materials.length() > 0,
                rx.el.ul(rx.foreach(ServicesState.materials, _material), class_name="catalog-materials"),
                rx.el.p("There are no materials yet.", class_name="mute"),
            ),
        ),
    )


def _material(one: rx.vars.ObjectVar[MaterialLine]) -> rx.Component:
    name = one["field"]
    return rx.el.li(
        rx.el.label(one["name"], rx.el.span(one["unit"], class_name="and mute"), html_for=f"draft-{name}"),
        draft_field(
            name=name, input_mode="numeric", max_length=6, auto_complete="off", placeholder="0", class_name="input num"
        ),
        problem(ServicesState, name),
        key=name,
    )
