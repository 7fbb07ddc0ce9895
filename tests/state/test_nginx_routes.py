"""nginx' configuration knows every route and every page there is."""

from __future__ import annotations

import re

import pytest
from reflex.app import App

from guitara_app.api.app import outer_routes
from guitara_app.settings import PROJECT

CONFIGURATION = (PROJECT / "deploy" / "nginx" / "guitara.conf").read_text()
_SAMPLE = re.compile(r"\{[^}]*\}|\[[^\]]*\]")


def pattern(line: str) -> re.Pattern[str]:
    (found,) = re.findall(line, CONFIGURATION)
    return re.compile(found)


@pytest.fixture(scope="module")
def to_the_web() -> re.Pattern[str]:
    beginnings = re.findall(r"location \^~ (\S+) \{[^}]*proxy_pass", CONFIGURATION)
    listed = pattern(r"location ~ (\S+) \{ proxy_pass").pattern
    return re.compile("|".join([listed, *(f"^{re.escape(one)}" for one in beginnings)]))


@pytest.fixture(scope="module")
def numbered() -> re.Pattern[str]:
    return pattern(r'"~(\S+)" /404\.html;')


def test_every_route_leads_to_a_web_process(to_the_web: re.Pattern[str]) -> None:
    paths = {_SAMPLE.sub("7", route.path) for route in outer_routes()}
    assert len(paths) > 10
    assert {path for path in paths if path != "/" and not to_the_web.search(path)} == set()
    for path in ("/_event", "/_event/", "/api/v1/appointments/7/history"):
        assert to_the_web.search(path), path


def test_what_reflex_answers_besides_does_not(to_the_web: re.Pattern[str]) -> None:
    for path in ("/ping", "/_health", "/_upload"):
        assert not to_the_web.search(path), path


def test_every_page_is_served_from_disk(app: App, to_the_web: re.Pattern[str], numbered: re.Pattern[str]) -> None:
    decorated = app._registration_context.decorated_pages
    found = {f"/{options['route'].strip('/')}" for _, options in decorated} - {"/404", "/"}
    assert len(found) > 10
    for route in found:
        path = _SAMPLE.sub("7", route)
        assert not to_the_web.search(path), path
        assert bool(numbered.search(path)) is (path != route), path
        assert bool(numbered.search(f"{path}/")) is (path != route), path
    for path in ("/appointments", "/appointments/7/8", "/assets/7"):
        assert not numbered.search(path), path
