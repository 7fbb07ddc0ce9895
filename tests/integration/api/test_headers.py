"""What goes with every answer, and what browsers may keep."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import brotli
import httpx
import pytest

from tests.integration.api.conftest import BEHIND_PROXY, Site

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script\s*>", re.S | re.I)


@pytest.fixture
def chunk(pages: Path) -> str:
    """The path of the piece of the build that holds the address."""
    (found,) = pages.glob("assets/reflex-env-*.js")
    return f"/assets/{found.name}"


def get(site: Site, path: str, **options: str) -> httpx.Response:
    with site.one.client(**options) as client:
        return client.get(path)


def rules(answer: httpx.Response) -> dict[str, list[str]]:
    """The content security policy by directive."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login", 200),
        ("/login/", 200),
        ("/board", 200),
        ("/", 303),
        ("/api/v1/me", 401),
        ("/api/v1/nothing", 404),
        ("/no-such-page", 404),
        ("/assets/no-such-file.js", 404),
        ("/assets/../rxconfig.py", 404),
        ("/assets/%2e%2e/%2e%2e/rxconfig.py", 404),
        ("/health", 503),
        ("/manifest.webmanifest", 200),
        ("/ping", 200),
    ],
)
def test_every_answer_carries_them(site: Site, path: str, status: int) -> None:
    answer = get(site, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    said = rules(answer)
    assert said["frame-ancestors"] == ["'none'"]
    assert said["object-src"] == ["'none'"]
    assert said["default-src"] == said["form-action"] == said["base-uri"] == ["'self'"]
    assert "'unsafe-inline'" not in said["script-src"]
    assert said["connect-src"] == ["'self'", f"ws://127.0.0.1:{site.one.port}"]
    assert "strict-transport-security" not in answer.headers


def test_refusals_carry_them_too(site: Site) -> None:
    with site.one.client(origin="https://evil.example") as client:
        answer = client.post("/auth/login")
    assert answer.status_code == 403
    assert answer.headers["x-frame-options"] == "DENY"


def test_behind_a_proxy_that_ends_tls(site: Site) -> None:
    answer = get(site, "/login", host=BEHIND_PROXY)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert rules(answer)["connect-src"] == ["'self'", f"wss://{BEHIND_PROXY}"]


def test_a_made_up_host_cannot_widen_the_policy(site: Site) -> None:
    for host in ("localhost; script-src *", "a b", "localhost,evil.example"):
        policy = rules(get(site, "/login", host=host))
        assert policy["connect-src"] == ["'self'"]
        assert "*" not in policy["script-src"]


def test_every_inline_script_of_the_build_is_known(site: Site, pages: Path) -> None:
    allowed = set(rules(get(site, "/login"))["script-src"])
    files = list(pages.rglob("*.html"))
    inline = [script for file in files for script in _INLINE.findall(file.read_text("utf-8")) if script]
    assert len(files) > 5
    assert len(inline) > len(files)
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed, script[:200]


def test_no_inline_handlers_in_the_build(pages: Path) -> None:
    for file in pages.rglob("*.html"):
        assert not re.search(r"<[^>]+\son[a-z]+\s*=\s*[\"']", file.read_text("utf-8")), file


def test_the_build_calls_back_where_it_came_from(site: Site, chunk: str) -> None:
    """In words of its own: whatever name, port or proxy the browser used is the page's ``location``."""
    answer = get(site, chunk)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert 'EVENT:("ws"+location.origin.slice(4)+"/_event")' in answer.text
    assert 'PING:(location.origin+"/ping")' in answer.text
    assert "://" not in answer.text


def test_no_file_of_the_build_holds_an_address(pages: Path) -> None:
    """Also not compressed beside it, where it would be preferred."""
    for file in pages.rglob("*.js*"):
        unpack = {".gz": gzip.decompress, ".br": brotli.decompress}.get(file.suffix, bytes)
        assert b"localhost:8000" not in unpack(file.read_bytes()), file


def test_named_by_their_content_they_are_kept_for_ever(site: Site, pages: Path, chunk: str) -> None:
    for path in (chunk, *(f"/assets/{file.name}" for file in list(pages.glob("assets/*.js"))[:5])):
        assert get(site, path).headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/login", "/board", "/favicon.svg", "/manifest.webmanifest", "/assets/no-such-file.js"):
        assert get(site, path).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("accept", "suffix"), [("gzip, deflate, br", ".br"), ("gzip", ".gz"), ("identity", "")])
def test_the_build_lies_compressed_and_is_sent_once(site: Site, pages: Path, accept: str, suffix: str) -> None:
    script = max(pages.glob("assets/*.js"), key=lambda file: file.stat().st_size)
    for path, file in ((f"/assets/{script.name}", script), ("/board", pages / "board" / "index.html")):
        with site.one.client(accept_encoding=accept) as client, client.stream("GET", path) as answer:
            body = b"".join(answer.iter_raw())
        assert body == file.with_name(file.name + suffix).read_bytes()
        assert answer.headers.get("content-encoding", "") == {".br": "br", ".gz": "gzip"}.get(suffix, "")
        assert "Accept-Encoding" in answer.headers["vary"]
        tag = answer.headers["etag"]
        with site.one.client(accept_encoding=accept, if_none_match=tag) as client:
            again = client.get(path)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == answer.headers["cache-control"]
    path, packed = f"/assets/{script.name}", script.with_name(script.name + suffix)
    asking = site.one.client(accept_encoding=accept, range="bytes=10-29")
    with asking as client, client.stream("GET", path) as part:
        assert part.status_code == 206
        assert b"".join(part.iter_raw()) == packed.read_bytes()[10:30]


def test_one_tag_is_never_two_encodings(site: Site, pages: Path) -> None:
    path = f"/assets/{max(pages.glob('assets/*.js'), key=lambda file: file.stat().st_size).name}"
    tags = []
    for way in ("br", "gzip", "identity"):
        with site.one.client(accept_encoding=way) as client:
            tags.append(client.get(path).headers["etag"])
    assert len(set(tags)) == 3
