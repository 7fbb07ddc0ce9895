"""Whose browser a request comes from."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.recognition import recognise
from guitara_app.api.origin import cookie_name
from guitara_app.kit.threads import in_thread


def session_cookie(connection: HTTPConnection) -> str:
    """The token of the session, empty when there is none."""
    return connection.cookies.get(cookie_name(connection.scope), "")


async def visitor(connection: HTTPConnection) -> Actor | None:
    """Who is signed in, None when nobody is.

    Raises:
        Unavailable: the database does not answer.
    """
    return await in_thread(recognise, session_cookie(connection))
