"""Routes that give out a document to holders of one right: made in a thread, refused in words, never stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from guitara_app.accounts.permissions import Permission, require
from guitara_app.api.gate import said
from guitara_app.api.visitor import visitor
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed
from guitara_app.kit.threads import in_thread

Answer = Callable[[Request], Awaitable[Response]]

_PRIVATE = {"cache-control": "no-store"}


def for_holders(permission: Permission, make: Callable[[Request], Response], *, back_to: str = "") -> Answer:
    """The route of a document for holders of ``permission`` alone.

    Args:
        permission: the right.
        make: makes the document; may block, and raise what the trade raises. Who asks is ``request.state.actor``.
        back_to: where somebody goes once they have signed in; to the document itself when empty.
    """

    async def answer(request: Request) -> Response:
        try:
            actor = await visitor(request)
            if actor is None:
                asked = back_to or f"{request.url.path}?{request.url.query}".rstrip("?")
                return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303, headers=_PRIVATE)
            require(actor, permission)
            request.state.actor = actor
            made = await in_thread(make, request)
        except NotAllowed as error:
            return said(request.scope, 403, error.sentence)
        except Invalid as error:
            return said(request.scope, 422, error.sentence)
        except GuitaraError as error:
            return said(request.scope, 503, error.sentence)
        made.headers.update(_PRIVATE)
        return made

    answer.__guitara_access__ = permission  # type: ignore[attr-defined]  # read by the test that walks the routes
    return answer
