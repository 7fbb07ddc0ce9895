"""The keys of the pages that have their own, in the order they are listed: on those pages, and in the guides."""

from __future__ import annotations

BOARD = [
    ["\u2190 \u2191 \u2193 \u2192", "from card to card"],
    ["J K", "down and up in a column"],
    ["0", "needs me now"],
    ["1 2 3 4 5", "to a column"],
    ["Enter", "open the visit"],
    ["C", "take an entry on, or let go of it"],
    ["B", "book a visit"],
    ["H", "the hand-over note"],
    ["?", "this list"],
]
TIMELINE = [
    ["\u2190 \u2192 \u2191 \u2193", "go from block to block"],
    ["Enter", "open the visit"],
    ["Space", "choose, and choose no more"],
    ["Alt \u2190 \u2192", "take along"],
    ["Alt \u2191 \u2193", "take to another row"],
    ["Enter", "let go there; Escape puts back"],
    ["PageUp PageDown", "the evening before, the next"],
    ["T", "tonight"],
    ["+ -", "nearer, farther"],
    ["Ctrl Z", "undo the last change"],
    ["Ctrl click", "choose several"],
]

KEYS: dict[str, list[list[str]]] = {"board": BOARD, "timeline": TIMELINE}
"""By the word a guide names them with."""
