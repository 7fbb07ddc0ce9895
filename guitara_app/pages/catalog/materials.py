"""The page of materials."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_check, draft_field
from guitara_app.components.linked import problem
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.fields import group
from guitara_app.pages.catalog.materials_state import KINDS, MaterialLine, MaterialsState
from guitara_app.pages.catalog.parts import add_button, begin, field, labelled, listing, sheet
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell

_OF = "material"


@rx.page(route="/materials", title="Materials · Guitara", on_load=[Who.load, MaterialsState.load])
def materials_page() -> rx.Component:
    """What therapists carry."""
    return shell(
        listing(
            MaterialsState,
            _line,
            here="/materials",
            title="Materials",
            finds="Material or unit",
            nothing="No materials yet. Add the first.",
            stamp=CatalogLive.stamp,
        ),
        rx.cond(IS_MANAGER, _form()),
        here="/services",
        about="materials",
        title=desk_title("Catalog"),
        actions=add_button(MaterialsState, _OF),
    )


def _line(one: rx.vars.ObjectVar[MaterialLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.b(one["name"]),
            rx.cond(one["active"], "", rx.el.span("not in use", class_name="tag")),
            class_name="line catalog-name",
        ),
        rx.el.span(one["unit"], rx.el.span(one["minimum"], class_name="and mute"), class_name="num catalog-facts"),
        rx.el.b(one["cost"], class_name="num nowrap catalog-price"),
        rx.el.span(one["kind"], class_name="mute catalog-more"),
        rx.cond(
            IS_MANAGER,
            rx.el.span(
                begin(MaterialsState, "Change", number=one["id"], of=_OF, class_name="button button-small"),
                class_name="acts catalog-acts",
            ),
        ),
        class_name="item catalog-line",
        data_material=one["id"],
        key=one["id"],
    )


def _form() -> rx.Component:
    return sheet(
        MaterialsState,
        _OF,
        group(
            "What is carried",
            labelled(MaterialsState, "Name", "name", first=True),
            rx.el.div(
                labelled(MaterialsState, "Counted in", "unit", hint="Such as bottle, tub or set."),
                field(
                    MaterialsState,
                    "Kind",
                    "kind",
                    draft_field(
                        *(rx.el.option(words, value=kind.value) for kind, words in KINDS.items()),
                        name="kind",
                        element="select",
                        class_name="input",
                    ),
                ),
                class_name="fields",
            ),
        ),
        group(
            "How it is kept",
            rx.el.div(
                labelled(
                    MaterialsState, "Warn at", "minimum", mode="numeric", hint="So many left on the shelf, or fewer."
                ),
                labelled(MaterialsState, "Cost of one in pesos", "cost", mode="decimal"),
                field(
                    MaterialsState,
                    "Expires on",
                    "expires_on",
                    draft_field(name="expires_on", type="date", class_name="input num"),
                ),
                class_name="fields",
            ),
            rx.el.label(draft_check(name="active", fallback=True), "In use", class_name="check"),
            problem(MaterialsState, "active"),
            rx.el.p(
                "What is not in use goes along to no visit. How many there are changes when some are packed, brought "
                "back, restocked or counted, never here.",
                class_name="field-hint",
            ),
        ),
        key="item",
    )
