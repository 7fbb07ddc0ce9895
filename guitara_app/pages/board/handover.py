"""The hand-over note: shown to whoever has not read it, and the sheet to write it in."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from guitara_app.accounts.permissions import Permission
from guitara_app.components.ago import ago
from guitara_app.components.draft import draft_save
from guitara_app.components.drawer import drawer_button
from guitara_app.components.note import note_field
from guitara_app.components.parts import link
from guitara_app.handover.services import LONGEST, mark_read, write
from guitara_app.handover.views import HandoverLine
from guitara_app.kit.database import run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.live import DeskLive
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.form_sheet import form_sheet, sheet_foot
from guitara_app.pages.shell import Who

_DRAWER = "handover"
_UNCHANGED = "You have not changed the note yet."

Number = Annotated[int, Field(ge=1, lt=2**63)]


class NoteDraft(BaseModel):
    """The sheet as typed; without ``text`` nothing was."""

    model_config = ConfigDict(extra="ignore")

    idempotency_key: str = Field(default="", max_length=100)
    text: str | None = Field(default=None, max_length=20_000)
    based_on: int = Field(default=0, ge=0, lt=2**31)


class HandoverState(rx.State):
    """What became of the last saving. The note itself is pushed."""

    saved: str = ""
    answered: int = 0
    problem: str = ""

    @rx.event
    @allow(Permission.HAND_OVER)
    async def save(self, draft: NoteDraft) -> rx.event.EventSpec | None:
        """Save tonight's note."""
        actor, at = current_actor(), now()
        self.answered += 1
        words, key = draft.text, draft.idempotency_key
        if words is None:
            self.problem = _UNCHANGED
            return None
        try:
            await in_thread(
                run,
                lambda session: write(session, actor, words, based_on=draft.based_on, now=at, idempotency_key=key),
            )
        except GuitaraError as error:
            self.problem = error.sentence
            return None
        self.saved, self.problem = key, ""
        return rx.toast.success("The hand-over note is saved.", close_button=True)

    @rx.event
    @allow(Permission.HAND_OVER)
    async def read(self, note_id: Number) -> None:
        """Note that the note was read; it is not shown again."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: mark_read(session, actor, note_id, now=at))


_note = DeskLive.handover
_unread = (_note["note_id"] > 0) & (Who.person_id > 0) & ~_note["seen_by"].contains(Who.person_id)


def handover_banner() -> rx.Component:
    """The note, above the board, until it is read."""
    return rx.cond(
        _unread,
        rx.el.section(
            rx.el.div(
                rx.el.b("Hand-over from ", _note["writer"]),
                rx.el.span(_note["evening"], rx.el.span(_note["written"], class_name="and num"), class_name="mute"),
                class_name="row",
            ),
            rx.el.p(_note["text"], class_name="prewrap handover-text"),
            rx.el.button(
                "I have read it",
                type="button",
                on_click=HandoverState.read(_note["note_id"]),
                class_name="button button-primary button-small",
            ),
            class_name="panel handover-banner",
            aria_label="Hand-over note",
        ),
    )


def handover_button() -> rx.Component:
    """Opens the sheet; it carries a dot while there is something to read."""
    return drawer_button(
        rx.icon("notebook_pen", size=16),
        "Hand-over",
        rx.cond(_unread, rx.el.span(class_name="dot", data_tone="pending", title="Not read yet")),
        name=_DRAWER,
        class_name="button",
    )


def handover_drawer() -> rx.Component:
    """The sheet with tonight's note and the ones before it."""
    return form_sheet(
        HandoverState,
        _closing(),
        _writing(),
        _before(),
        name=_DRAWER,
        title=["Hand-over for the next shift"],
        foot=sheet_foot(
            rx.el.p(HandoverState.problem, class_name="field-problem", role="alert"), acts=[], save=[draft_save()]
        ),
        draft="handover",
        hotkey="h",
    )


def _closing() -> rx.Component:
    """Nothing is refused for it, but nobody closes the evening without having read who is still out."""
    return rx.el.p(
        rx.cond(
            DeskLive.out.length() > 0,
            rx.fragment(
                rx.el.b(DeskLive.out.length(), " still out: "),
                rx.foreach(DeskLive.out, lambda row: rx.el.span(row["name"], class_name="fact", key=row["person_id"])),
                " ",
            ),
        ),
        link("Who is still out", to="/closing", class_name="link"),
        class_name="handover-out",
    )


def _writing() -> rx.Component:
    return rx.el.div(
        rx.el.label("Tonight's note", html_for="draft-text", class_name="field-label"),
        note_field(
            name="text",
            text=rx.cond(_note["tonight"], _note["text"], ""),
            version=_note["version"],
            writer=_note["writer"],
            rows=8,
            max_length=LONGEST,
            class_name="input handover-input",
            data_first=True,
        ),
        rx.cond(
            _note["tonight"],
            rx.el.p(
                rx.el.span("Last changed by ", _note["writer"], class_name="fact"),
                ago(iso=_note["written_at"], kind="ago", class_name="fact"),
                rx.cond(
                    _note["read_by"],
                    rx.el.span("read by ", _note["read_by"], class_name="fact"),
                    rx.el.span("read by nobody yet", class_name="fact"),
                ),
                class_name="mute",
            ),
            rx.el.p("Keys, cash, promises to clients: whatever the next shift must know.", class_name="field-hint"),
        ),
        class_name="booking-group",
    )


def _before() -> rx.Component:
    last = rx.cond(
        (_note["note_id"] > 0) & ~_note["tonight"],
        rx.el.li(
            rx.el.div(
                rx.el.b(_note["writer"]),
                rx.el.span(_note["evening"], rx.el.span(_note["written"], class_name="and num"), class_name="mute"),
                class_name="row",
            ),
            rx.el.p(_note["text"], class_name="prewrap"),
            rx.cond(_note["read_by"], rx.el.p("Read by ", _note["read_by"], class_name="mute")),
            class_name="item",
        ),
    )
    return rx.cond(
        ((_note["note_id"] > 0) & ~_note["tonight"]) | (DeskLive.handovers_before.length() > 0),
        rx.el.div(
            rx.el.h3("Before", class_name="field-label"),
            rx.el.ol(last, rx.foreach(DeskLive.handovers_before, _line), class_name="handovers"),
            class_name="booking-group",
        ),
    )


def _line(line: rx.vars.ObjectVar[HandoverLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(line["writer"]),
            rx.el.span(
                rx.cond(line["replaced"], "earlier wording", line["evening"]),
                rx.el.span(line["written"], class_name="and num"),
                class_name="mute",
            ),
            class_name="row",
        ),
        rx.el.p(line["text"], class_name="prewrap"),
        class_name="item",
        data_replaced=line["replaced"],
        key=line["note_id"],
    )
