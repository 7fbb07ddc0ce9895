"""Who holds a session token, remembered for a few seconds so that a click does not cost a query."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.queries import actor_for_api_token, actor_for_token
from guitara_app.accounts.rules import API_TOKEN_PREFIX, token_hash
from guitara_app.accounts.services.tokens import touch_token
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now

REMEMBERED_S = 3.0
_MOST_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor | None
    until: float


_known: OrderedDict[str, _Known] = OrderedDict()
_forgotten = 0
_lock = Lock()


def recognise(token: str) -> Actor | None:
    """The actor behind ``token``, or None when the session is over, unknown or its account disabled. Blocking.

    Raises:
        Unavailable: the database does not answer.
    """
    return _recognise(token, program=False)


def recognised(token: str) -> Actor | None:
    """The actor behind ``token`` if that is remembered; None says nothing. Never blocks."""
    if not _can_be(token):
        return None
    with _lock:
        known = _remembered(_key(token, program=False))
    return known.actor if known else None


def recognise_program(token: str) -> Actor | None:
    """Like ``recognise``, for what stands in a request's Authorization header: an API token, or a session's. Blocking.

    Raises:
        Unavailable: the database does not answer.
    """
    return _recognise(token, program=token.startswith(API_TOKEN_PREFIX))


def _recognise(token: str, *, program: bool) -> Actor | None:
    if not _can_be(token):
        return None
    # A cookie that holds an API token is none: what a browser keeps for a week must end when its person signs out.
    key = _key(token, program=program)
    with _lock:
        if known := _remembered(key):
            return known.actor
        asked_at = _forgotten
    with reading() as session:
        actor = (actor_for_api_token if program else actor_for_token)(session, token, now=now())
    if program and actor is not None:
        run(lambda session: touch_token(session, token, now=now()))
    with _lock:
        # Somebody's rights changed while the query ran: the answer may be from before, so it is used once and not kept.
        if asked_at == _forgotten:
            _known[key] = _Known(actor, monotonic() + REMEMBERED_S)
            _known.move_to_end(key)
            while len(_known) > _MOST_REMEMBERED:
                _known.popitem(last=False)
    return actor


def _can_be(token: str) -> bool:
    return bool(token) and token.isascii()


def _remembered(key: str) -> _Known | None:
    """To be called under the lock."""
    known = _known.get(key)
    return known if known and known.until > monotonic() else None


def forget_person(person_id: int) -> None:
    """Ask the database again about ``person_id``: the account was disabled, or its role changed."""
    global _forgotten  # noqa: PLW0603
    with _lock:
        _forgotten += 1
        for key in [key for key, known in _known.items() if known.actor and known.actor.person_id == person_id]:
            del _known[key]


def forget_token(token: str) -> None:
    """Ask the database again about ``token``: its session just ended."""
    global _forgotten  # noqa: PLW0603
    with _lock:
        _forgotten += 1
        for program in (False, True):
            _known.pop(_key(token, program=program), None)


def _key(token: str, *, program: bool) -> str:
    return f"{'program' if program else 'browser'} {token_hash(token)}"
