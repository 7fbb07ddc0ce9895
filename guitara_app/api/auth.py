"""Signing in and out with plain forms, so that the session cookie never passes through a script."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from guitara_app.accounts.permissions import DESK, Role
from guitara_app.accounts.recognition import forget_token
from guitara_app.accounts.rules import SESSION_LASTS
from guitara_app.accounts.services import SignedIn, SignInRefused, change_password, sign_in, sign_out
from guitara_app.api.device import device_of
from guitara_app.api.origin import client_mark, cookie_name, is_secure
from guitara_app.api.visitor import session_cookie, visitor
from guitara_app.kit.database import run
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.seal import seal
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.settings import settings

R = TypeVar("R", bound=Response)

log = structlog.get_logger(__name__)

FAILURES_PER_MINUTE = 20
_LONGEST_NAME = 254

_EMPTY = "Type your user name and your password."
TOO_MANY = "Too many wrong passwords from here. Wait a minute and try again."
_UNAVAILABLE = "Guitara's servers do not answer just now. Try again in a moment."
_STILL_IN = "You are still signed in: the servers did not answer. Try to sign out again in a moment."
_SIGNED_OUT = "You are signed out."
_DIFFERENT = "The new password was typed in two different ways. Nothing was changed."
_CHANGED = "The password is changed. Everywhere else you are signed out."


def home_of(role: Role | str | None) -> str:
    """The page somebody's work begins on."""
    return "/board" if role in DESK else "/tonight"


def local_path(wanted: str) -> str:
    """``wanted`` when it is a path on this site, else empty: no link may send people elsewhere after they sign in."""
    stays = wanted.startswith("/") and not wanted.startswith("//")
    plain = wanted.isprintable() and "\\" not in wanted and len(wanted) <= 500
    return wanted if stays and plain and urlsplit(wanted).path not in ("/login", "/login/") else ""


async def home(request: Request) -> RedirectResponse:
    """``/`` leads to where somebody's work is, or to the sign-in page."""
    try:
        actor = await visitor(request)
    except GuitaraError:
        return _back(_UNAVAILABLE)
    return _see(home_of(actor.role) if actor else "/login")


async def login(request: Request) -> RedirectResponse:
    """Take user name and password; answer with a fresh session, or back at the form with the reason."""
    form = await request.form(max_files=0, max_fields=10)
    name, password, wanted = (str(form.get(field, "")) for field in ("username", "password", "next"))
    name, wanted = name.strip()[:_LONGEST_NAME], local_path(wanted)
    if not name or not password:
        return _back(_EMPTY, name=name, wanted=wanted)
    mark = client_mark(request.scope)
    try:
        if not await in_thread(may_try, mark):
            return _back(TOO_MANY, name=name, wanted=wanted)
        outcome = await in_thread(sign_in_from, name, password, mark, device_of(request.headers))
    except (GuitaraError, StorageError) as error:
        log.warning("sign-in not possible", error=type(error).__name__)
        return _back(_UNAVAILABLE, name=name, wanted=wanted)
    if isinstance(outcome, SignInRefused):
        return _back(outcome.sentence, name=name, wanted=wanted)
    await _end(session_cookie(request))
    return with_session(_see(wanted or home_of(outcome.actor.role)), request, outcome.token)


async def logout(request: Request) -> RedirectResponse:
    """End the session, whatever state it is in."""
    try:
        await _end(session_cookie(request))
    except GuitaraError as error:
        # Saying "signed out" while the session lives on would be a lie on a shared computer.
        log.warning("sign-out not possible", error=type(error).__name__)
        return _back(_STILL_IN)
    answer = _back(_SIGNED_OUT)
    answer.delete_cookie(cookie_name(request.scope), httponly=True, secure=is_secure(request.scope), samesite="lax")
    return answer


async def password(request: Request) -> RedirectResponse:
    """Take the present and the new password; answer with a fresh session, or back at the profile with the reason."""
    form = await request.form(max_files=0, max_fields=10)
    present, new, again = (str(form.get(field, "")) for field in ("present", "new", "again"))
    token, mark = session_cookie(request), client_mark(request.scope)
    try:
        actor = await visitor(request)
        if actor is None:
            return _see("/login?next=/profile")
        if not await in_thread(may_try, mark):
            return _profile(TOO_MANY)
        if new != again:
            return _profile(_DIFFERENT)
        device, at = device_of(request.headers), now()
        outcome = await in_thread(
            run, lambda session: change_password(session, actor, present, new, device=device, now=at)
        )
        if isinstance(outcome, SignInRefused):
            await in_thread(count_failure, mark)
            return _profile(outcome.sentence)
    except Invalid as error:
        return _profile(error.sentence)
    except (GuitaraError, StorageError) as error:
        log.warning("password not changed", error=type(error).__name__)
        return _profile(_UNAVAILABLE)
    forget_token(token)
    return with_session(_profile(_CHANGED, done=True), request, outcome.token)


async def _end(token: str) -> None:
    if token:
        await in_thread(run, lambda session: sign_out(session, token, now=now()))
        forget_token(token)


def sign_in_from(name: str, password: str, mark: str, device: str) -> SignedIn | SignInRefused:
    """Sign in, and count a failure against the address behind ``mark``. Blocking."""
    outcome = run(lambda session: sign_in(session, name, password, now=now(), device=device))
    if isinstance(outcome, SignInRefused):
        count_failure(mark)
    return outcome


def may_try(mark: str) -> bool:
    """Whether the address behind ``mark`` has not been wrong too often. Blocking."""
    return _limiter().test(_limit(), mark)


def count_failure(mark: str) -> None:
    """Take note that the address behind ``mark`` was wrong. Blocking."""
    _limiter().hit(_limit(), mark)


@lru_cache(maxsize=1)
def _limiter() -> MovingWindowRateLimiter:
    # Only failures count: a whole shift signs in from behind one office address.
    storage = RedisStorage(
        settings().live_redis_url,
        wrap_exceptions=True,
        key_prefix="login",
        socket_timeout=1.0,
        socket_connect_timeout=0.5,
    )
    return MovingWindowRateLimiter(storage)


@lru_cache(maxsize=1)
def _limit() -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(FAILURES_PER_MINUTE, namespace="failed")


def _see(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, headers={"cache-control": "no-store"})


def _back(sentence: str, *, name: str = "", wanted: str = "") -> RedirectResponse:
    # Sealed, so that nobody can make this page say something by sending a link.
    said = {"problem": seal(sentence), "name": name, "next": wanted}
    return _see(f"/login?{urlencode({key: value for key, value in said.items() if value})}")


def _profile(sentence: str, *, done: bool = False) -> RedirectResponse:
    return _see(f"/profile?{urlencode({'done' if done else 'problem': seal(sentence)})}")


def with_session(answer: R, request: Request, token: str) -> R:
    """``answer`` with the cookie of a session that has just been opened."""
    answer.set_cookie(
        cookie_name(request.scope),
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        secure=is_secure(request.scope),
        samesite="lax",
    )
    return answer
