"""The first run and new staff: requests of two components in the browser, for a password must not pass through a page.

Founding is open as long as nobody has an account. Whoever comes from another machine then needs the code that
``./guitara up`` printed: else whoever comes first would own the firm.
"""

from __future__ import annotations

import hmac
import json
from ipaddress import ip_address
from typing import Any, TypeVar
from zoneinfo import available_timezones

import structlog
from limits.errors import StorageError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from guitara_app.accounts.permissions import Permission
from guitara_app.accounts.recognition import forget_token
from guitara_app.accounts.services import Invitation, Invited, accept_invitation, invite, invited_by
from guitara_app.api.auth import TOO_MANY, count_failure, home_of, may_try, with_session
from guitara_app.api.device import device_of
from guitara_app.api.origin import client_address, client_mark, host_of, is_loopback_name
from guitara_app.api.v1.problems import problem, refusal_of
from guitara_app.api.visitor import session_cookie, visitor
from guitara_app.founding import presets
from guitara_app.founding.queries import is_founded
from guitara_app.founding.rules import FirmSaid, PersonSaid, Problems, new_person, plan_of
from guitara_app.founding.services import add_member, found_firm
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=BaseModel)

_UNREADABLE = "This could not be read, so nothing was done. Reload the page and try again."
_CODE = "Type the setup code that ./guitara up printed in the terminal."
_NO_CODE = "Set the firm up in a browser on the machine Guitara runs on, or start it with GUITARA_SETUP_CODE."
_FORM = "Some fields need another look. Nothing was saved; nothing typed is lost."


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Founding(_Sent):
    """The form, with the code from the terminal when it comes from another machine."""

    code: str = Field(default="", max_length=200)
    firm: FirmSaid


class Token(_Sent):
    """An invitation, from the part of its link that no server sees."""

    token: str = Field(max_length=200)


class Acceptance(Token):
    """An invitation and the password chosen by it."""

    password: str = Field(max_length=2048)


class Whom(_Sent):
    """Whom to invite."""

    person_id: int = Field(ge=1, lt=2**63)


async def setup_facts(request: Request) -> Response:
    """Whether the firm has yet to be founded, whether that takes the code, and what to begin with."""
    try:
        founded = await in_thread(_founded)
    except GuitaraError as error:
        return refusal_of(error)
    if founded:
        return _json({"founded": True})
    return _json(
        {
            "founded": False,
            "code_needed": not _is_at_the_machine(request),
            "timezones": sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")),
            "firm": _suggested(),
        }
    )


async def set_up(request: Request) -> Response:
    """Found the firm, and sign its admin in."""
    mark = client_mark(request.scope)
    try:
        sent = await _read(request, Founding)
        if not _is_at_the_machine(request):
            if not await in_thread(may_try, mark):
                return problem("too-many", TOO_MANY)
            right = settings().setup_code.get_secret_value()
            if not right or not hmac.compare_digest(right.encode(), sent.code.strip().encode("utf-8", "replace")):
                await in_thread(count_failure, mark)
                return _problems({"code": _CODE if right else _NO_CODE})
        plan, device, at = plan_of(sent.firm), device_of(request.headers), now()
        made = await in_thread(run, lambda session: found_firm(session, plan, device=device, now=at))
    except Problems as found:
        return _problems(found.sentences)
    except Invalid as error:
        return _problems({error.field: error.sentence}, error.sentence)
    except (GuitaraError, StorageError) as error:
        return _refused(error)
    answer = _json(
        {"home": home_of(made.signed_in.actor.role), "invitations": [_link(one) for one in made.invitations]}
    )
    return with_session(answer, request, made.signed_in.token)


async def look_at_invitation(request: Request) -> Response:
    """Whom an invitation is for, for whoever holds it."""
    mark = client_mark(request.scope)
    try:
        sent = await _read(request, Token)
        if not await in_thread(may_try, mark):
            return problem("too-many", TOO_MANY)
        found = await in_thread(_invited, sent.token)
    except (GuitaraError, StorageError) as error:
        await in_thread(count_failure, mark)
        return _refused(error)
    return _json({"name": found.name, "username": found.username})


async def take_invitation(request: Request) -> Response:
    """Set the password of whom an invitation is for, and sign them in."""
    mark = client_mark(request.scope)
    try:
        sent = await _read(request, Acceptance)
        if not await in_thread(may_try, mark):
            return problem("too-many", TOO_MANY)
        device, at = device_of(request.headers), now()
        signed_in = await in_thread(
            run, lambda session: accept_invitation(session, sent.token, sent.password, device=device, now=at)
        )
    except Invalid as error:
        return _problems({"password": error.sentence})
    except (GuitaraError, StorageError) as error:
        await in_thread(count_failure, mark)
        return _refused(error)
    forget_token(session_cookie(request))
    return with_session(_json({"home": home_of(signed_in.actor.role)}), request, signed_in.token)


async def make_invitation(request: Request) -> Response:
    """A new link for somebody who has no password yet; for managers and admins."""
    try:
        actor = await visitor(request)
        if actor is None:
            return problem("sign-in-first", "Sign in first.")
        sent, at = await _read(request, Whom), now()
        made = await in_thread(run, lambda session: invite(session, actor, sent.person_id, now=at))
    except GuitaraError as error:
        return _refused(error)
    return _json({"invitations": [_link(made)]})


async def add_somebody(request: Request) -> Response:
    """An account for somebody new, with an invitation unless they were given a password; for managers and admins."""
    try:
        actor = await visitor(request)
        if actor is None:
            return problem("sign-in-first", "Sign in first.")
        new, at = new_person(await _read(request, PersonSaid)), now()
        _, invitation = await in_thread(run, lambda session: add_member(session, actor, new, now=at))
    except Problems as found:
        return _problems(found.sentences)
    except Invalid as error:
        return _problems({error.field: error.sentence}, error.sentence)
    except GuitaraError as error:
        return _refused(error)
    return _json({"invitations": [_link(invitation)] if invitation else []})


for _route in (make_invitation, add_somebody):
    # Read by the test that walks the routes; the right itself is asked by the service.
    _route.__guitara_access__ = Permission.MANAGE_STAFF  # type: ignore[attr-defined]  # a mark on a function


def _is_at_the_machine(request: Request) -> bool:
    """Whether the browser runs where Guitara does; whoever can sit there could read the code anyway."""
    try:
        return ip_address(client_address(request.scope)).is_loopback and is_loopback_name(host_of(request.scope))
    except ValueError:
        return False


def _suggested() -> dict[str, Any]:
    return {
        "name": "",
        "timezone": "Asia/Manila",
        "opens": "13:00",
        "closes": "01:00",
        "day_starts": "06:00",
        "zones": [{"name": name, "towns": ", ".join(towns)} for name, towns in presets.ZONES.items()],
        "services": [
            {
                "name": one.name,
                "minutes": f"{one.minutes}",
                "price": f"{one.price}",
                "materials": ", ".join((presets.WITH_EVERY_SERVICE, *one.materials)),
            }
            for one in presets.SERVICES
        ],
        "items": [
            {
                "name": one.name,
                "unit": one.unit,
                "stock": f"{one.stock}",
                "minimum": f"{one.minimum}",
                "reusable": one.kind == "reusable",
            }
            for one in presets.ITEMS
        ],
        "admin": {},
        "staff": [],
    }


def _link(invitation: Invitation) -> dict[str, str]:
    # Behind the number sign, which browsers keep to themselves: no log and no referrer holds it.
    return {
        "name": invitation.name,
        "username": invitation.username,
        "path": f"/invite#{invitation.token}",
    }


def _founded() -> bool:
    with reading() as session:
        return is_founded(session)


def _invited(token: str) -> Invited:
    return run(lambda session: invited_by(session, token, now=now()))


async def _read(request: Request, kind: type[T]) -> T:
    try:
        return kind.model_validate(await request.json())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError, ValidationError, ClientDisconnect):
        raise Unreadable(_UNREADABLE) from None


class Unreadable(GuitaraError):
    """The request does not fit."""


def _refused(error: Exception) -> Response:
    if isinstance(error, Unreadable):
        return problem("unreadable", error.sentence)
    if isinstance(error, GuitaraError):
        return refusal_of(error)
    log.warning("set-up not possible", error=type(error).__name__)
    return problem("unavailable", "Guitara's servers do not answer just now. Try again in a moment.")


def _problems(sentences: dict[str, str], detail: str = _FORM) -> Response:
    return _json({"detail": detail, "problems": sentences}, 422)


def _json(content: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(content, status, headers={"cache-control": "no-store"})
