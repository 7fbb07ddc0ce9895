"""What the guides say is true of the product: names of buttons, pages, pictures, and what pages point at."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from typing import Any

import pytest
from reflex.page import DECORATED_PAGES

from guitara_app import pages
from guitara_app.accounts.permissions import Permission, Role, allowed
from guitara_app.help.guides import READABLE, guide, where
from guitara_app.help.keys import KEYS
from guitara_app.help.pictures import PICTURES, THEMES
from guitara_app.help.tour import STARTS, TOURS
from guitara_app.pages.access import access_of
from guitara_app.settings import PROJECT

_PACKAGE = PROJECT / "guitara_app"
_LARGEST = 80_000
_MOST_FILES = 12
_IN_SCRIPT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


@cache
def routes() -> dict[str, dict[str, Any]]:
    """Every page by its address, with what it was registered with."""
    pages.register()
    return {
        "/" + given["route"].strip("/"): {**given, "render": render}
        for listed in DECORATED_PAGES.values()
        for render, given in listed
    }


@cache
def written() -> set[str]:
    """Every text that stands as one in the code of the pages and what they show."""
    found: set[str] = set()
    for file in _PACKAGE.rglob("*.py"):
        if file.relative_to(_PACKAGE).parts[0] in ("help", "cli", "demo"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value.strip())
    for file in _PACKAGE.rglob("*.jsx"):
        found |= {text.strip() for text in _IN_SCRIPT.findall(file.read_text("utf-8"))}
    return found


@pytest.mark.parametrize("role", Role)
def test_every_word_in_bold_is_written_on_a_page(role: Role) -> None:
    bold = {_plain(node) for node in guide(role).nodes() if node.type == "strong"}
    assert len(bold) > 10
    assert sorted(bold - written()) == []


def _plain(node: Any) -> str:
    return "".join(part.content for part in node.walk() if part.type == "text")


@pytest.mark.parametrize("role", Role)
def test_every_link_goes_to_a_page_and_every_list_of_keys_is_known(role: Role) -> None:
    nodes = list(guide(role).nodes())
    links = {str(node.attrs["href"]) for node in nodes if node.type == "link"}
    assert links - set(routes()) == set()
    assert {node.content.strip() for node in nodes if node.type == "fence"} <= set(KEYS)


@pytest.mark.parametrize("role", Role)
def test_names_of_sections_are_unique_in_a_guide(role: Role) -> None:
    names = [section.name for section in guide(role).sections]
    assert len(names) == len(set(names))
    assert all(section.body for section in guide(role).sections)
    assert READABLE[role][0] == role


def test_every_picture_is_there_small_and_of_use() -> None:
    named = {str(n.attrs["src"]) for role in Role for n in guide(role).nodes() if n.type == "image"}
    assert named == set(PICTURES)
    folder = PROJECT / "assets" / "help"
    files = {picture.file(theme) for picture in PICTURES.values() for theme in THEMES}
    assert {file.name for file in folder.iterdir()} == files
    assert len(files) <= _MOST_FILES
    assert {name: size for name in files if (size := (folder / name).stat().st_size) > _LARGEST} == {}
    [shown] = re.findall(r"!\[.*?\]\((.*?)\)", (PROJECT / "README.md").read_text("utf-8"))
    assert (PROJECT / shown).exists()


def opened_by(page: dict[str, Any]) -> list[Role]:
    """Who may open a page: whoever may call all that fills it."""
    needed = [access_of(handler.fn) for handler in page.get("on_load") or []]
    rights = [need for need in needed if isinstance(need, Permission)]
    return [role for role in Role if rights and all(allowed(role, right) for right in rights)]


def test_whoever_opens_a_page_finds_what_it_is_about_in_a_guide() -> None:
    seen = set()
    for route, page in routes().items():
        source = inspect.getsource(page["render"])
        about = re.search(r'about="([^"]+)"', source) or re.search(r'here="/([^"]+)"', source)
        if about is None or route.startswith("/help"):
            continue
        for role in opened_by(page):
            seen.add(about[1])
            assert where(role, about[1]).endswith(f"#{about[1]}"), (route, role)
    assert {"board", "appointments", "tonight", "hours", "timeline", "settings", "profile", "team"} <= seen


def test_whoever_reads_no_such_section_begins_at_the_beginning() -> None:
    assert where(Role.DRIVER, "settings") == "/help/driver"
    assert where(Role.ADMIN, "board") == "/help/operator#board"
    assert where(Role.MANAGER, "notifications") == "/help/manager#notifications"


def test_a_tour_is_short_and_begins_on_a_page() -> None:
    for role, steps in TOURS.items():
        assert 4 <= len(steps) <= 6
        assert role in opened_by(routes()[STARTS[role]])
    assert set(TOURS) == set(Role)
