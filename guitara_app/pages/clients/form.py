"""Changing the card: every field follows what others do until it is touched, and keeps what was typed from then on."""

from __future__ import annotations

import reflex as rx

from guitara_app.clients.views import AddressRow
from guitara_app.components.draft import draft_clear, draft_field, draft_form, draft_touched, draft_version
from guitara_app.components.parts import panel
from guitara_app.live import ClientLive
from guitara_app.pages.clients.state import Clash, ClientState, Option
from guitara_app.pages.shell import Who

_client = ClientLive.client


def form() -> rx.Component:
    """Name, phones, e-mail, likes and notes."""
    return panel(
        "Card",
        draft_form(
            draft_version(version=_client["version"]),
            rx.el.div(
                _field("Name", "name", _client["name"], 500),
                _field("Phone", "phone", _client["phone"], 60, mode="tel"),
                _field("E-mail", "email", _client["email"], 254, mode="email"),
                class_name="fields",
            ),
            _field("Other phones, with commas between", "other_phones", _client["other_phones"], 1000, mode="tel"),
            rx.el.div(
                _select("Pressure", "preferred_pressure", _client["preferred_pressure"], ("light", "medium", "hard")),
                _select("Therapist's gender", "preferred_gender", _client["preferred_gender"], ("female", "male")),
                _labelled(
                    "Favourite therapist",
                    "preferred_therapist_id",
                    draft_field(
                        rx.el.option("Nobody", value=""),
                        rx.foreach(ClientState.therapists, _option),
                        name="preferred_therapist_id",
                        element="select",
                        fallback=_client["preferred_therapist_id"],
                        class_name="input",
                    ),
                ),
                class_name="fields",
            ),
            _labelled(
                "Notes",
                "notes",
                draft_field(
                    name="notes",
                    element="textarea",
                    rows=3,
                    max_length=20000,
                    fallback=_client["notes"],
                    class_name="input",
                ),
            ),
            draft_touched(_foot()),
            name=f"client:{_client['id']}",
            owner=Who.person_id,
            drawer="",
            saved=ClientState.saved,
            answered=ClientState.answered,
            ready=ClientState.ready,
            on_save=ClientState.save,
            class_name="card-form",
        ),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ClientState.stale,
            rx.el.div(
                rx.el.p(ClientState.stale),
                rx.el.ul(rx.foreach(ClientState.clashes, _clash)),
                class_name="card-clash",
                role="alert",
            ),
        ),
        _problem("form"),
        rx.el.div(
            rx.el.span("Not saved yet; it stays when you leave.", class_name="mute"),
            draft_clear("Take back", class_name="button"),
            rx.el.button(
                rx.cond(ClientState.stale, "Save mine", "Save"),
                rx.el.span("Ctrl \u21b5", class_name="kbd only-desk"),
                type="submit",
                class_name="button button-primary",
            ),
            class_name="line card-foot",
        ),
        class_name="stack",
    )


def _clash(clash: rx.vars.ObjectVar[Clash]) -> rx.Component:
    return rx.el.li(
        rx.el.b(clash["word"]),
        " is now ",
        rx.cond(clash["stands"], rx.el.q(clash["stands"], class_name="prewrap"), "empty"),
        key=clash["word"],
    )


def _field(label: str, name: str, stands: rx.Var[str], longest: int, *, mode: str = "text") -> rx.Component:
    control = draft_field(
        name=name,
        input_mode=mode,
        max_length=longest,
        fallback=stands,
        auto_complete="off",
        class_name="input",
    )
    return _labelled(label, name, control)


def _select(label: str, name: str, stands: rx.Var[str], values: tuple[str, ...]) -> rx.Component:
    control = draft_field(
        rx.el.option("Any", value=""),
        *(rx.el.option(value.capitalize(), value=value) for value in values),
        name=name,
        element="select",
        fallback=stands,
        class_name="input",
    )
    return _labelled(label, name, control)


def _labelled(label: str, name: str, control: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        control,
        _problem(name),
        class_name="field",
    )


def _problem(name: str) -> rx.Component:
    return rx.el.p(ClientState.problems.get(name, ""), class_name="field-problem", role="alert", data_problem=name)


def _option(option: rx.vars.ObjectVar[Option]) -> rx.Component:
    return rx.el.option(option["label"], value=option["value"], key=option["value"])


def addresses() -> rx.Component:
    """Where the client was visited, each to correct or to give up."""
    return panel(
        "Addresses",
        rx.cond(
            ClientLive.addresses.length() > 0,
            rx.el.ul(rx.foreach(ClientLive.addresses, _address)),
            rx.el.p("None yet. The first comes with the first booking.", class_name="empty"),
        ),
        aside=ClientLive.addresses.length().to_string(),
    )


def _address(place: rx.vars.ObjectVar[AddressRow]) -> rx.Component:
    # The inputs are the browser's own while somebody types; a change from elsewhere puts new ones in their place.
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                rx.el.span(rx.el.b(place["line"]), ", ", place["locality"]),
                rx.el.span(place["used"], class_name="mute num nowrap"),
                class_name="row",
            ),
            rx.el.form(
                rx.el.input(type="hidden", name="address_id", value=place["id"]),
                rx.el.input(type="hidden", name="version", default_value=_client["version"].to_string()),
                rx.el.div(
                    rx.el.input(
                        name="line",
                        default_value=place["line"],
                        max_length=1000,
                        aria_label="Street, number, unit",
                        class_name="input",
                    ),
                    rx.el.select(
                        rx.foreach(ClientState.towns, _option),
                        name="locality_id",
                        default_value=place["locality_id"],
                        aria_label="Town",
                        class_name="input",
                    ),
                    class_name="booking-where",
                ),
                rx.el.textarea(
                    name="notes",
                    default_value=place["notes"],
                    rows=2,
                    max_length=20000,
                    aria_label="How to find it",
                    placeholder="How to find it",
                    class_name="input",
                ),
                rx.el.div(
                    rx.el.button("Correct", type="submit", class_name="button button-small"),
                    rx.el.button(
                        "Offer no more",
                        type="button",
                        on_click=ClientState.give_up_place(place["id"]),
                        class_name="button button-small button-danger",
                    ),
                    class_name="acts",
                ),
                on_submit=ClientState.keep_place,
                class_name="stack place-form",
            ),
        ),
        rx.cond(place["notes"], rx.el.span(place["notes"], class_name="mute prewrap")),
        class_name="item",
        key=f"{place['id']} {place['line']} {place['locality_id']} {place['notes']}",
    )
