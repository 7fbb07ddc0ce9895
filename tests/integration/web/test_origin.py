"""What counts as our own origin: on this machine, on a trusted network, and behind a proxy that ends TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from guitara_app.api.origin import (
    client_address,
    cookie_name,
    is_cross_site,
    is_secure,
    is_trusted_origin,
    own_origin,
    plain_http_refused,
)
from guitara_app.settings import settings


def scope(host: str, client: str = "127.0.0.1", scheme: str = "http", **headers: str) -> dict[str, Any]:
    raw = [(b"host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
    return {"type": "http", "scheme": scheme, "client": (client, 5000), "headers": raw, "method": "POST", "path": "/"}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


@pytest.mark.parametrize(
    ("host", "client", "refused"),
    [
        ("localhost:8000", "127.0.0.1", False),
        ("127.0.0.1:8000", "127.0.0.1", False),
        ("[::1]:8000", "::1", False),
        ("[::1]", "::1", False),
        ("guitara.localhost:8000", "127.0.0.1", False),
        ("rebound.example:8000", "127.0.0.1", True),
        ("localhost.evil.example", "127.0.0.1", True),
        ("localhost:8000", "192.168.1.9", True),
        ("192.168.1.5:8000", "192.168.1.9", True),
        ("", "127.0.0.1", True),
        ("localhost", "", True),
    ],
)
def test_plain_http_is_for_this_machine_alone(
    configured: pytest.MonkeyPatch, host: str, client: str, refused: bool
) -> None:
    configured.delenv("GUITARA_LAN", raising=False)
    assert plain_http_refused(scope(host, client)) is refused


@pytest.mark.parametrize(("client", "refused"), [("192.168.1.9", False), ("127.0.0.1", False), ("8.8.8.8", True)])
def test_lan_opens_it_to_the_private_network(configured: pytest.MonkeyPatch, client: str, refused: bool) -> None:
    configured.setenv("GUITARA_LAN", "true")
    settings.cache_clear()
    assert plain_http_refused(scope("192.168.1.5:8000", client)) is refused


def test_behind_a_proxy_that_ends_tls(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("GUITARA_ORIGINS", "https://guitara.example")
    settings.cache_clear()
    proxied = scope("guitara.example", x_forwarded_proto="https", x_forwarded_for="1.2.3.4, 203.0.113.9")
    assert is_secure(proxied)
    assert not plain_http_refused(proxied)
    assert own_origin(proxied) == "https://guitara.example"
    assert cookie_name(proxied) == "__Host-sid"
    assert is_trusted_origin("https://guitara.example", proxied)
    assert not is_trusted_origin("http://guitara.example", proxied)
    # The proxy's own word is the last one; the browser could have written the others.
    assert client_address(proxied) == "203.0.113.9"


def test_a_proxy_that_passes_plain_http_on_is_not_trusted_to_be_secure(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("GUITARA_ORIGINS", "https://guitara.example")
    settings.cache_clear()
    plain = scope("guitara.example", x_forwarded_proto="http")
    assert not is_secure(plain)
    assert plain_http_refused(plain)


def test_forwarded_headers_of_anybody_else_are_ignored(configured: pytest.MonkeyPatch) -> None:
    configured.delenv("GUITARA_ORIGINS", raising=False)
    forged = scope("localhost:8000", x_forwarded_proto="https", x_forwarded_for="203.0.113.9")
    assert not is_secure(forged)
    assert client_address(forged) == "127.0.0.1"


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://localhost:8000"}, False),
        ({"origin": "http://localhost:8001"}, True),
        ({"origin": "null"}, True),
        ({"sec_fetch_site": "same-origin"}, False),
        ({"sec_fetch_site": "none"}, False),
        ({"sec_fetch_site": "same-site"}, True),
        ({"sec_fetch_site": "cross-site"}, True),
    ],
)
def test_a_form_of_another_site_is_recognised(
    configured: pytest.MonkeyPatch, headers: dict[str, str], foreign: bool
) -> None:
    assert is_cross_site(scope("localhost:8000", **headers)) is foreign
