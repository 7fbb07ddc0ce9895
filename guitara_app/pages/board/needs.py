"""Needs me now: what waits for somebody, worst first, who handles it, and the ways out."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import AttentionRow, Way
from guitara_app.components.ago import ago
from guitara_app.components.dialog import ask_reason
from guitara_app.components.flash import flash
from guitara_app.components.late import line_begins
from guitara_app.components.parts import link, panel
from guitara_app.components.sound import alarm_sound
from guitara_app.live import DeskLive
from guitara_app.pages.board.state import BoardState
from guitara_app.pages.shell import Who

RowVar = rx.vars.ObjectVar[AttentionRow]

_OUTCOMES = ["Driver is with her, all well", "False alarm, spoke to her", "Police called"]


def needs_me_now() -> rx.Component:
    """The list, and the button that mutes it."""
    return panel(
        "Needs me now",
        rx.el.div(
            rx.cond(
                DeskLive.attention.length() > 0,
                rx.el.ul(rx.foreach(DeskLive.attention, _entry)),
                rx.el.p("Nothing waits for a decision.", class_name="empty"),
            ),
            class_name="panel-body",
            data_lane="needs",
        ),
        aside=rx.fragment(
            DeskLive.attention.length().to_string(),
            alarm_sound(
                entries=DeskLive.attention,
                loud=rx.icon("volume_2", size=15),
                quiet=rx.icon("volume_x", size=15),
                class_name="needs-mute",
            ),
        ),
        class_name="needs",
        aria_live="polite",
    )


def _entry(row: RowVar, index: rx.vars.NumberVar[int]) -> rx.Component:
    return rx.el.li(
        flash(
            link(
                rx.el.span(rx.el.b(row["title"]), _age(row), class_name="row"),
                rx.el.span(row["detail"], class_name="need-detail"),
                rx.cond(row["more"], rx.el.span(row["more"], class_name="need-detail")),
                to=rx.cond(row["appointment_id"], f"/appointments/{row['appointment_id']}", "/waiting"),
                class_name="item item-link",
                data_stop=True,
            ),
            rx.cond(row["handler_id"], _handling(row)),
            rx.el.div(
                rx.foreach(row["ways"], _way),
                _close_alarm(row),
                rx.cond(
                    row["handler_id"],
                    rx.fragment(),
                    _hand("Take it", BoardState.claim(row["key"]), data_claim=True),
                ),
                class_name="acts need-acts",
            ),
            of=f"{row['title']}{row['detail']}{row['handler']}",
            begins=line_begins(index, top=100, height=60),
            class_name="need",
            data_tone=row["tone"],
            data_kind=row["kind"],
            data_name=row["key"],
            data_handled=row["handler_id"] != 0,
        ),
        key=row["key"],
    )


def _age(row: RowVar) -> rx.Component:
    return rx.cond(
        row["due_at"],
        ago(iso=row["due_at"], kind="left", class_name="mute nowrap"),
        ago(iso=row["since"], kind="since", class_name="mute nowrap"),
    )


def _way(out: rx.vars.ObjectVar[Way]) -> rx.Component:
    names = rx.cond(out["first"], "button button-small button-primary", "button button-small")
    return rx.cond(
        out["to"].startswith("tel:"),
        rx.el.a(
            rx.icon("phone", size=12),
            out["label"],
            href=out["to"],
            aria_label=f"Call {out['label']}",
            class_name="button button-small",
        ),
        link(out["label"], to=out["to"], class_name=names),
    )


def _close_alarm(row: RowVar) -> rx.Component:
    return rx.cond(
        row["alarm_id"],
        ask_reason(
            label="Close alarm",
            title="Close this alarm?",
            text="It disappears from every desk. How it ended is kept in the visit's history.",
            placeholder="How it ended",
            choices=_OUTCOMES,
            yes="Close the alarm",
            subject=row["alarm_id"],
            on_confirm=BoardState.settle_alarm,
            class_name="button button-small",
        ),
    )


def _handling(row: RowVar) -> rx.Component:
    mine = row["handler_id"] == Who.person_id
    return rx.el.div(
        rx.el.span(
            rx.cond(mine, rx.el.b("You are handling"), rx.fragment(rx.el.b(row["handler"]), " is handling")),
            ago(iso=row["handled_since"], kind="since", class_name="mute and"),
        ),
        rx.cond(
            mine,
            _hand("Let go", BoardState.release(row["key"]), data_claim=True),
            _hand("Take over", BoardState.take_over(row["key"], row["handler_id"])),
        ),
        class_name="need-handling",
    )


def _hand(words: str, on_click: rx.event.EventSpec, **marks: bool) -> rx.Component:
    return rx.el.button(
        words, type="button", on_click=on_click, class_name="button button-small button-quiet need-hand", **marks
    )
