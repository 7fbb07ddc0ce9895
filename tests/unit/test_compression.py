"""What is made for one request leaves compressed, keeps a tag that can be asked about, and gives nothing away."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from guitara_app.api.compression import SMALLEST, Compressed
from guitara_app.api.tags import tag_of
from guitara_app.api.v1.etags import Tagged, check_match

WORDS = [f"D'Souza number {number} past midnight" for number in range(200)]
BOTH = "gzip, deflate, br"


async def _long(_request: Request) -> JSONResponse:
    return JSONResponse(WORDS)


async def _short(_request: Request) -> JSONResponse:
    return JSONResponse("x" * (SMALLEST - 100))


async def _picture(_request: Request) -> Response:
    return Response(b"\xff\xd8" + b"a" * 5000, media_type="image/jpeg")


@pytest.fixture
def app(tmp_path: Path) -> ASGIApp:
    plain, packed = tmp_path / "page.js", tmp_path / "page.js.br"
    plain.write_text("let a = 1;\n" * 500)
    packed.write_bytes(brotli.compress(plain.read_bytes()))

    async def from_the_build(_request: Request) -> FileResponse:
        return FileResponse(packed, media_type="text/javascript", headers={"content-encoding": "br"})

    paths = {"/long": _long, "/short": _short, "/picture": _picture}
    tagged = Tagged(Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path, answer in paths.items()]))
    return Compressed(Starlette(routes=[Route("/page.js", from_the_build), Mount("", tagged)]))


def ask(app: ASGIApp, path: str, accept: str = BOTH, method: str = "GET", **headers: str) -> httpx.Response:
    """One request; the answer's body as it came over the wire is in ``extensions``."""
    given = {"accept-encoding": accept, **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            request = client.build_request(method, path, headers=given)
            answer = await client.send(request, stream=True)
            answer.extensions["raw"] = b"".join([part async for part in answer.aiter_raw()])
            return answer

    return asyncio.run(go())


def raw(answer: httpx.Response) -> bytes:
    found: bytes = answer.extensions["raw"]
    return found


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [("br, gzip", "br"), ("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("zstd, gzip", "gzip")],
)
def test_brotli_where_it_is_taken_else_gzip(app: ASGIApp, accept: str, encoding: str) -> None:
    answer = ask(app, "/long", accept)
    assert answer.headers["content-encoding"] == encoding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers["content-length"]) == len(raw(answer)) < len(json.dumps(WORDS)) / 3
    opened = brotli.decompress(raw(answer)) if encoding == "br" else gzip.decompress(raw(answer))
    assert json.loads(opened) == WORDS


@pytest.mark.parametrize(
    ("path", "accept"), [("/long", "identity"), ("/long", "gzip;q=0"), ("/short", BOTH), ("/picture", BOTH)]
)
def test_not_for_whom_or_what_it_does_not_fit(app: ASGIApp, path: str, accept: str) -> None:
    answer = ask(app, path, accept)
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == tag_of(raw(answer))


def test_nothing_another_sites_page_asks_for_tells_by_its_length(app: ASGIApp) -> None:
    for site in ("cross-site", "same-site"):
        assert json.loads(raw(ask(app, "/long", sec_fetch_site=site))) == WORDS
    assert json.loads(raw(ask(app, "/long", origin="https://evil.example"))) == WORDS
    assert "content-encoding" not in ask(app, "/long", method="POST").headers
    for site in ("same-origin", "none"):
        assert ask(app, "/long", sec_fetch_site=site).headers["content-encoding"] == "br"


@pytest.mark.parametrize("accept", ["br", "gzip", "identity"])
def test_whoever_has_it_already_is_told_so(app: ASGIApp, accept: str) -> None:
    first = ask(app, "/long", accept)
    tag = first.headers["etag"]
    assert tag.startswith('"' if accept == "identity" else 'W/"')
    again = ask(app, "/long", accept, if_none_match=tag)
    assert (again.status_code, raw(again), again.headers["etag"]) == (304, b"", tag)
    # And a change that names the tag is taken, whichever form it was read in.
    check_match(tag, tag_of(raw(ask(app, "/long", "identity"))), lambda _mark: [])


def test_a_file_that_lies_compressed_keeps_its_own_tag(app: ASGIApp) -> None:
    answer = ask(app, "/page.js")
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["etag"].startswith('"')
    assert brotli.decompress(raw(answer)).startswith(b"let a")
