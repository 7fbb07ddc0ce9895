"""What is made of rows is made again only when a row is another."""

from __future__ import annotations

from typing import Any

from guitara_app.kit.memo import Memo


class Line(tuple[int, str]):
    """As much of a row as a memo looks at."""

    @property
    def id(self) -> int:
        return self[0]


def test_it_makes_once_until_the_row_changes_and_forgets_when_it_is_full() -> None:
    made: list[str] = []

    def make(row: Any) -> str:
        made.append(row[1])
        return f"of {row[1]}"

    memo = Memo(make, at_most=2)
    lines: list[Any] = [Line((1, "a")), Line((1, "a")), Line((1, "b")), Line((2, "c")), Line((3, "d")), Line((1, "b"))]
    assert [memo.of(line) for line in lines] == ["of a", "of a", "of b", "of c", "of d", "of b"]
    assert made == ["a", "b", "c", "d", "b"]
