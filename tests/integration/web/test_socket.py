"""The socket: from which pages it may be opened, how much it takes, and whose state it shows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.api.gate import FRAMES_AT_ONCE, SOCKETS_PER_SESSION
from tests.integration.web.conftest import Web
from tests.support.socket_client import ROOT, Sockets

STATE = f"{ROOT}.guitara_app___pages___shell____who"


def opens(web: Web, headers: dict[str, str]) -> bool:
    """Whether a socket opens with these headers."""

    async def attempt() -> bool:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(address(web), headers=headers) as socket:
                    return (await socket.receive(5)).type == aiohttp.WSMsgType.TEXT
            except aiohttp.WSServerHandshakeError:
                return False

    return asyncio.run(attempt())


def address(web: Web) -> str:
    return f"{web.base}/_event/?token={uuid4()}&EIO=4&transport=websocket"


def test_the_pages_own_origin_is_enough(web: Web) -> None:
    assert opens(web, {"Origin": web.base})
    named = f"guitara.localhost:{web.port}"
    assert opens(web, {"Origin": f"http://{named}", "Host": named})


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://localhost:1",
        "http://localhost",
        "{base}.evil.example",
        "HTTP://LOCALHOST",
    ],
)
def test_any_other_origin_is_refused(web: Web, origin: str) -> None:
    assert not opens(web, {"Origin": origin.format(base=web.base)} if origin else {})


def test_a_name_that_is_not_this_machine_is_refused_over_plain_http(web: Web) -> None:
    assert not opens(web, {"Origin": "http://evil.example", "Host": "evil.example"})


def test_long_polling_is_no_way_around(web: Web) -> None:
    for headers in ({}, {"origin": web.base}, {"origin": "http://evil.example"}):
        answer = web.client().get(f"/_event/?token={uuid4()}&EIO=4&transport=polling", headers=headers)
        assert answer.status_code >= 400


def test_a_flood_of_frames_ends_that_socket_alone(web: Web, sockets: Sockets) -> None:
    calm = sockets.open(web.base, "/board", cookie=web.cookie("manager"))

    async def flood() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address(web), headers={"Origin": web.base}) as socket,
        ):
            with suppress(ConnectionError):
                for _ in range(int(FRAMES_AT_ONCE) * 2):
                    await socket.send_str("3")
            while not (await socket.receive(10)).type.name.startswith("CLOS"):
                continue

    asyncio.run(flood())
    calm.send(f"{STATE}.load")
    calm.wait_for("who", "role", Role.MANAGER)


def test_one_person_holds_a_bounded_number_of_sockets(web: Web) -> None:
    cookie = web.cookie("driver")

    async def many() -> tuple[int, int]:
        async with aiohttp.ClientSession() as session:
            attempts = [
                session.ws_connect(address(web), headers={"Origin": web.base, "Cookie": cookie})
                for _ in range(3 * SOCKETS_PER_SESSION)
            ]
            found: list[Any] = await asyncio.gather(*attempts, return_exceptions=True)
            opened = [socket for socket in found if isinstance(socket, aiohttp.ClientWebSocketResponse)]
            for socket in opened:
                await socket.close()
            return len(opened), len(found) - len(opened)

    opened, refused = asyncio.run(many())
    # The limit counts in each of the two processes.
    assert SOCKETS_PER_SESSION <= opened <= 2 * SOCKETS_PER_SESSION
    assert refused


def test_who_signs_in_next_in_a_tab_sees_nothing_of_the_one_before(web: Web, sockets: Sockets) -> None:
    first = sockets.open(web.base, "/board", cookie=web.cookie("operator"))
    first.send(f"{STATE}.load")
    first.wait_for("who", "name", "Operator")
    token = first.token
    first.close()
    for cookie in (web.cookie("therapist"), ""):
        after = sockets.open(web.base, "/login", cookie=cookie)
        after.close()
        after.token, after.values = token, {}
        after.connect()
        after.wait(lambda tab: tab.values.get("who") is not None or tab.get("state", "is_hydrated"))
        assert after.get("who", "name", "") == ""
        assert "Operator" not in str(after.values)
        after.close()


def test_the_cookie_never_comes_back_over_the_socket(web: Web, sockets: Sockets) -> None:
    cookie = web.cookie("operator")
    tab = sockets.open(web.base, "/board", cookie=cookie)
    tab.wait(lambda tab: bool(tab.get("state", "is_hydrated")))
    assert cookie.removeprefix("sid=") not in str(tab.log)


def test_a_disabled_account_can_do_nothing_more_over_its_open_socket(web: Web, sockets: Sockets) -> None:
    from guitara_app.accounts.permissions import Actor
    from guitara_app.accounts.services import disable
    from guitara_app.kit.database import run
    from guitara_app.kit.time import now

    person = web.person("leaver")
    admin = Actor(int(web.sign_in("admin").get("/api/v1/me").json()["person_id"]), Role.ADMIN, "Admin")
    tab = sockets.open(web.base, "/board", cookie=web.cookie("leaver"))
    tab.send(f"{STATE}.load")
    tab.wait_for("who", "name", "Leaver")
    run(lambda session: disable(session, admin, person, reason="left", now=now()))
    assert tab.wait_closed(2.0) < 1.0
