"""The guides: Markdown beside this file, one for each role and one for everybody, read once.

A section is a heading with a name, ``## Take a booking {#book}``; pages point at it by that name. What is **bold** is
written on the page exactly so, and ``code`` is a key. An image names a picture of ``assets/help`` without its theme. A
block of code that begins with ``keys`` names a list of ``guitara_app.help.keys``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from guitara_app.accounts.permissions import Role

_FOLDER = Path(__file__).parent / "guides"
_NAMED = re.compile(r"(?P<title>.+?) \{#(?P<name>[a-z-]+)\}")
_EVERYBODY = "everybody"

READABLE: dict[Role, tuple[Role, ...]] = {
    Role.OPERATOR: (Role.OPERATOR, Role.THERAPIST, Role.DRIVER, Role.MANAGER),
    Role.THERAPIST: (Role.THERAPIST,),
    Role.DRIVER: (Role.DRIVER,),
    Role.MANAGER: (Role.MANAGER, Role.OPERATOR, Role.THERAPIST, Role.DRIVER),
    Role.ADMIN: (Role.ADMIN, Role.MANAGER, Role.OPERATOR, Role.THERAPIST, Role.DRIVER),
}
"""Whose guides are of use to whom, the own first. The desk acts for therapists and drivers, so it reads theirs."""


@dataclass(frozen=True)
class Section:
    """One thing to do, with what stands under its heading."""

    name: str
    title: str
    body: tuple[SyntaxTreeNode, ...]


@dataclass(frozen=True)
class Guide:
    """What one role reads: a few words before, then the sections."""

    before: tuple[SyntaxTreeNode, ...]
    sections: tuple[Section, ...]

    def nodes(self) -> Iterator[SyntaxTreeNode]:
        """Every mark of the text, in its order."""
        for top in (*self.before, *(node for section in self.sections for node in section.body)):
            yield from top.walk()


@cache
def guide(role: Role) -> Guide:
    """What ``role`` reads, with what everybody does at its end."""
    own, shared = _read(role), _read(_EVERYBODY)
    return Guide(own.before, own.sections + shared.sections)


def where(role: Role, name: str) -> str:
    """The address of the section ``name`` for somebody of ``role``: in the first guide of theirs that has it.

    Without one it is their guide from its beginning.
    """
    for other in READABLE[role]:
        if any(section.name == name for section in guide(other).sections):
            return f"/help/{other}#{name}"
    return f"/help/{role}"


def _read(name: str) -> Guide:
    tree = SyntaxTreeNode(MarkdownIt("commonmark").parse((_FOLDER / f"{name}.md").read_text("utf-8")))
    before: list[SyntaxTreeNode] = []
    found: list[tuple[str, str, list[SyntaxTreeNode]]] = []
    for node in tree.children:
        if node.type == "heading":
            text = node.children[0].content
            named = _NAMED.fullmatch(text)
            if named is None:
                raise ValueError(f"{name}.md: a heading needs a name, like {{#book}}: {text}")
            found.append((named["name"], named["title"], []))
        else:
            (found[-1][2] if found else before).append(node)
    return Guide(tuple(before), tuple(Section(key, title, tuple(body)) for key, title, body in found))
