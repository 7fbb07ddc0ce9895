"""The columns of the board, one for each stage of a visit."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.appointments.views import Card
from guitara_app.components.ago import ago, meter
from guitara_app.components.flash import flash
from guitara_app.components.follow import follow
from guitara_app.components.late import FOLDED, late, line_begins
from guitara_app.components.parts import dotted, link
from guitara_app.components.words import state_tag
from guitara_app.live import DeskLive
from guitara_app.pages.board.state import BoardState

CardVar = rx.vars.ObjectVar[Card]


def columns() -> rx.Component:
    """Five stages beside each other, and what has ended below."""
    return rx.el.section(
        rx.el.div(
            _column("Waiting for an answer", "pending", DeskLive.waiting, _waiting),
            _column("Confirmed", "ready", DeskLive.confirmed, _confirmed),
            _column("On the way", "transit", DeskLive.on_the_way, _on_the_way),
            _column("In session", "session", DeskLive.in_session, _in_session),
            _column("Payment and return", "pay", DeskLive.payment, _payment),
            class_name="columns",
        ),
        _ended(),
        class_name="panel stages",
        aria_label="Visits by stage",
    )


def _column(
    title: str,
    tone: str,
    cards: rx.vars.ArrayVar[list[Card]],
    inside: Callable[[CardVar], rx.Component],
) -> rx.Component:
    return rx.el.div(
        rx.el.h3(
            rx.el.span(class_name="dot", aria_hidden=True),
            rx.el.span(title, class_name="column-title"),
            rx.el.span(cards.length(), class_name="mute num"),
            data_tone=tone,
        ),
        rx.el.div(
            rx.foreach(cards, lambda card, index: _card(card, inside(card), index)),
            class_name="column-cards panel-body",
            data_lane=tone,
        ),
        class_name="column",
        data_column=tone,
        data_empty=cards.length() == 0,
    )


def _card(card: CardVar, inside: rx.Component, index: rx.vars.NumberVar[int]) -> rx.Component:
    return flash(
        link(
            inside,
            rx.cond(card["warnings"].length() > 0, _warnings(card)),
            to=f"/appointments/{card['id']}",
            class_name="card-link",
            data_stop=True,
        ),
        of=f"{card['state']}{card['when']}{card['people']}{card['driver']}{card['services']}{card['warnings'].join()}",
        begins=line_begins(index, top=280, height=82),
        class_name="card",
        data_state=card["state"],
        data_appointment=card["id"],
        data_name=f"visit-{card['id']}",
        data_warned=card["warnings"].length() > 0,
        key=card["id"],
    )


def _warnings(card: CardVar) -> rx.Component:
    return rx.el.span(
        rx.foreach(card["warnings"], lambda word: rx.el.span(word, class_name="tag", data_tone="alarm", key=word)),
        class_name="card-warnings",
    )


def _lines(card: CardVar, right: rx.Component, *, first: rx.Var[str], second: rx.Component) -> rx.Component:
    return rx.fragment(
        rx.el.span(
            rx.el.b(first, rx.cond(card["repeats"], _repeats()), class_name="card-first num"), right, class_name="row"
        ),
        rx.el.span(second),
        rx.el.span(dotted(card["people"], card["driver"]), class_name="mute"),
    )


def _repeats() -> rx.Component:
    return rx.icon("repeat", size=12, aria_label="One of a series", role="img", class_name="card-repeats")


def _what(card: CardVar) -> rx.Component:
    return dotted(card["client"], card["services"])


def _place(card: CardVar) -> rx.Component:
    return rx.el.span(card["place"], class_name="mute cut")


def _waiting(card: CardVar) -> rx.Component:
    due = rx.cond(card["due_at"], ago(iso=card["due_at"], kind="left", class_name="mute nowrap"), _place(card))
    return _lines(card, due, first=card["when"], second=_what(card))


def _confirmed(card: CardVar) -> rx.Component:
    soon = rx.cond(card["soon"], ago(iso=card["starts_at"], kind="start", class_name="mute nowrap"), _place(card))
    return _lines(card, soon, first=card["when"], second=_what(card))


def _on_the_way(card: CardVar) -> rx.Component:
    moved_on = (card["state"] == "arrived") | (card["state"] == "dropped_off")
    right = rx.cond(moved_on, state_tag(card["state"]), _place(card))
    return _lines(card, right, first=card["when"], second=_what(card))


def _in_session(card: CardVar) -> rx.Component:
    left = ago(iso=card["ends_at"], kind="left", class_name="mute nowrap")
    return rx.fragment(
        _lines(card, left, first=card["client"], second=dotted(card["services"], card["place"])),
        meter(starts=card["starts_at"], ends=card["ends_at"], class_name="meter"),
    )


def _payment(card: CardVar) -> rx.Component:
    return _lines(card, state_tag(card["state"]), first=card["price"], second=dotted(card["client"], card["place"]))


def _ended() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.icon("chevron_right", size=14, class_name="ended-sign"),
            "Ended ",
            rx.el.span(DeskLive.ended_count, class_name="mute num"),
        ),
        rx.el.ul(
            rx.foreach(rx.cond(BoardState.all_ended, BoardState.ended, DeskLive.ended), _ended_row),
            _more_ended(),
            class_name="ended-list panel-body",
        ),
        class_name="ended",
    )


def _more_ended() -> rx.Component:
    hidden = DeskLive.ended_count - DeskLive.ended.length()
    ask = rx.el.button(
        f"Show all {DeskLive.ended_count}",
        type="button",
        on_click=BoardState.show_all_ended,
        class_name="button button-small",
    )
    return rx.cond(
        BoardState.all_ended,
        follow(of=f"{DeskLive.ended_count} {DeskLive.ended[0]['id']}", on_change=BoardState.show_all_ended),
        rx.cond(hidden > 0, rx.el.li(ask, rx.el.span(f"{hidden} earlier", class_name="mute"), class_name="ended-more")),
    )


def _ended_row(card: CardVar) -> rx.Component:
    return rx.el.li(
        # They are folded away when the page opens.
        late(
            link(
                rx.el.b(card["when"], class_name="num"),
                rx.el.span(dotted(card["client"], card["services"], card["people"]), class_name="cut"),
                state_tag(card["state"]),
                to=f"/appointments/{card['id']}",
                class_name="ended-row item-link",
                data_appointment=card["id"],
            ),
            begins=FOLDED,
        ),
        key=card["id"],
    )
