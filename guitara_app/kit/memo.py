"""What has been made of rows, as good as new while every column of theirs is as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Row

Made = TypeVar("Made")


class Memo(Generic[Made]):
    """Of hundreds of rows a change touches one or two: what ``make`` made of the others is given again.

    Whoever gets it changes nothing in it: the next reader gets the same. Rows are known by their ``id``; when
    ``at_most`` of them are kept, all are forgotten.
    """

    def __init__(self, make: Callable[[Row[Any]], Made], *, at_most: int) -> None:
        self._make = make
        self._at_most = at_most
        self._kept: dict[int, tuple[Row[Any], Made]] = {}

    def of(self, row: Row[Any]) -> Made:
        """What is made of ``row``."""
        known = self._kept.get(row.id)
        if known is not None and known[0] == row:
            return known[1]
        if len(self._kept) >= self._at_most:
            self._kept.clear()
        made = self._make(row)
        self._kept[row.id] = (row, made)
        return made
