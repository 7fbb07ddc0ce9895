"""A small firm with a manager and an admin who take files in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.exchange.models import Subject
from guitara_app.exchange.queries import columns_of, shown_rows, standing_import
from guitara_app.exchange.services import carry_out, check_rows, take_file, take_in
from guitara_app.exchange.views import ImportFacts, Shown
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.spreadsheets import csv_text
from tests.support.firm import NOW, Firm, open_firm


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    del database
    return open_firm()


class Desk(NamedTuple):
    """Somebody who takes files in."""

    actor: Actor

    def send(self, content: bytes | str, subject: Subject = Subject.CLIENTS) -> int:
        sent = content.encode() if isinstance(content, str) else content
        return run(lambda session: take_file(session, self.actor, subject, name="list.csv", content=sent, now=NOW))

    def check(self, number: int, mapping: dict[str, int] | None = None) -> ImportFacts:
        with reading() as session:
            found = columns_of(session, self.actor.person_id or 0, number)
        assert found is not None
        chosen = found.mapping if mapping is None else mapping
        run(lambda session: check_rows(session, self.actor, number, chosen, now=NOW))
        carry_out(number, now=NOW)
        return self.stands()

    def look(self, content: bytes | str, subject: Subject = Subject.CLIENTS) -> ImportFacts:
        """Send a file and have it checked."""
        return self.check(self.send(content, subject))

    def take(self, number: int, *, leave_out: bool = False) -> ImportFacts:
        run(lambda session: take_in(session, self.actor, number, leave_out=leave_out, now=NOW))
        carry_out(number, now=NOW)
        return self.stands()

    def stands(self) -> ImportFacts:
        with reading() as session:
            return standing_import(session, self.actor.person_id or 0)

    def rows(self, fate: str = "", page: int = 1) -> list[Shown]:
        number = self.stands()["id"]
        with reading() as session:
            return shown_rows(session, self.actor.person_id or 0, number, fate=fate, page=page)

    def told(self, fate: str = "") -> dict[int, list[str]]:
        return {row["number"]: row["lines"] for row in self.rows(fate)}


def somebody(username: str, role: Role) -> Desk:
    with transaction() as session:
        person = Person(username=username, name=username.title(), role=role)
        session.add(person)
        session.flush()
        return Desk(Actor(person.id, role, person.name))


@pytest.fixture
def marga(firm: Firm) -> Desk:
    """A manager."""
    del firm
    return somebody("marga", Role.MANAGER)


@pytest.fixture
def ramon(firm: Firm) -> Desk:
    """An admin."""
    del firm
    return somebody("ramon", Role.ADMIN)


Table = Callable[[Iterable[Iterable[Any]]], str]


def table(columns: str, *lines: str) -> str:
    """A CSV out of columns and lines whose cells are parted by bars."""
    return csv_text(columns.split("|"), [line.split("|") for line in lines])
