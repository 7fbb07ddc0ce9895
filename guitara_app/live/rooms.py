"""Who watches what: every socket of a person who is signed in, the page it is on, and how it is thrown out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

import reflex as rx
import structlog

from guitara_app.accounts.permissions import Actor
from guitara_app.kit.errors import GuitaraError, NotAllowed
from guitara_app.kit.metrics import ROUND_TRIP_SECONDS
from guitara_app.kit.threads import in_viewing_thread
from guitara_app.live.channel import Channel
from guitara_app.live.scopes import Kind, Scope, may_watch, revoke_topic
from guitara_app.live.versions import versions
from guitara_app.live.views import Mark, Views

log = structlog.get_logger(__name__)

Identify = Callable[[Mapping[str, str]], Actor | None]
"""Who the headers of a socket's handshake belong to. Blocking."""

# Whole loads, because a client-side navigation would keep what the page has shown in the browser's memory.
_TO_LOGIN = "window.location.replace('/login')"
_AGAIN = "window.location.reload()"

# Longer than any handler takes from recognising its actor to entering a room.
_REMEMBER_REVOKED_S = 60.0

# Less of a difference is not worth a message.
_NOTABLE_MS = 10


@dataclass(slots=True)
class Seat:
    """One socket of a signed-in person: what its page watches, and the round trip it was told of.

    ``moved``: it has come to its page from another one, so it keeps what it was sent there; ``left``: what that was, of
    each kind of thing the last.
    """

    actor: Actor
    headers: Mapping[str, str]
    page: Scope | None = None
    path: str = ""
    moved: bool = False
    left: dict[Kind, Mark] = field(default_factory=dict)
    told_ms: int = 0


class Rooms:
    """The seats of this process."""

    def __init__(self, channel: Channel, views: Views, identify: Identify) -> None:
        self._channel = channel
        self._views = views
        self._identify = identify
        self._seats: dict[str, Seat] = {}
        self._revoked: dict[int, float] = {}
        self._revoke_versions: dict[int, int] = {}
        self._on_revoke: list[Callable[[int], None]] = []

    def on_revoke(self, forget: Callable[[int], None]) -> None:
        """Call ``forget`` with a person's id whenever their sessions or rights changed anywhere."""
        self._on_revoke.append(forget)

    async def claim(self, state: rx.State, actor: Actor) -> str | None:
        """Note whose socket this is, so that it closes when they lose their rights; its id, or None when it is gone."""
        sid = state.router.session.session_id
        if not self._channel.connected(sid):
            return None
        seat = self._seats.get(sid)
        if seat is None or seat.actor != actor:
            self._seats[sid] = Seat(actor, dict(state.router.headers.raw_headers))
            self._channel.look_after(sid, self._came_back)
        if self._revoked.get(actor.person_id or 0, 0) > monotonic() - _REMEMBER_REVOKED_S:
            # Recognised before, seated after: whoever threw this person out a moment ago did not find this socket.
            await self._check(sid, sure=True)
        return sid if sid in self._seats else None

    async def watch(self, state: rx.State, actor: Actor | None, scope: Scope | None) -> None:
        """Leave the page before, enter ``scope`` and send the socket everything it shows.

        Raises:
            NotAllowed: ``actor`` may not see it; the page before is left all the same.
        """
        sid = state.router.session.session_id
        if actor is None:
            self._channel.leave_all(sid)
            self._seats.pop(sid, None)
            return
        own = _own(actor)
        self._note_leaving(sid)
        self._channel.leave_all(sid, but=(*own, scope) if scope else own)
        claimed = await self.claim(state, actor)
        if claimed is None:
            return
        seat = self._seats[claimed]
        seat.page = scope
        if scope is None:
            return
        had = seat.left.pop(scope.kind, None)
        if not may_watch(actor, scope):
            self._channel.leave_all(sid, but=own)
            raise NotAllowed("Your account may not see this. Ask a manager if you should be able to.")
        await self._views.of(scope).show(
            sid,
            lambda: self._still(sid, seat, scope) and self._channel.join(sid, scope),
            had if seat.moved else None,
        )

    async def arrive(self, state: rx.State, actor: Actor) -> None:
        """A page is opened: enter the rooms that are stayed in on every page, and send what they show.

        That is what the person has not read yet and, at the desk, who else is there and that the catalog was changed.
        Whoever has moved on from another page was sent it there; a page that is opened again has lost something.
        """
        sid = await self.claim(state, actor)
        if sid is None:
            return
        seat, path = self._seats[sid], state.router.url.path
        seat.moved, seat.path = path != seat.path, path
        for own in (Scope.inbox(actor.person_id or 0), Scope.presence(), Scope.catalog()):
            await self._stay_in(sid, own)

    async def watch_own(self, state: rx.State, actor: Actor) -> None:
        """Enter the room of the person's own evening, which stays entered on every page, and send what it shows."""
        sid = await self.claim(state, actor)
        if sid is not None:
            await self._stay_in(sid, Scope.person(actor.person_id or 0))

    def seats(self) -> list[Seat]:
        """Those whose sockets are there."""
        return [seat for sid, seat in self._seats.items() if self._channel.connected(sid)]

    def sockets(self) -> int:
        """How many there are, also of people who are not signed in."""
        return self._channel.sockets()

    async def drop_dead(self) -> None:
        """Close the sockets that have not answered for too long."""
        await self._channel.drop_dead()

    async def _stay_in(self, sid: str, own: Scope) -> None:
        seat = self._seats.get(sid)
        if seat is None or not may_watch(seat.actor, own) or (seat.moved and self._channel.joined(sid, own)):
            return
        await self._views.of(own).show(sid, lambda: self._seats.get(sid) is seat and self._channel.join(sid, own))

    async def revoke(self, person_id: int) -> None:
        """The person's sessions or rights changed: close those of their sockets that no longer stand for them."""
        self._revoked[person_id] = monotonic()
        for forget in self._on_revoke:
            forget(person_id)
        theirs = [sid for sid, seat in self._seats.items() if seat.actor.person_id == person_id]
        await asyncio.gather(*(self._check(sid, sure=True) for sid in theirs))

    async def compare(self) -> None:
        """Find sockets that are gone, and people whose rights changed without a message having told so."""
        for sid in [sid for sid in self._seats if not self._channel.connected(sid)]:
            del self._seats[sid]
        old = monotonic() - _REMEMBER_REVOKED_S
        self._revoked = {person: at for person, at in self._revoked.items() if at > old}
        seated = sorted({seat.actor.person_id for seat in self._seats.values() if seat.actor.person_id})
        known = await versions([revoke_topic(person) for person in seated])
        if known is None:
            return
        before, self._revoke_versions = self._revoke_versions, dict(zip(seated, known, strict=True))
        for person, version in self._revoke_versions.items():
            if version != before.get(person, version):
                await self.revoke(person)

    async def check_all(self) -> None:
        """Close the sockets of sessions that are over, as sessions also end by the clock."""
        for sid in list(self._seats):
            await self._check(sid, sure=False)

    async def _check(self, sid: str, *, sure: bool) -> None:
        """Close the socket unless it stands for the same rights; ``sure``: also when that cannot be found out."""
        seat = self._seats.get(sid)
        if seat is None:
            return
        try:
            actor = await in_viewing_thread(self._identify, seat.headers)
        except GuitaraError:
            log.warning("session of a socket not checked", closed=sure)
            if not sure:
                return
            actor = None
        if actor == seat.actor or self._seats.get(sid) is not seat:
            return
        del self._seats[sid]
        log.info("socket closed", reason="session over" if actor is None else "rights changed")
        await self._channel.close(sid, rx.call_script(_TO_LOGIN if actor is None else _AGAIN))

    def _came_back(self, sid: str, seconds: float) -> None:
        ROUND_TRIP_SECONDS.observe(seconds)
        seat, ms = self._seats.get(sid), max(1, round(seconds * 1000))
        if seat is None:
            return
        if not seat.told_ms or abs(ms - seat.told_ms) > max(_NOTABLE_MS, seat.told_ms / 4):
            seat.told_ms = ms
            self._channel.tell_round_trip(sid, ms)

    def _note_leaving(self, sid: str) -> None:
        """What the socket was sent of its page it keeps; it was sent nothing yet when it is not in the room."""
        seat = self._seats.get(sid)
        if seat is not None and seat.page is not None and self._channel.joined(sid, seat.page):
            seat.left[seat.page.kind] = self._views.of(seat.page).mark

    def _still(self, sid: str, seat: Seat, scope: Scope) -> bool:
        return self._seats.get(sid) is seat and seat.page == scope


def _own(actor: Actor) -> tuple[Scope, ...]:
    """What a socket stays with, whatever page it is on."""
    return Scope.person(actor.person_id or 0), Scope.inbox(actor.person_id or 0), Scope.presence(), Scope.catalog()
