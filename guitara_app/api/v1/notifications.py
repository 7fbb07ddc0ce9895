"""One's own notifications: read page by page, and marked as read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.v1.cursors import Cursor, cursor_of, position_of
from guitara_app.api.v1.fields import Body, Id
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.notifications.queries import Filters, inbox, notices
from guitara_app.notifications.services import AT_MOST, mark_all_read, mark_read
from guitara_app.notifications.views import Notice
from guitara_app.notifications.words import Group

router = APIRouter(prefix="/notifications", tags=["notifications"])

Person = Annotated[Actor, Depends(needs(Permission.SIGNED_IN))]


class Notification(BaseModel):
    """What somebody was told; ``link`` is the page where one sees it and can act."""

    id: int
    about: Group
    urgent: bool
    title: str
    body: str
    link: str
    told_at: datetime
    unread: bool


class Notifications(BaseModel):
    """A page of notifications, newest first; ``next`` is null on the last one, ``unread`` counts all that are."""

    items: list[Notification]
    unread: int
    next: str | None


class NotificationFilters(Body):
    """Which ones; without it all."""

    unread: bool = False
    urgent: bool = False
    about: Group | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Cursor = None


class ToRead(Body):
    """Some by number, or all up to the newest one you have seen."""

    ids: list[Id] | None = Field(default=None, max_length=AT_MOST)
    up_to: Id | None = None


class Read(BaseModel):
    """How many were marked, and how many are unread now."""

    marked: int
    unread: int


@router.get("")
async def mine(actor: Person, asked: Annotated[NotificationFilters, Query()]) -> Notifications:
    """One's own notifications, newest first."""
    filters = Filters(asked.unread, asked.urgent, asked.about)
    about = f"notifications {actor.person_id} {filters}"

    def read() -> Notifications:
        before = position_of(asked.cursor, about)[0] if asked.cursor else None
        with reading() as session:
            found = notices(session, actor.person_id or 0, filters, now=now(), limit=asked.limit + 1, before=before)
            unread = inbox(session, actor.person_id or 0, now=now())["unread"]
        shown = found[: asked.limit]
        after = cursor_of([shown[-1]["id"]], about) if len(found) > asked.limit else None
        return Notifications(items=[_notification(one) for one in shown], unread=unread, next=after)

    return await in_thread(read)


@router.post("/read", response_model=Read, responses=refuses())
async def read(actor: Person, asked: Once, wanted: ToRead) -> Response:
    """Mark some of one's own as read. Numbers that are nobody's, or somebody else's, change nothing."""

    def work(session: Session) -> BaseModel:
        if (wanted.ids is None) == (wanted.up_to is None):
            raise Invalid("Send either ids or up_to.", field="ids")
        if wanted.up_to is None:
            marked = mark_read(session, actor, wanted.ids or [], now=now())
        else:
            marked = mark_all_read(session, actor, up_to=wanted.up_to, now=now())
        return Read(marked=marked, unread=inbox(session, actor.person_id or 0, now=now())["unread"])

    return await carry_out(actor, asked, work)


def _notification(notice: Notice) -> Notification:
    return Notification(
        id=notice["id"],
        about=Group(notice["about"]),
        urgent=notice["urgent"],
        title=notice["title"],
        body=notice["body"],
        link=notice["link"],
        told_at=datetime.fromisoformat(notice["at"]),
        unread=notice["unread"],
    )
