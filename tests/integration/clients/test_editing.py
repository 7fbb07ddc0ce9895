"""Changing a client's card: what is refused, and two who do it at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.models import ClientAddress
from guitara_app.clients.queries import client_page, search
from guitara_app.clients.rules import ClientChange
from guitara_app.clients.services import change_address, edit, retire_address
from guitara_app.clients.views import Card
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible, Stale
from guitara_app.kit.events import Event
from tests.integration.clients.conftest import add
from tests.support.firm import NOW, Firm

LATER = NOW + timedelta(hours=4, minutes=30)


def change(firm: Firm, version: int, *, by: Actor | None = None, client: int = 0, **fields: Any) -> int:
    """Change fields at 00:30, as the operator unless somebody else is named."""
    return run(
        lambda session: edit(
            session,
            by or firm.operator,
            client or firm.client,
            ClientChange(**fields),
            version=version,
            now=LATER,
        )
    )


def shown(firm: Firm, client: int = 0) -> Card:
    with reading() as session:
        page = client_page(session, client or firm.client)
    assert page is not None
    return page


def test_every_field_can_be_changed_and_is_found_at_once(firm: Firm) -> None:
    change(
        firm,
        1,
        name="  Mrs  O'Hara ",
        phone="0918 765 4321",
        other_phones="0917 123 4567, +1 202 555 0143",
        email="O.Hara@Example.PH",
        notes="Bad knee\nLeft",
        preferred_gender="female",
        preferred_pressure="hard",
        preferred_therapist_id=str(firm.therapists[1]),
    )
    card = shown(firm)
    facts = card["client"]
    assert (facts["name"], facts["phone"], facts["email"]) == ("Mrs O'Hara", "0918 765 4321", "o.hara@example.ph")
    assert facts["other_phones"] == "0917 123 4567, +1 202-555-0143"
    assert (facts["preferred_gender"], facts["preferred_pressure"]) == ("female", "hard")
    assert (facts["therapist"], facts["notes"], facts["version"]) == ("Therapist 1", "Bad knee\nLeft", 2)
    assert card["changes"][0]["who"] == "Ana O'Hara"
    with reading() as session:
        for typed in ("ohara", "0917 123", "+1202555", "o.hara@ex"):
            assert [hit.id for hit in search(session, typed)] == [firm.client]
    change(firm, 2, other_phones="", email="", preferred_therapist_id="", preferred_gender="")
    emptied = shown(firm)["client"]
    assert emptied["other_phones"] == emptied["email"] == emptied["therapist"] == emptied["preferred_gender"] == ""


def test_a_change_tells_every_page_that_shows_the_client(firm: Firm) -> None:
    visit = firm.book(0)
    change(firm, 1, notes="Rings twice")
    with reading() as session:
        event = session.query(Event).order_by(Event.id.desc()).first()
        assert event is not None
        assert set(event.topics) == {
            "clients",
            f"client:{firm.client}",
            f"appointment:{visit}",
            "desk",
            f"person:{firm.therapists[0]}",
        }


def test_nothing_changed_is_no_change(firm: Firm) -> None:
    assert change(firm, 1, name="Mrs D'Souza", phone="0917 123 4567") == 1
    assert shown(firm)["changes"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"other_phones": "0917 765 4321, twelve"}, "other_phones"),
        ({"email": "nobody"}, "email"),
        ({"notes": "x" * 4001}, "notes"),
        ({"preferred_therapist_id": "999999"}, "preferred_therapist_id"),
        ({"preferred_therapist_id": "'; DROP TABLE clients; --"}, "preferred_therapist_id"),
        ({"phone": "0999 000 0001"}, "phone"),
        ({"other_phones": "0999 000 0001"}, "phone"),
        ({"phone": "0999 000 0002"}, "phone"),
        ({"email": "taken@example.ph"}, "email"),
    ],
)
def test_what_cannot_be_is_refused_and_named(firm: Firm, fields: dict[str, str], field: str) -> None:
    other = add("Taken", "+639990000001", email="taken@example.ph")
    change(firm, 1, client=other, other_phones="0999 000 0002")
    with pytest.raises(Invalid) as refused:
        change(firm, 1, **fields)
    assert refused.value.field == field
    assert shown(firm)["client"]["version"] == 1


def test_the_second_of_two_who_change_the_same_field_is_told_and_can_insist(firm: Firm, bea: Actor) -> None:
    change(firm, 1, notes="Ana's", email="ana@example.ph")
    with pytest.raises(Stale) as told:
        change(firm, 1, by=bea, notes="Bea's", name="Mrs Souza")
    assert "Changed by Ana O'Hara at Tue 24 Nov 00:30" in told.value.sentence
    assert [(clash.field, clash.stands) for clash in told.value.clashes] == [("notes", "Ana's")]
    assert shown(firm)["client"]["name"] == "Mrs D'Souza"
    change(firm, 2, by=bea, notes="Bea's", name="Mrs Souza")
    assert shown(firm)["client"]["notes"] == "Bea's"


def test_two_who_change_different_fields_do_not_disturb_each_other(firm: Firm, bea: Actor) -> None:
    change(firm, 1, notes="Ana's")
    change(firm, 1, by=bea, preferred_pressure="light")
    facts = shown(firm)["client"]
    assert (facts["notes"], facts["preferred_pressure"], facts["version"]) == ("Ana's", "light", 3)


def test_a_change_made_past_the_application_is_not_overwritten_unseen(firm: Firm) -> None:
    with transaction() as session:
        session.execute(text("UPDATE clients SET notes = 'By hand', version = 2 WHERE id = :id"), {"id": firm.client})
    with pytest.raises(Stale, match="somebody else"):
        change(firm, 1, notes="Mine")


def test_only_the_desk_changes_clients(firm: Firm) -> None:
    for role in (Role.THERAPIST, Role.DRIVER):
        with pytest.raises(NotAllowed):
            change(firm, 1, by=Actor(firm.therapists[0], role, "Somebody"), notes="x")
    for number in (0, -1, 2**63, 404):
        with pytest.raises(NotFound):
            run(
                lambda session, number=number: edit(
                    session, firm.operator, number, ClientChange(notes="x"), version=1, now=NOW
                )
            )


def test_a_place_is_corrected_with_its_version_and_can_be_given_up(firm: Firm, bea: Actor) -> None:
    def correct(by: Actor, line: str, version: int) -> None:
        run(
            lambda session: change_address(
                session,
                by,
                firm.address,
                line=line,
                locality_id=firm.locality,
                notes="Gate's left",
                version=version,
                now=NOW,
            )
        )

    correct(firm.operator, "1 Main St, Unit 4", 1)
    with pytest.raises(Stale, match="the address"):
        correct(bea, "2 Main Street", 1)
    for line in ("", "x" * 301):
        with pytest.raises(Invalid):
            correct(bea, line, 2)
    assert shown(firm)["addresses"][0]["line"] == "1 Main St, Unit 4"
    visit = firm.book(0)
    run(lambda session: retire_address(session, firm.operator, firm.address, now=NOW))
    assert shown(firm)["addresses"] == []
    assert shown(firm)["history"][0]["id"] == visit
    with pytest.raises(NotPossible):
        correct(bea, "Anything", 3)
    # Booked there again, it is offered again.
    firm.book(1, address_id=None, address_line="1 main st, unit 4", locality_id=firm.locality)
    assert [place["id"] for place in shown(firm)["addresses"]] == [firm.address]
    with reading() as session:
        assert session.query(ClientAddress).count() == 1


def test_the_history_is_paged_without_losing_or_doubling_a_visit(firm: Firm) -> None:
    from guitara_app.clients.queries import visits

    booked = [firm.book(number) for number in range(4)]
    shown_ids: list[int] = []
    after = ""
    with reading() as session:
        while page := visits(session, firm.client, after=after, limit=3):
            shown_ids += [visit["id"] for visit in page]
            after = page[-1]["after"]
        with pytest.raises(Invalid):
            visits(session, firm.client, after="yesterday 3")
    assert shown_ids == sorted(booked, reverse=True)
