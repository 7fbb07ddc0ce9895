"""Whatever happens, the log tells nothing about anybody."""

from __future__ import annotations

import logging

import pytest

from guitara_app.kit.logs import scrub
from tests.integration.web.conftest import PASSWORD, Web, until
from tests.support.socket_client import ROOT, Sockets

PHONE = "+639171234567"
ADDRESS = "12 Acacia Street, Pasig"
EMAIL = "maria@example.com"


def test_attacks_mistakes_and_failures_leave_no_personal_trace(web: Web, sockets: Sockets) -> None:
    before = len(web.log.read_text())
    cookie = web.cookie("operator")
    web.sign_in(EMAIL, "another secret")
    tab = sockets.open(web.base, "/board", cookie=cookie)
    load = {"phone": PHONE, "address": ADDRESS, "password": PASSWORD, "email": EMAIL}
    for name in ("no.such.handler", f"{ROOT}.setvar", f"{ROOT}.guitara_app___pages___shell____who.load"):
        tab.send(name, load)
        tab.send(name, {"value": load})
    tab._sockets.run(tab._client.emit("event", str(load), namespace="/_event"))  # type: ignore[union-attr]  # connected
    tab._sockets.run(tab._client.emit("client_error", {"message": str(load)}, namespace="/_event"))  # type: ignore[union-attr]
    web.client().get(f"/no/such/page?phone={PHONE}&token={cookie}")
    until(lambda: "setvar" in web.log.read_text()[before:])
    until(lambda: "no.such.handler" in web.log.read_text()[before:] or "No registered" in web.log.read_text()[before:])
    written = web.log.read_text()[before:]
    assert written
    secrets = (cookie.removeprefix("sid="), PASSWORD, "another secret", PHONE, "9171234567", ADDRESS, EMAIL)
    assert [secret for secret in (*secrets, "127.0.0.1") if secret in written] == []


@pytest.mark.parametrize(
    "line",
    [
        "Cookie: a=1; sid=Kysy6kR5jLpz; __Host-sid=abc",
        "headers={'cookie': 'sid=Kysy6kR5jLpz'}",
        "login failed password='Kysy6kR5jLpz'",
        "?token=Kysy6kR5jLpz&x=1",
        "Event(name='x', payload={'p': 'Kysy6kR5jLpz'})",
        "Error transforming event argument 'p' with value 'Kysy6kR5jLpz'",
        "(psycopg2.Error) bad\nDETAIL:  Key (phone)=(Kysy6kR5jLpz) already exists.",
        "[parameters: {'name': 'Kysy6kR5jLpz'}]",
        "x\n  Input should be valid [type=int, input_value='Kysy6kR5jLpz', input_type=str]",
        "postgresql://app:Kysy6kR5jLpz@db/guitara",
        "Authorization: Bearer Kysy6kR5jLpz",
    ],
)
def test_secrets_are_cut_out_of_a_line(line: str) -> None:
    assert "Kysy6kR5jLpz" not in scrub(line)


@pytest.mark.parametrize(
    "personal",
    ["+639171234567", "0917 123 4567", "63-917-123-4567", "maria.c@example.com", "203.0.113.9", "2001:db8::1"],
)
def test_people_are_cut_out_of_a_line(personal: str) -> None:
    assert personal not in scrub(f"saying {personal} here")


@pytest.mark.parametrize(
    "plain",
    ["2026-11-24T01:48:16.790984Z", "appointment 4711 booked in 23 ms", "reflex 0.10.1", "worker-1 at 21:30:05"],
)
def test_what_is_nobodys_stays(plain: str) -> None:
    assert scrub(plain) == plain


def test_nothing_writes_around_the_scrubber() -> None:
    import guitara_app.guitara_app  # noqa: F401

    around = [
        name
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and any(type(found) is logging.StreamHandler for found in logger.handlers)
    ]
    assert around == []
