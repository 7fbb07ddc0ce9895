"""A web process with the pages and one without, and a build that may be served from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guitara_app.cli import parts
from guitara_app.cli.__main__ import app
from guitara_app.cli.build import leave_out_the_address
from guitara_app.kit.errors import Unavailable
from guitara_app.settings import settings

PAGES = "__REFLEX_MOUNT_FRONTEND_COMPILED_APP"
BAKED = (
    "var e={PING:`http://localhost:8000/ping`,EVENT:\"ws://localhost:8000/_event\",AT:'https://a.test',N:`websocket`};"
)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The environments that web processes were started with, and ``built`` for each time the pages were."""
    found: list[dict[str, str]] = []
    monkeypatch.setenv("GUITARA_DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    monkeypatch.setenv("GUITARA_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(parts, "_become", lambda _command, environment: found.append(environment))
    monkeypatch.setattr(parts, "ensure_built", lambda: bool(found.append({"built": "yes"})))
    settings.cache_clear()
    yield found
    settings.cache_clear()


def test_it_serves_the_pages_unless_told(started: list[dict[str, str]]) -> None:
    assert CliRunner().invoke(app, ["web"]).exit_code == 0
    built, environment = started
    assert built == {"built": "yes"}
    assert environment[PAGES] == "true"


def test_without_pages_nothing_is_built_and_nothing_written_beside_the_code(
    started: list[dict[str, str]], tmp_path: Path
) -> None:
    marker = tmp_path / "reflex" / "backend" / "stateful_pages.json"
    marker.parent.mkdir(parents=True)
    marker.write_text("[]")
    assert CliRunner().invoke(app, ["web", "--no-pages"]).exit_code == 0
    (environment,) = started
    assert PAGES not in environment
    assert environment["REFLEX_BACKEND_ONLY"] == "true"
    assert environment["REFLEX_WEB_WORKDIR"] == str(tmp_path / "reflex")
    assert not marker.exists(), "what an older release noted would be believed"


def test_a_build_names_no_address(tmp_path: Path) -> None:
    chunk = tmp_path / "assets" / "reflex-env-x1.js"
    chunk.parent.mkdir()
    chunk.write_text(BAKED)
    for suffix in (".br", ".gz"):
        chunk.with_name(chunk.name + suffix).write_bytes(b"the old one")
    leave_out_the_address(tmp_path)
    assert chunk.read_text() == (
        'var e={PING:(location.origin+"/ping"),EVENT:("ws"+location.origin.slice(4)+"/_event"),'
        'AT:(location.origin+""),N:`websocket`};'
    )
    assert list(chunk.parent.iterdir()) == [chunk]


def test_a_build_that_keeps_the_address_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="Reflex keeps it elsewhere"):
        leave_out_the_address(tmp_path)
