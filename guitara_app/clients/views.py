"""What the pages are given of a client: plain and complete."""

from __future__ import annotations

from typing import TypedDict


class ClientFacts(TypedDict):
    """Who a client is; ``moved_to`` is the one they were merged into, else 0."""

    id: int
    name: str
    phone: str
    other_phones: str
    email: str
    notes: str
    preferred_gender: str
    preferred_pressure: str
    preferred_therapist_id: str
    therapist: str
    since: str
    visits: int
    version: int
    moved_to: int


class AddressRow(TypedDict):
    """A place the client was visited at."""

    id: int
    line: str
    locality_id: str
    locality: str
    notes: str
    used: str


class VisitRow(TypedDict):
    """A visit of the client; ``after`` is where the visits before it begin."""

    id: int
    when: str
    services: str
    therapists: str
    place: str
    price: str
    state: str
    after: str


class ChangeRow(TypedDict):
    """A change of the card itself."""

    id: int
    what: str
    who: str
    when: str


class Card(TypedDict):
    """The page of one client; each key is one pushed variable."""

    missing: bool
    client: ClientFacts
    addresses: list[AddressRow]
    history: list[VisitRow]
    changes: list[ChangeRow]


class ClientLine(TypedDict):
    """One line of the list of clients."""

    id: int
    name: str
    phone: str
    email: str
    place: str
    last_visit: str


class DuplicateLine(TypedDict):
    """Somebody who may be the same person, and why."""

    id: int
    name: str
    phone: str
    email: str
    place: str
    visits: int
    because: str


class MergeSide(TypedDict):
    """One of the two who are to be one."""

    id: int
    name: str
    phones: str
    email: str
    preferences: str
    notes: str
    visits: int
    addresses: int
    last_visit: str


class MergePreview(TypedDict):
    """What merging would do: who stays, who goes, and what moves, a sentence each."""

    keep: MergeSide
    gone: MergeSide
    moves: list[str]
