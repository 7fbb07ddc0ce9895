"""What is sent of a list when few of its rows have changed: those rows, and the order if that has changed too.

The browser puts it together again (``components/patches.jsx``), as ``merged`` does here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ROWS = "~rows"
ORDER = "~order"
KEY = "~key"


def difference(before: Any, after: Any, key: str) -> Any:
    """What makes ``after`` of ``before``, lists of rows told apart by ``key``; ``after`` itself if that is as good."""
    old, new = _by_key(before, key), _by_key(after, key)
    if old is None or new is None:
        return after
    changed = [row for number, row in new.items() if old.get(number) != row]
    if 2 * len(changed) > len(new):
        return after
    patch: dict[str, Any] = {KEY: key, ROWS: changed}
    if list(old) != list(new):
        patch[ORDER] = list(new)
    return patch


def merged(before: Any, value: Any) -> Any:
    """``value``, or what it makes of ``before`` if it is a difference."""
    if not isinstance(value, Mapping) or ROWS not in value:
        return value
    rows = {row[value[KEY]]: row for row in before}
    order = value.get(ORDER, list(rows))
    rows |= {row[value[KEY]]: row for row in value[ROWS]}
    return [rows[number] for number in order]


def _by_key(rows: Any, key: str) -> dict[Any, Any] | None:
    """The rows by their key; None when they cannot be told apart by it."""
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and key in row for row in rows):
        return None
    found = {row[key]: row for row in rows}
    return found if len(found) == len(rows) else None
