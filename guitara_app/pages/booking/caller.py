"""Who calls, and where the visit is: found, picked or typed."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_choice, draft_field, draft_pick, draft_set, draft_when, typeahead
from guitara_app.components.linked import problem
from guitara_app.components.words import state_tag
from guitara_app.pages.booking.fields import Form, field, group, text_field
from guitara_app.pages.booking.views import AddressLine, Choice, VisitLine

_NO_PLACE = {"address_id": "", "address_line": "", "locality_id": "", "address_notes": ""}


def caller(state: Form, favourite: rx.Component | None = None) -> rx.Component:
    """The client: type-ahead, then the card; or a new one inline. ``favourite`` takes whom they like into the form."""
    return group(
        "Client",
        draft_when(draft_when(_search(state), name="client_mode", empty=True), name="client_id", empty=True),
        draft_when(known(state, _other("Change"), favourite=favourite), name="client_id"),
        draft_when(_new(state), name="client_mode", is_="new"),
        problem(state, "client"),
    )


def _search(state: Form) -> rx.Component:
    return typeahead(
        name="client_text",
        hits=state.hits,
        answers=state.hits_for,
        nothing="Nobody found by this name, phone or e-mail.",
        make_new="New client",
        placeholder="Name, phone or e-mail",
        max_length=200,
        on_search=state.find,
        class_name="input",
        aria_label="Client: name, phone or e-mail",
        data_first=True,
    )


def _other(words: str) -> rx.Component:
    return draft_set(
        words,
        patch={"client_id": "", "client_mode": "", **_NO_PLACE},
        class_name="button button-small",
        data_first=True,
    )


def known(state: Form, *acts: rx.Component, favourite: rx.Component | None = None) -> rx.Component:
    """The client's card: who, what they like, what to know, the last visits; all at once."""
    client = state.client
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                rx.cond(
                    client["id"] > 0,
                    rx.el.a(
                        rx.el.b(client["name"]),
                        href=f"/clients/{client['id']}",
                        target="_blank",
                        title="Open the client's page in a new tab",
                    ),
                    rx.el.span("Reading the client", class_name="mute"),
                ),
                rx.el.span(client["phone"], class_name="num and"),
                rx.cond(client["email"], rx.el.span(client["email"], class_name="and mute")),
            ),
            *acts,
            class_name="row",
        ),
        rx.cond(client["preferences"], rx.el.p("Likes: ", client["preferences"], class_name="client-likes")),
        rx.cond(client["favourite_id"] > 0, favourite or _favourite(state)),
        rx.cond(client["notes"], rx.el.p(client["notes"], class_name="client-notes prewrap")),
        rx.cond(
            state.history.length() > 0,
            rx.el.ul(rx.foreach(state.history, _visit), class_name="client-history", aria_label="Last visits"),
            rx.el.p("No visit yet.", class_name="mute"),
        ),
        class_name="client-card",
    )


def _favourite(state: Form) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            draft_pick(name="therapist_ids", value=state.client["favourite_id"]),
            rx.el.span("Favourite: ", rx.el.b(state.client["favourite"])),
            class_name="chip",
        ),
        class_name="chips",
    )


def _visit(visit: rx.vars.ObjectVar[VisitLine]) -> rx.Component:
    return rx.el.li(
        rx.el.a(visit["when"], href=f"/appointments/{visit['id']}", target="_blank", class_name="num nowrap"),
        rx.el.span(
            visit["services"],
            rx.cond(visit["therapists"], rx.el.span(visit["therapists"], class_name="and")),
            class_name="cut",
        ),
        state_tag(visit["state"]),
        key=visit["id"],
    )


def _new(state: Form) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b("New client"), _other("Search instead"), class_name="row"),
        rx.el.div(
            field(state, "Name", "client_name", text_field("client_name", 500), slot="name"),
            field(state, "Phone", "client_phone", text_field("client_phone", 60, "tel"), slot="phone"),
            field(state, "E-mail, if any", "client_email", text_field("client_email", 254, "email"), slot="email"),
            class_name="fields",
        ),
        field(state, "Notes on the client", "client_notes", text_field("client_notes", 20000)),
        class_name="client-card",
    )


def place(state: Form, *, of_client: rx.Var[int] | None = None) -> rx.Component:
    """Where: one of the client's places, or a new one. With ``of_client``, theirs show only while they are chosen."""
    known_places = rx.cond(
        state.addresses.length() > 0,
        rx.el.div(
            rx.foreach(state.addresses, _address),
            class_name="places",
            role="group",
            aria_label="Past addresses",
        ),
    )
    return group(
        "Where",
        # Another client may have been chosen a moment ago, whose places are still on their way.
        known_places if of_client is None else draft_when(known_places, name="client_id", is_=of_client),
        draft_when(
            rx.el.div(
                field(state, "Street, number, unit", "address_line", text_field("address_line", 1000)),
                field(
                    state,
                    "Town",
                    "locality_id",
                    draft_field(
                        rx.el.option("Choose", value=""),
                        rx.foreach(state.towns, _town),
                        name="locality_id",
                        element="select",
                        class_name="input",
                    ),
                ),
                class_name="booking-where",
            ),
            field(state, "How to find it", "address_notes", text_field("address_notes", 20000)),
            name="address_id",
            empty=True,
        ),
        draft_when(problem(state, "address_line"), name="address_id"),
    )


def _address(address: rx.vars.ObjectVar[AddressLine]) -> rx.Component:
    return draft_choice(
        rx.el.span(address["line"], class_name="cut"),
        rx.el.span(address["locality"], class_name="mute nowrap"),
        name="address_id",
        value=address["id"],
        resets={"address_line": "", "locality_id": "", "address_notes": ""},
        class_name="place",
        title=address["notes"],
        key=address["id"],
    )


def _town(choice: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.option(choice["label"], value=choice["value"], key=choice["value"])
