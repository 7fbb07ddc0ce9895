"""What the page of imports is given: plain and complete."""

from __future__ import annotations

from typing import TypedDict


class ImportFacts(TypedDict):
    """How somebody's present import stands; ``id`` is 0 when there is none. It holds nothing of what the file says."""

    id: int
    subject: str
    state: str
    file_name: str
    said: str
    step: str
    total: int
    done: int
    new: int
    changed: int
    same: int
    refused: int
    left_out: bool
    problem: str
    ended: str


class Shown(TypedDict):
    """A row of the dry run: its number in the file, whom it is about, its fate, and what of it in words."""

    number: int
    label: str
    fate: str
    target_id: int
    lines: list[str]


class EarlierImport(TypedDict):
    """A file that was taken in before."""

    id: int
    what: str
    file_name: str
    who: str
    when: str
    counts: str
