"""A build lies where nginx reads it: new ones beside the one that is being served, with what open pages still need."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from guitara_app.api.headers import policy_of
from guitara_app.cli.publish import INCLUDED, lay_out
from guitara_app.kit.time import now


@pytest.fixture
def built(tmp_path: Path) -> Path:
    return build(tmp_path / "built", "one")


def build(folder: Path, name: str, *, days_ago: int = 0) -> Path:
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for file in folder.glob("assets/page-*.js"):
        file.unlink()
    (folder / "index.html").write_text(f"<script>start('{name}')</script>")
    chunk = folder / "assets" / f"page-{name}.js"
    chunk.write_text(name)
    at = (now() - timedelta(days=days_ago)).timestamp()
    os.utime(chunk, (at, at))
    return folder


def names(release: Path) -> list[str]:
    return sorted(file.name for file in (release / "assets").iterdir())


def test_nginx_is_pointed_at_it_with_its_own_headers(built: Path, tmp_path: Path) -> None:
    (built / "assets").chmod(0o700)
    before = os.umask(0o077)
    try:
        release = lay_out(built, b"one", tmp_path / "served")
    finally:
        os.umask(before)
    told = (tmp_path / "served" / INCLUDED).read_text().splitlines()
    assert f"root {release};" in told
    assert f'add_header content-security-policy "{policy_of(built)}$guitara_socket" always;' in told
    assert 'add_header strict-transport-security "max-age=31536000" always;' in told
    modes = {
        tmp_path / "served": 0o755,
        release: 0o755,
        release / "assets": 0o755,
        release / "index.html": 0o644,
        tmp_path / "served" / INCLUDED: 0o644,
    }
    assert {path: path.stat().st_mode & 0o777 for path in modes} == modes


def test_what_is_being_served_stays_until_nginx_is_told(built: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    one = lay_out(built, b"one", served)
    two = lay_out(build(built, "two"), b"two", served)
    assert (one / "index.html").read_text() == "<script>start('one')</script>"
    assert (two / "index.html").read_text() == "<script>start('two')</script>"
    assert lay_out(built, b"two", served) == two
    three = lay_out(build(built, "three"), b"three", served)
    assert sorted(served.iterdir()) == sorted([two, three, served / INCLUDED])
    # Back to an earlier one is a build like any other.
    assert lay_out(build(built, "two"), b"two", served) == two
    assert f"root {two};" in (served / INCLUDED).read_text()
    assert three.exists()


def test_an_open_page_finds_the_files_of_its_own_build_for_two_weeks(built: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    lay_out(build(built, "old", days_ago=15), b"old", served)
    lay_out(build(built, "recent", days_ago=13), b"recent", served)
    release = lay_out(build(built, "new"), b"new", served)
    assert names(release) == ["page-new.js", "page-recent.js"]


def test_nothing_but_its_own_folders_is_taken_away(built: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    (served / "0123456789ab-mine").mkdir(parents=True)
    (served / "certificate").write_text("mine")
    for name in ("one", "two", "three"):
        lay_out(build(built, name), name.encode(), served)
    assert (served / "0123456789ab-mine").exists()
    assert (served / "certificate").exists()
