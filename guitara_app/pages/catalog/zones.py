"""The page of zones and their towns."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_field
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.fields import group
from guitara_app.pages.booking.views import Choice
from guitara_app.pages.catalog.editing import NEW
from guitara_app.pages.catalog.parts import add_button, begin, field, labelled, listing, sheet
from guitara_app.pages.catalog.zones_state import TownChip, TownsState, ZoneLine, ZonesState
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell


@rx.page(route="/zones", title="Zones · Guitara", on_load=[Who.load, ZonesState.load])
def zones_page() -> rx.Component:
    """Where visits can be."""
    return shell(
        listing(
            ZonesState,
            _line,
            here="/zones",
            title="Zones",
            finds="Zone or town",
            nothing="No zones yet. Add the first, then its towns.",
            stamp=CatalogLive.stamp,
            more=rx.cond(
                IS_MANAGER,
                begin(TownsState, "Add a town", number=NEW, of="town", class_name="button button-small"),
            ),
        ),
        rx.cond(IS_MANAGER, rx.fragment(_zone_form(), _town_form())),
        here="/services",
        about="zones",
        title=desk_title("Catalog"),
        actions=add_button(ZonesState, "zone"),
    )


def _line(one: rx.vars.ObjectVar[ZoneLine]) -> rx.Component:
    return rx.el.li(
        rx.el.b(one["name"], class_name="catalog-name"),
        rx.el.span(
            rx.foreach(one["towns"], _town),
            rx.cond(one["towns"].to(list).length() == 0, rx.el.span("no towns yet", class_name="mute")),
            class_name="catalog-towns",
        ),
        rx.cond(
            IS_MANAGER,
            rx.el.span(
                begin(ZonesState, "Change", number=one["id"], of="zone", class_name="button button-small"),
                class_name="acts catalog-acts",
            ),
        ),
        class_name="item catalog-line catalog-zone",
        data_zone=one["id"],
        key=one["id"],
    )


def _town(one: rx.vars.ObjectVar[TownChip]) -> rx.Component:
    return rx.cond(
        IS_MANAGER,
        begin(TownsState, one["name"], number=one["id"], of="town", class_name="button button-small"),
        rx.el.span(one["name"], class_name="tag"),
    )


def _zone_form() -> rx.Component:
    return sheet(
        ZonesState,
        "zone",
        group(
            "A part of the city",
            labelled(ZonesState, "Name", "name", first=True),
            rx.el.p(
                "Inside a zone trips are short; how long they take is set in the settings.", class_name="field-hint"
            ),
        ),
    )


def _town_form() -> rx.Component:
    def zone(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
        return rx.el.option(one["label"], value=one["value"], key=one["value"])

    return sheet(
        TownsState,
        "town",
        group(
            "A city or town",
            labelled(TownsState, "Name", "name", first=True),
            field(
                TownsState,
                "Zone",
                "zone_id",
                draft_field(
                    rx.el.option("Choose", value=""),
                    rx.foreach(TownsState.zones, zone),
                    name="zone_id",
                    element="select",
                    class_name="input",
                ),
            ),
            rx.el.p(
                "Addresses of clients stay in their town. How long trips take follows from its zone.",
                class_name="field-hint",
            ),
        ),
    )
