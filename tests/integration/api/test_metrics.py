"""``/metrics`` tells of all processes, to whoever may know, and never what somebody typed."""

from __future__ import annotations

import pytest

from guitara_app.accounts.permissions import Role
from tests.integration.api.conftest import METRICS_TOKEN, Site, Web


def read(web: Web) -> dict[str, float]:
    """Each line by what stands before its value."""
    with web.client() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_requests_are_counted_by_their_route_whichever_process_took_them(site: Site) -> None:
    cookie = site.cookie(Role.OPERATOR)
    before = read(site.one)
    with site.one.client(cookie=cookie) as one, site.two.client(cookie=cookie) as two:
        for client in (one, two):
            assert client.get("/api/v1/me").status_code == 200
            assert client.get("/api/v1/clients/777777").status_code == 404
            assert client.post("/api/v1/me").status_code == 405
            assert client.get("/api/v1/no-such-thing-as-secret").status_code == 404
            assert client.get("/secret-path").status_code in (200, 404)
            assert client.get("/").status_code == 303
    after = read(site.two)

    def more(route: str, status: int) -> float:
        name = f'guitara_route_seconds_count{{route="{route}",status="{status}"}}'
        return after.get(name, 0) - before.get(name, 0)

    assert more("GET /api/v1/me", 200) == 2
    assert more("GET /api/v1/clients/{client_id}", 404) == 2
    assert more("/api/v1/me", 405) == 2
    assert more("/api/v1", 404) == 2
    assert more("GET /", 303) == 2
    asked = 'guitara_queries_count{kind="route"}'
    assert after[asked] > before[asked]
    assert not any("secret" in name or "777777" in name for name in after)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"x_forwarded_for": "127.0.0.1"}, 401),
        ({"forwarded": "for=127.0.0.1"}, 401),
        ({"x_real_ip": "127.0.0.1"}, 401),
        ({"authorization": "Bearer wrong"}, 200),
        ({"authorization": f"Bearer {METRICS_TOKEN}", "x_forwarded_for": "10.1.1.1"}, 200),
        ({"authorization": f"Bearer {METRICS_TOKEN}x", "x_forwarded_for": "10.1.1.1"}, 401),
        ({"authorization": "Bearer", "x_forwarded_for": "10.1.1.1"}, 401),
    ],
)
def test_only_this_machine_and_the_token_may_look(site: Site, headers: dict[str, str], status: int) -> None:
    with site.one.client(**headers) as client:
        answer = client.get("/metrics")
    assert answer.status_code == status
    if status == 401:
        assert "GUITARA_METRICS_TOKEN" in answer.text
        assert "guitara_" not in answer.text


def test_who_comes_through_the_proxy_may_look_with_the_token_only(site: Site) -> None:
    with site.one.client(host="guitara.test", x_forwarded_for="127.0.0.1", x_forwarded_proto="https") as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}).status_code == 200
    with site.one.client(host="guitara.test") as client:
        assert client.get("/metrics").status_code == 401, "a name that is not this machine's"
