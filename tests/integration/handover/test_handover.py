"""One note for the next shift: nobody overwrites anybody, and everybody reads it once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.handover.queries import earlier_handovers, handover
from guitara_app.handover.services import LONGEST, mark_read, write
from guitara_app.handover.views import Handover
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, Stale
from tests.support.firm import NOW, Firm, manila, open_firm

NEXT_EVENING = NOW + timedelta(days=1)


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    return open_firm(therapists=1, drivers=1)


@pytest.fixture
def ben(firm: Firm) -> Actor:
    del firm
    with transaction() as session:
        person = Person(username="ben", name="Ben O'Neil", role=Role.OPERATOR)
        session.add(person)
        session.flush()
    return Actor(person.id, Role.OPERATOR, person.name)


def save(actor: Actor, words: str, based_on: int = 0, now: datetime = NOW, key: str = "") -> int:
    return run(lambda session: write(session, actor, words, based_on=based_on, now=now, idempotency_key=key))


def reads(actor: Actor, note: int, now: datetime = NOW) -> None:
    run(lambda session: mark_read(session, actor, note, now=now))


def shown(now: datetime = NOW) -> Handover:
    with reading() as session:
        return handover(session, now=now)


def before(now: datetime = NOW) -> list[tuple[str, bool]]:
    with reading() as session:
        return [(line["text"], line["replaced"]) for line in earlier_handovers(session, now=now)]


def refused(kind: type[GuitaraError], call: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(kind) as error:
        call(*arguments, **more)
    return error.value.sentence


def events(kind: str) -> list[tuple[list[str], dict[str, Any]]]:
    with reading() as session:
        rows = session.execute(text("SELECT topics, data FROM events WHERE kind = :kind"), {"kind": kind})
        return [(row.topics, row.data) for row in rows]


def test_before_the_first_there_is_nothing(firm: Firm) -> None:
    assert (shown()["note_id"], shown()["version"], shown()["text"], before()) == (0, 0, "", [])
    assert shown()["evening"] == "Mon 23 Nov, evening"


def test_a_note_shows_who_wrote_it_and_when_also_past_midnight(firm: Firm) -> None:
    note = save(firm.operator, "  Mrs D'Souza's key is in the drawer.\nCash: 3,400  ", now=manila(24, 30))
    seen = shown(manila(24, 40))
    assert seen["note_id"] == note
    assert seen["text"] == "Mrs D'Souza's key is in the drawer.\nCash: 3,400"
    assert (seen["writer"], seen["evening"], seen["written"]) == ("Ana O'Hara", "Mon 23 Nov, evening", "Tue 00:30")
    assert (seen["tonight"], seen["version"]) == (True, 1)
    assert events("handover_written") == [(["desk"], {"note": note})]


def test_it_is_unread_until_read_and_the_writer_knows_it_already(firm: Firm, ben: Actor) -> None:
    note = save(firm.operator, "Keys")
    assert shown()["seen_by"] == [firm.operator.person_id]
    reads(ben, note)
    reads(ben, note, NOW + timedelta(minutes=1))
    assert shown()["seen_by"] == [firm.operator.person_id, ben.person_id]
    assert shown()["read_by"] == "Ben O'Neil"
    assert len(events("handover_read")) == 1


def test_another_wording_is_unread_again_and_the_first_is_kept(firm: Firm, ben: Actor) -> None:
    reads(ben, save(firm.operator, "Keys"))
    save(firm.operator, "Keys and cash", based_on=1)
    assert ben.person_id not in shown()["seen_by"]
    assert (shown()["text"], shown()["version"]) == ("Keys and cash", 2)
    assert before() == [("Keys", True)]


def test_the_second_of_two_is_told_and_loses_nothing_when_saving_again(firm: Firm, ben: Actor) -> None:
    save(firm.operator, "Ana's")
    save(firm.operator, "Ana's, longer", based_on=1)
    assert "changed the note while you were typing" in refused(Stale, save, ben, "Ben's", based_on=1)
    assert refused(Stale, save, ben, "Ben's", based_on=7)
    save(ben, "Ana's, longer\n\nBen's", based_on=2)
    assert (shown()["writer"], shown()["version"]) == ("Ben O'Neil", 3)


def test_yesterdays_note_shows_until_there_is_one_of_tonight(firm: Firm, ben: Actor) -> None:
    note = save(firm.operator, "Yesterday's")
    seen = shown(NEXT_EVENING)
    assert (seen["note_id"], seen["tonight"], seen["version"]) == (note, False, 0)
    save(ben, "Tonight's", now=NEXT_EVENING)
    assert (shown(NEXT_EVENING)["text"], shown(NEXT_EVENING)["tonight"]) == ("Tonight's", True)
    assert before(NEXT_EVENING) == [("Yesterday's", False)]


def test_the_same_saving_sent_twice_counts_once(firm: Firm) -> None:
    assert save(firm.operator, "Keys", key="k-1") == save(firm.operator, "Keys", key="k-1")
    assert shown()["version"] == 1


@pytest.mark.parametrize("words", ["", "   \n ", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_note_is_refused(firm: Firm, words: str) -> None:
    refused(Invalid, save, firm.operator, words)
    assert shown()["note_id"] == 0


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.DRIVER, None])
def test_it_belongs_to_the_desk(firm: Firm, role: Role | None) -> None:
    note = save(firm.operator, "Keys")
    stranger = Actor(firm.therapists[0], role, "Somebody")
    refused(NotAllowed, save, stranger, "Hello", based_on=1)
    refused(NotAllowed, reads, stranger, note)


@pytest.mark.parametrize("note", [0, -1, 99, 2**63])
def test_there_is_nothing_to_read_where_no_note_is(firm: Firm, note: int) -> None:
    refused(NotFound, reads, firm.operator, note)
