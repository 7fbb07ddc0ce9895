"""What the search found, in the order it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import reflex as rx
from pydantic import Field

from guitara_app.accounts.permissions import FIELD, Permission
from guitara_app.appointments.queries import Found, PersonHit, find_everywhere
from guitara_app.components.words import ROLES, STATES
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow

# Typed before a name, it hands that person's night over.
_SICK = "sick"


class PaletteState(rx.State):
    """The last search of this tab."""

    hits: list[dict[str, Any]] = []
    answers: str = ""

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SEE_CLIENTS)
    async def find(self, typed: Annotated[str, Field(max_length=200)]) -> None:
        """Search for what is typed so far; a newer search overtakes this one."""
        words, _, ill = typed.strip().partition(" ")
        if words.lower() == _SICK and ill.strip():
            self.hits = _sick_lines(await in_thread(_find, ill.strip(), now()))
        else:
            self.hits = _lines(await in_thread(_find, typed, now()))
        self.answers = typed


def _find(typed: str, at: datetime) -> Found:
    with reading() as session:
        return find_everywhere(session, typed, now=at)


def _lines(found: Found) -> list[dict[str, Any]]:
    visits = [
        _line("Visits", f"/appointments/{hit.id}", f"#{hit.id} {hit.client}", _facts(hit.when, hit.people), hit.state)
        for hit in found.visits
    ]
    clients = [_line("Clients", f"/clients/{hit.id}", hit.name, _facts(hit.phone, hit.place)) for hit in found.clients]
    people = [
        {**_line("People", _place_of(hit), hit.name, hit.phone), "key": f"person {hit.id}", "tag": ROLES[hit.role]}
        for hit in found.people
    ]
    return visits + clients + people


def _sick_lines(found: Found) -> list[dict[str, Any]]:
    return [
        {**_line("Sick now", f"/shifts/{hit.id}?do={_SICK}", hit.name, hit.phone), "tag": ROLES[hit.role]}
        for hit in found.people
        if hit.role in FIELD
    ]


def _line(group: str, href: str, title: str, detail: str, state: str = "") -> dict[str, Any]:
    return {
        "key": href,
        "group": group,
        "title": title,
        "detail": detail,
        "tag": STATES.get(state, state),
        "state": state,
        "href": href,
    }


def _place_of(person: PersonHit) -> str:
    # Whoever is never booked has no hours of their own.
    return f"/shifts/{person.id}" if person.role in FIELD else "/shifts"


def _facts(*parts: str) -> str:
    return " \u00b7 ".join(part for part in parts if part)
