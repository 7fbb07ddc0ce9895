"""What a client may ask for: all of it in one file, and that nothing says any more who they were."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import cancel
from guitara_app.clients.rules import ClientChange
from guitara_app.clients.services import edit
from guitara_app.kit.database import transaction
from guitara_app.kit.errors import NotAllowed, NotFound, NotPossible
from guitara_app.notifications.services import tell
from guitara_app.privacy.services import erase_client, take_along
from tests.integration.conftest import Scratch
from tests.support.firm import Firm, manila, open_firm
from tests.support.steps import take

AT = manila(20, 30)
PERSONAL = ("souza", "9171234567", "917 123 4567", "main street", "ring twice", "souza@", "fell ill")


@pytest.fixture
def firm(scratch: Scratch) -> Firm:
    del scratch
    return open_firm()


@pytest.fixture
def admin(firm: Firm) -> Actor:
    return Actor(firm.operator.person_id, Role.ADMIN, "Admin")


def said_anywhere(scratch: Scratch) -> dict[str, list[str]]:
    """Each table that holds something personal, and what of it."""
    tables = [name for (name,) in scratch.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    found: dict[str, list[str]] = {}
    for name in tables:
        for (row,) in scratch.sql(f"SELECT lower(t::text) FROM {name} t"):
            digits = "".join(letter for letter in row if letter.isdigit())
            held = [words for words in PERSONAL if words in row or (words.isdigit() and words in digits)]
            if held:
                found.setdefault(name, []).extend(held)
    return found


def told(firm: Firm, admin: Actor) -> int:
    """A visit with everything personal in it, cancelled with a reason, its people told."""
    change = ClientChange(notes="Ring twice", email="souza@example.org")
    take(edit, admin, firm.client, now=AT, change=change, version=1)
    visit = firm.book(0, notes="Mrs D'Souza: ring twice")
    take(cancel, admin, visit, now=AT, reason="Mrs D'Souza fell ill")
    with transaction() as session:
        tell(session, now=AT, limit=100)
    return visit


def test_nothing_says_any_more_who_it_was(firm: Firm, admin: Actor, scratch: Scratch) -> None:
    visit = told(firm, admin)
    before = said_anywhere(scratch)
    assert {"clients", "client_addresses", "appointments", "event_details"} <= set(before)
    assert scratch.one("SELECT count(*) FROM notifications") > 0
    take(erase_client, admin, firm.client, now=AT, reason="asked for by letter")
    assert said_anywhere(scratch) == {}
    assert scratch.sql("SELECT state, price IS NOT NULL FROM appointments WHERE id = %s", visit) == [
        ("cancelled", True)
    ]
    [(actor, reason)] = scratch.sql(
        "SELECT e.actor_id, d.reason FROM events e JOIN event_details d ON d.event_id = e.id"
        " WHERE kind = 'client_erased'"
    )
    assert (actor, reason) == (admin.person_id, "asked for by letter")
    # Whoever phones with that number tomorrow is somebody new.
    assert scratch.sql("SELECT 1 FROM clients WHERE phone = '+639171234567'") == []
    # Asked twice, nothing is different.
    take(erase_client, admin, firm.client, now=AT, reason="again")
    assert said_anywhere(scratch) == {}


def test_not_while_something_is_not_over(firm: Firm, admin: Actor) -> None:
    firm.book(0)
    with pytest.raises(NotPossible, match="visit that is not over"):
        take(erase_client, admin, firm.client, now=AT, reason="asked")


def test_all_of_it_in_one_file(firm: Firm, admin: Actor, scratch: Scratch) -> None:
    visit = told(firm, admin)
    with transaction() as session:
        found = take_along(session, admin, firm.client, now=AT)
    words = json.dumps(found, default=str)
    assert [one["name"] for one in found["client"]] == ["Mrs D'Souza"]
    assert [one["id"] for one in found["visits"]] == [visit]
    assert all(
        part in words for part in ("+639171234567", "1 Main Street", "Ring twice", "souza@example.org", "fell ill")
    )
    assert scratch.sql("SELECT 1 FROM events WHERE kind = 'client_exported' AND client_id = %s", firm.client)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin(firm: Firm, role: Role) -> None:
    somebody = Actor(firm.operator.person_id, role, "Somebody")
    for service, more in ((erase_client, {"reason": "asked"}), (take_along, {})):
        with pytest.raises(NotAllowed):
            take(service, somebody, firm.client, now=AT, **more)


def test_who_is_not_there(admin: Actor) -> None:
    for number in (0, 999_999, 2**70):
        with pytest.raises(NotFound):
            take(erase_client, admin, number, now=AT + timedelta(0), reason="asked")


def test_the_log_of_a_client_who_was_not_erased_cannot_be_emptied(firm: Firm) -> None:
    with pytest.raises(Exception, match="is not erased"), transaction() as session:
        session.execute(text("SELECT erase_event_details(:id)"), {"id": firm.client})
