"""Moving a visit about a plan: proposed, saved with a reason, refused with other ways, and undone.

The handlers, with their rights, are the page's own; they call what is here. What the page shows comes back by push.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypedDict

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import current_actor
from guitara_app.pages.planning.proposing import NO_PROPOSAL, Looked, Move, Proposal, look, move_back

Reason = Annotated[str, Field(max_length=1000)]
Key = Annotated[str, Field(max_length=90, pattern=r"^[!-~]*$")]

_UNDONE = "Undone"


class Undo(TypedDict):
    """The last move that can be undone, in words; ``visit_id`` is 0 when there is none."""

    visit_id: int
    words: str


NOTHING_TO_UNDO = Undo(visit_id=0, words="")


class _Moved(NamedTuple):
    """What was changed, what became of it in words, and the way back."""

    changed: list[str]
    words: str
    back: ChangeRequest | None


class Moving(rx.State, mixin=True):
    """What the dialog of ``planning.dialog`` shows; ``done`` is the key of the move that was saved last."""

    proposal: Proposal = NO_PROPOSAL
    answered: int = 0
    done: str = ""
    undo: Undo = NOTHING_TO_UNDO

    # How the last move is undone: dumped, since a state is kept between two events.
    _back: dict[str, Any] = {}

    async def _propose(self, move: Move) -> None:
        """Open the dialog with what the move would come to."""
        self.proposal = (await in_thread(_look, move, self.proposal["number"] + 1, now())).proposal

    async def _consider(self, move: Move) -> None:
        """Show what another move of the visit in the dialog would come to; nothing once that was saved or left."""
        if self.proposal["visit_id"] == move.visit_id:
            await self._propose(move)

    def _leave(self) -> None:
        """Propose nothing any more."""
        self.proposal = {**NO_PROPOSAL, "number": self.proposal["number"] + 1}

    async def _move(self, move: Move, reason: str, key: str) -> rx.event.EventSpec | None:
        """Save the move. When it is refused, the proposal says why, with what could be done instead."""
        actor, at = current_actor(), now()
        number = self.proposal["number"] + 1
        try:
            if not reason.strip():
                self.proposal = _refused(await in_thread(_look, move, number, at), ["Say why: it is kept."])
                return None
            looked = await in_thread(_look, move, number, at, reason)
            problems = looked.proposal["problems"]
            if problems and not looked.proposal["overtaken"]:
                self.proposal = looked.proposal
                return None
            moved = await in_thread(run, lambda session: _change(session, actor, move, looked, reason, key, at))
        except GuitaraError as error:
            # What stands there now comes along, so that what is offered instead can be had.
            looked = await in_thread(_look, move, number, at, reason)
            told = [] if isinstance(error, Stale) and looked.proposal["overtaken"] else [error.sentence]
            self.proposal = _refused(looked, told)
            return None
        finally:
            self.answered += 1
        self.done, self.proposal = key, {**NO_PROPOSAL, "number": number}
        if moved.back is None:
            return rx.toast.success("It stands like that already.", close_button=True)
        self._back = moved.back.model_dump(mode="json")
        self.undo = Undo(visit_id=move.visit_id, words=moved.words)
        return None

    async def _undo_last(self) -> rx.event.EventSpec:
        """Put the visit moved last back to where it was, unless somebody has moved it since."""
        actor, at, last = current_actor(), now(), self.undo
        back, self._back, self.undo = self._back, {}, NOTHING_TO_UNDO
        if not back:
            return rx.toast.warning("There is nothing to undo any more.", close_button=True)
        request, number = ChangeRequest.model_validate(back), last["visit_id"]
        try:
            await in_thread(
                run, lambda session: change(session, actor, number, request=request, reason=_UNDONE, now=at)
            )
        except GuitaraError as error:
            return rx.toast.warning(f"Not undone. {_why(error)}", duration=10_000, close_button=True)
        return rx.toast.success(f"Undone: the move of {last['words']}", close_button=True)

    def _forget_moves(self) -> None:
        """Begin a page with nothing proposed and nothing to undo."""
        self._leave()
        self._back, self.undo = {}, NOTHING_TO_UNDO


def _look(move: Move, number: int, at: datetime, reason: str = "") -> Looked:
    with reading() as session:
        return look(session, move, number=number, now=at, reason=reason)


def _change(session: Session, actor: Actor, move: Move, looked: Looked, reason: str, key: str, at: datetime) -> _Moved:
    before = fields_of(session, move.visit_id)
    changed = change(session, actor, move.visit_id, request=looked.request, reason=reason, now=at, idempotency_key=key)
    back = move_back(move.visit_id, before, fields_of(session, move.visit_id), changed)
    title = looked.proposal["title"].removeprefix("Move ")
    return _Moved(changed, f"{title}, to {looked.proposal['becomes']}.", back)


def _refused(looked: Looked, told: list[str]) -> Proposal:
    problems = [*told, *(one for one in looked.proposal["problems"] if one not in told)]
    return {**looked.proposal, "problems": problems}


def _why(error: GuitaraError) -> str:
    if isinstance(error, Stale) and error.clashes:
        clash = error.clashes[0]
        return f"{clash.by} changed it at {clash.at} to {clash.stands}."
    return error.sentence
