"""What a page shows, put together from what it was sent as the browser does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loadtest.wire import MARKER, argument

_MOST_KEPT = 512

# One frame goes to a whole room: it is read once, and pages that showed the same go on sharing what they show.
_read: dict[str, Update] = {}
_merged: dict[tuple[int, int], tuple[Any, Any, Any]] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """What changes of one state, by its last name; ``after`` is what it builds on, None when on nothing."""

    state: str
    scope: str
    after: int | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """One message of the server: what changes, and what the browser is told to do."""

    parts: tuple[Part, ...]
    events: tuple[dict[str, Any], ...]

    def get(self, state: str, name: str) -> Any:
        """What it sets the variable to; None when it does not."""
        for part in reversed(self.parts):
            if part.state == state and name in part.values:
                return part.values[name]
        return None

    def touches(self, state: str) -> bool:
        """Whether it changes anything of the state."""
        return any(part.state == state for part in self.parts)


@dataclass(slots=True)
class Screen:
    """The variables of each state by the state's last name (``desk_live``), as one page has them now."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, state: str, name: str, default: Any = None) -> Any:
        """A variable as the page has it."""
        return self.values.get(state, {}).get(name, default)

    def take(self, update: Update) -> bool:
        """Put it in; False when a part of it does not build on what is here, so that everything must be asked again."""
        fits = True
        for part in update.parts:
            kept = self.values.setdefault(part.state, {})
            if part.after is not None and kept.get("scope") != part.scope:
                continue
            if part.after is not None and kept.get("rev") != part.after:
                fits = False
                continue
            for name, value in part.values.items():
                kept[name] = _merge(kept.get(name), value)
        return fits


def read_update(frame: str) -> Update:
    """The message in an event's frame."""
    found = _read.get(frame)
    if found is None:
        if len(_read) >= _MOST_KEPT:
            _read.clear()
        said = argument(frame)
        parts = tuple(_part(name, values) for name, values in (said.get("delta") or {}).items())
        found = _read[frame] = Update(parts, tuple(said.get("events") or ()))
    return found


def rows_of(value: Any) -> list[Any]:
    """The rows that a variable's new value brings: all of a list, or those of a difference."""
    rows: list[Any] = value["~rows"] if isinstance(value, dict) and "~rows" in value else value
    return rows


def _part(name: str, marked: dict[str, Any]) -> Part:
    values = {key.removesuffix(MARKER): value for key, value in marked.items()}
    after = values.pop("after", None)
    return Part(name.rpartition(".")[2].rpartition("____")[2], values.get("scope", ""), after, values)


def _merge(before: Any, value: Any) -> Any:
    if not isinstance(value, dict) or "~rows" not in value:
        return value
    key = (id(before), id(value))
    found = _merged.get(key)
    if found is None:
        if len(_merged) >= _MOST_KEPT:
            _merged.clear()
        rows = {row[value["~key"]]: row for row in before}
        order = value.get("~order", list(rows))
        rows |= {row[value["~key"]]: row for row in value["~rows"]}
        # The two it was made of stay with it: their ids are theirs for as long as they live.
        found = _merged[key] = (before, value, [rows[number] for number in order])
    return found[2]
