"""Where a page of a list ended, sealed, so that a caller can only hand back what they were given."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from pydantic import Field

from guitara_app.kit.errors import Invalid
from guitara_app.kit.seal import mark, seal, unseal

Cursor = Annotated[
    str | None,
    Field(
        max_length=600,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next` of the page before, with the same filters. A page never shows a row twice or leaves one"
        " out because others were added meanwhile.",
    ),
]


def cursor_of(position: list[Any], asked: str) -> str:
    """A text that stands for ``position`` in the list that ``asked`` describes."""
    return base64.urlsafe_b64encode(seal(json.dumps([mark(asked), *position])).encode()).decode().rstrip("=")


def position_of(cursor: str, asked: str) -> list[Any]:
    """The position in a cursor of this list.

    Raises:
        Invalid: it is no cursor of this list.
    """
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        sealed = ""
    said = unseal(sealed)
    of_list, *position = json.loads(said) if said else [""]
    if of_list != mark(asked):
        raise Invalid("This cursor belongs to another list. Ask for the first page again.", field="cursor")
    return position
