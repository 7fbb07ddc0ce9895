"""What a browser of one's own making may send over a socket, and how little comes of it."""

from __future__ import annotations

from typing import Any

from guitara_app.accounts.permissions import Role
from tests.integration.api.conftest import Site, Web
from tests.support.socket_client import NAMESPACE, ROOT, Sockets, Tab

WHO = f"{ROOT}.guitara_app___pages___shell____who.load"


def emit(tab: Tab, name: str, *data: Any) -> None:
    """Send a Socket.IO event of any name."""
    assert tab._client is not None
    tab._sockets.run(tab._client.emit(name, data, namespace=NAMESPACE))


def forged(web: Web, cookie: str) -> dict[str, Any]:
    """A handshake as the server itself would describe it."""
    headers = [[b"cookie", cookie.encode()], [b"origin", web.base.encode()]]
    return {"QUERY_STRING": "token=self-made", "asgi.scope": {"headers": headers, "client": ["203.0.113.9", 1]}}


def led_to_sign_in(tab: Tab) -> bool:
    return any("/login" in str(event["payload"]) for event in tab.events)


def test_a_browser_cannot_describe_its_own_handshake(site: Site, sockets: Sockets) -> None:
    tab = sockets.open(site.one.base, "/login")
    emit(tab, "connect", forged(site.one, site.cookie(Role.MANAGER)))
    tab.send(WHO)
    tab.wait(led_to_sign_in)
    assert tab.get("who", "role", "") == ""
    assert "self-made" not in str(tab.log)


def test_a_browser_cannot_pretend_to_have_left(site: Site, sockets: Sockets) -> None:
    tab = sockets.open(site.one.base, "/login", cookie=site.cookie(Role.MANAGER))
    emit(tab, "disconnect", "client disconnect")
    tab.send(WHO)
    tab.wait_for("who", "role", Role.MANAGER)


def test_what_an_event_claims_about_its_sender_is_ignored(site: Site, sockets: Sockets) -> None:
    manager = sockets.open(site.one.base, "/login", cookie=site.cookie(Role.MANAGER))
    stranger = sockets.open(site.one.base, "/login")
    assert manager._client is not None
    claims = {
        "headers": {"cookie": manager.cookie, "origin": site.one.base},
        "sid": manager._client.get_sid(NAMESPACE),
        "token": manager.token,
        "pathname": "/board",
        "asPath": "/board",
    }
    emit(stranger, "event", {"name": WHO, "payload": {}, "token": manager.token, "router_data": claims})
    stranger.wait(led_to_sign_in)
    assert stranger.get("who", "role", "") == ""
