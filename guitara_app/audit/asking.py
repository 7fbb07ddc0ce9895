"""What is looked for in the audit trail: as typed into the form or the address, and as it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from guitara_app.audit.rules import DOORS, KINDS
from guitara_app.kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class AuditAsk:
    """What to look for; 0, empty and None narrow nothing. ``person_id`` did it or it was done to."""

    words: str = ""
    person_id: int = 0
    kind: str = ""
    door: str = ""
    first: date | None = None
    last: date | None = None
    visit_id: int = 0
    client_id: int = 0
    before: int = 0
    only_people: bool = False


PEOPLE = "people"
"""Whoever did it was somebody, not the system."""


class Looked(BaseModel):
    """The filters as typed, in the form as in the address."""

    model_config = ConfigDict(extra="ignore")

    words: Annotated[str, Field(max_length=200)] = ""
    person: Annotated[str, Field(max_length=200)] = ""
    kind: Annotated[str, Field(max_length=200)] = ""
    door: Annotated[str, Field(max_length=200)] = ""
    first: Annotated[str, Field(max_length=200)] = ""
    last: Annotated[str, Field(max_length=200)] = ""
    visit: Annotated[str, Field(max_length=200)] = ""
    client: Annotated[str, Field(max_length=200)] = ""


FIELDS = tuple(Looked.model_fields)


def ask_of(looked: Looked) -> AuditAsk:
    """What was typed as what is asked.

    Raises:
        Invalid: a number or a day cannot be.
    """
    return AuditAsk(
        words=looked.words.strip(),
        person_id=0 if looked.person == PEOPLE else _number(looked.person, "person"),
        only_people=looked.person == PEOPLE,
        kind=looked.kind if looked.kind in KINDS else "",
        door=looked.door if looked.door in DOORS else "",
        first=_day(looked.first, "first"),
        last=_day(looked.last, "last"),
        visit_id=_number(looked.visit, "visit"),
        client_id=_number(looked.client, "client"),
    )


def _number(typed: str, field: str) -> int:
    words = typed.strip().removeprefix("#")
    if not words:
        return 0
    if not (words.isascii() and words.isdecimal() and 0 < int(words) < 2**63):
        raise Invalid(f"The {field} is a number, such as 123.", field=field)
    return int(words)


def _day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid("Give the days like 2026-11-23.", field=field) from None
