"""The tag of an answer, and whether whoever asks has it already."""

from __future__ import annotations

import hashlib
import re

_TAG = re.compile(r'(?:W/)?"[^"]*"')


def tag_of(body: bytes | str, *, mark: int = 0) -> str:
    """The tag of ``body``; ``mark`` can be read back from it."""
    text = body.encode() if isinstance(body, str) else body
    return f'"{mark}-{hashlib.sha256(text).hexdigest()[:32]}"'


def mark_of(tag: str) -> int:
    """The mark of a tag; 0 when it has none."""
    found = re.fullmatch(r'"(\d{1,18})-[0-9a-f]+"', tag)
    return int(found[1]) if found else 0


def tags_in(header: str) -> list[str]:
    """The tags a request lists, without the sign of weak ones."""
    return [found.removeprefix("W/") for found in _TAG.findall(header)]


def matches(header: str, tag: str) -> bool:
    """Whether ``tag`` is one of those the header lists, or the header takes any."""
    return header.strip() == "*" or tag in tags_in(header)
