"""An evening on paper, in plain words and numbers; it is kept as JSON and read again by its types."""

from __future__ import annotations

# Pydantic reads the types of the standard library's only from Python 3.12 on.
from typing_extensions import TypedDict


class SheetVisit(TypedDict):
    """A visit on the printed sheet of an evening. ``starts`` and ``ends`` are local, ``2026-11-23 21:30``."""

    id: int
    when: str
    until: str
    starts: str
    ends: str
    state: str
    client: str
    client_notes: str
    phone: str
    address: str
    way_in: str
    services: str
    therapists: list[str]
    drivers: list[str]
    price: str
    pesos: str
    notes: str


class SheetJob(TypedDict):
    """One line of one person's list."""

    starts: str
    when: str
    what: str
    client: str
    phone: str
    address: str
    notes: str


class SheetPerson(TypedDict):
    """One therapist's or driver's list."""

    name: str
    phone: str
    jobs: list[SheetJob]


class Sheet(TypedDict):
    """An evening on paper. ``called_off`` counts the visits that are not on it."""

    day: str
    evening: str
    hours: str
    printed: str
    visits: list[SheetVisit]
    called_off: int
    therapists: list[SheetPerson]
    drivers: list[SheetPerson]
