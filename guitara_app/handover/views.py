"""What pages are given of hand-over notes: plain words, instants in ISO form."""

from __future__ import annotations

from typing import TypedDict


class Handover(TypedDict):
    """The note that counts now: tonight's, or the last one before it. All empty before the first.

    ``version`` is what a new text for tonight is based on, 0 before the first. ``seen_by`` are the ids of its
    writer and its readers, who need not be shown it again; ``read_by`` the names of the readers.
    """

    note_id: int
    version: int
    tonight: bool
    evening: str
    text: str
    writer: str
    written: str
    written_at: str
    seen_by: list[int]
    read_by: str


class HandoverLine(TypedDict):
    """An earlier note, or an earlier wording of this one."""

    note_id: int
    evening: str
    text: str
    writer: str
    written: str
    replaced: bool
