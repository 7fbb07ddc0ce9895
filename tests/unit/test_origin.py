"""Whose word counts for where a request comes from: that of trusted proxies, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from starlette.types import Scope

from guitara_app import settings as settings_module
from guitara_app.api.origin import client_address, client_mark, cookie_name, is_secure, plain_http_refused
from guitara_app.settings import Settings

PROXY, NAME = "10.0.7.10", "guitara.test"


@pytest.fixture(autouse=True)
def behind_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GUITARA_ORIGINS", f"https://{NAME}")
    monkeypatch.setenv("GUITARA_TRUSTED_PROXIES", f"{PROXY}, 192.0.2.0/24, fd00::/8")
    settings_module.settings.cache_clear()
    yield
    settings_module.settings.cache_clear()


def scope(peer: str, *hops: str, host: str = NAME, proto: str = "https", kind: str = "http") -> Scope:
    headers = [(b"host", host.encode()), *((b"x-forwarded-for", line.encode()) for line in hops)]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scheme = "http" if kind == "http" else "ws"
    return {"type": kind, "scheme": scheme, "headers": headers, "client": (peer, 1), "path": "/"}


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        (PROXY, ("203.0.113.5",), "203.0.113.5"),
        (f"::ffff:{PROXY}", ("203.0.113.5",), "203.0.113.5"),
        (PROXY, ("6.6.6.6, 203.0.113.5",), "203.0.113.5"),
        (PROXY, ("6.6.6.6", "203.0.113.5"), "203.0.113.5"),
        (PROXY, ("6.6.6.6, 203.0.113.5, 192.0.2.9",), "203.0.113.5"),
        (PROXY, ("6.6.6.6, nonsense",), "nonsense"),
        (PROXY, ("192.0.2.1, 192.0.2.9",), "192.0.2.1"),
        (PROXY, (), PROXY),
        (PROXY, ("",), PROXY),
        ("203.0.113.5", ("6.6.6.6",), "203.0.113.5"),
        ("10.0.7.11", ("6.6.6.6",), "10.0.7.11"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_client_is_whom_the_last_of_ours_saw(kind: str, peer: str, hops: tuple[str, ...], client: str) -> None:
    assert client_address(scope(peer, *hops, kind=kind)) == client


def test_only_a_trusted_proxy_says_that_the_browser_is_on_https() -> None:
    assert is_secure(scope(PROXY, "203.0.113.5"))
    assert is_secure(scope(PROXY, "203.0.113.5", proto=""))
    assert cookie_name(scope(PROXY, "203.0.113.5")) == "__Host-sid"
    for other in (
        scope(PROXY, "203.0.113.5", proto="http"),
        scope(PROXY, "203.0.113.5", host="elsewhere.test"),
        scope("203.0.113.5", "127.0.0.1"),
        scope("127.0.0.1"),
    ):
        assert not is_secure(other)
        assert plain_http_refused(other)


def test_a_made_up_loopback_address_opens_nothing() -> None:
    assert plain_http_refused(scope("203.0.113.5", "127.0.0.1", host="localhost"))
    assert not plain_http_refused(scope("127.0.0.1", "203.0.113.5", host="localhost"))


def test_who_changes_the_address_within_a_network_of_their_own_counts_as_one() -> None:
    def of(hop: str) -> str:
        return client_mark(scope(PROXY, hop))

    assert of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff::9") != of("2001:db8:1:3::1")
    assert of("203.0.113.5") == of("::ffff:203.0.113.5") != of("203.0.113.6")
    assert of("fe80::1%eth0") == of("fe80::2%eth0")


def test_what_is_no_address_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUITARA_TRUSTED_PROXIES", "nginx")
    with pytest.raises(ValidationError, match="GUITARA_TRUSTED_PROXIES takes addresses"):
        Settings()
