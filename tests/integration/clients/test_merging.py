"""Two clients who are one person: how they are found, and what becomes of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import time
from threading import Barrier

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.queries import card, client_page, duplicates, living_id, merge_preview, search
from guitara_app.clients.rules import ClientChange, NewClient
from guitara_app.clients.services import create, edit, merge
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, NotAllowed, NotFound, NotPossible
from guitara_app.kit.events import Event, EventDetail
from tests.integration.clients.conftest import add
from tests.support.firm import NOW, Firm


def join(firm: Firm, keep: int, gone: int, *, by: Actor | None = None) -> int:
    return run(lambda session: merge(session, by or firm.operator, keep_id=keep, gone_id=gone, now=NOW))


def found(typed: str) -> list[int]:
    with reading() as session:
        return [hit.id for hit in search(session, typed)]


@pytest.fixture
def twin(firm: Firm) -> int:
    """Mrs D'Souza once more, with a visit, an address, notes and likes of her own."""
    twin = add(
        "Mrs Dsouza",
        "+639181112222",
        email="dsouza@example.ph",
        notes="Dog in the yard",
        preferred_pressure="light",
        preferred_therapist_id=firm.therapists[2],
    )
    with transaction() as session:
        session.add(ClientAddress(client_id=twin, line="1 MAIN street", locality_id=firm.locality, last_used_at=NOW))
    firm.book(1, client_id=twin, address_id=None, address_line="9 Other St", locality_id=firm.locality)
    return twin


def test_everything_follows_and_nothing_is_lost(firm: Firm, twin: int) -> None:
    own = firm.book(0, start=time(23))
    with reading() as session:
        preview = merge_preview(session, firm.client, twin)
    assert preview["moves"] == [
        "1 visit moves",
        "2 addresses move",
        "0918 111 2222 is kept as another phone",
        "dsouza@example.ph becomes the e-mail",
        "The notes are put below the other ones",
        "Preferred pressure, therapist is taken over",
    ]
    assert join(firm, firm.client, twin) == firm.client
    with reading() as session:
        page = client_page(session, twin)
        assert page is not None
        facts = page["client"]
        assert (facts["id"], facts["moved_to"]) == (firm.client, firm.client)
        assert (facts["phone"], facts["other_phones"]) == ("0917 123 4567", "0918 111 2222")
        assert (facts["email"], facts["preferred_pressure"]) == ("dsouza@example.ph", "light")
        assert facts["therapist"] == "Therapist 2"
        assert "Dog in the yard" in facts["notes"]
        assert len(page["history"]) == facts["visits"] == 2
        assert {place["line"] for place in page["addresses"]} == {"1 MAIN street", "9 Other St"}
        assert own in {visit["id"] for visit in page["history"]}
        assert page["changes"][0]["what"] == "Merged"
        assert card(session, twin).id == living_id(session, twin) == firm.client
    for typed in ("mrs dsouza", "0918 111 2222", "2222", "dsouza@example", "0917 123 4567"):
        assert found(typed) == [firm.client]


def test_the_log_knows_what_moved_and_every_page_hears_of_it(firm: Firm, twin: int) -> None:
    join(firm, firm.client, twin)
    with reading() as session:
        event = session.query(Event).filter_by(kind="clients_merged").one()
        detail = session.get_one(EventDetail, event.id)
        visit = session.execute(text("SELECT id FROM appointments")).scalar_one()
    assert {f"client:{firm.client}", f"client:{twin}", f"appointment:{visit}", "desk"} <= set(event.topics)
    assert f"person:{firm.therapists[1]}" in event.topics
    assert detail.before is not None
    assert detail.before["gone"]["notes"] == "Dog in the yard"
    assert detail.before["moved"]["appointments"] == [visit]
    assert len(detail.before["moved"]["client_addresses"]) == 2


def test_an_old_number_books_for_the_survivor(firm: Firm, twin: int) -> None:
    join(firm, firm.client, twin)
    visit = firm.book(0, client_id=twin)
    with reading() as session:
        assert session.execute(text("SELECT client_id FROM appointments WHERE id = :id"), {"id": visit}).scalar() == (
            firm.client
        )


def test_nobody_else_can_take_the_phones_of_a_merged_client_until_they_are_given_up(firm: Firm, twin: int) -> None:
    join(firm, firm.client, twin)
    again = NewClient(name="Other", phone="0918 111 2222")
    with pytest.raises(GuitaraError, match="Mrs D'Souza already has this phone"):
        run(lambda session: create(session, firm.operator, again, now=NOW))
    with reading() as session:
        version = client_page(session, firm.client)["client"]["version"]  # type: ignore[index]
    empty = ClientChange(other_phones="")
    run(lambda session: edit(session, firm.operator, firm.client, empty, version=version, now=NOW))
    made = run(lambda session: create(session, firm.operator, again, now=NOW))
    assert found("0918 111 2222") == [made.id]


def test_chains_end_at_the_last_survivor(firm: Firm, twin: int) -> None:
    third = add("Mrs D. Souza", "+639183334444")
    join(firm, firm.client, twin)
    join(firm, third, firm.client)
    with reading() as session:
        assert {living_id(session, number) for number in (twin, firm.client, third)} == {third}
        assert client_page(session, twin)["client"]["other_phones"] == "0918 111 2222, 0917 123 4567"  # type: ignore[index]


def test_what_cannot_be_merged_is_refused(firm: Firm, twin: int) -> None:
    with pytest.raises(NotPossible, match="one and the same"):
        join(firm, twin, twin)
    for number in (0, -5, 2**63, 404):
        with pytest.raises(NotFound):
            join(firm, firm.client, number)
    with pytest.raises(NotAllowed):
        join(firm, firm.client, twin, by=firm.therapist())
    join(firm, firm.client, twin)
    for keep, gone in ((firm.client, twin), (twin, firm.client)):
        with pytest.raises(NotPossible, match="was merged into Mrs D'Souza"):
            join(firm, keep, gone)
        with reading() as session, pytest.raises(NotPossible):
            merge_preview(session, keep, gone)
    with pytest.raises(NotPossible, match="was merged into"):
        run(lambda session: edit(session, firm.operator, twin, ClientChange(notes="x"), version=2, now=NOW))


def test_two_merges_at_once_in_opposite_directions_leave_one(firm: Firm, twin: int) -> None:
    start = Barrier(2)

    def one(keep: int, gone: int) -> str:
        start.wait()
        try:
            join(firm, keep, gone)
        except NotPossible:
            return "refused"
        return "merged"

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(one, (firm.client, twin), (twin, firm.client)))
    assert sorted(ends) == ["merged", "refused"]
    with reading() as session:
        assert session.query(Client).filter(Client.merged_into_id.is_(None)).count() == 1  # type: ignore[union-attr]


def test_a_booking_made_while_the_client_is_merged_ends_with_the_survivor(firm: Firm, twin: int) -> None:
    start = Barrier(2)

    def book() -> None:
        start.wait()
        firm.book(0, client_id=twin, address_id=None, address_line="5 New St", locality_id=firm.locality)

    def unite() -> None:
        start.wait()
        join(firm, firm.client, twin)

    with ThreadPoolExecutor(2) as pool:
        for work in [pool.submit(book), pool.submit(unite)]:
            work.result()
    with reading() as session:
        owners = session.execute(text("SELECT DISTINCT client_id FROM appointments")).scalars().all()
        places = session.execute(text("SELECT DISTINCT client_id FROM client_addresses")).scalars().all()
    assert owners == places == [firm.client]


def test_probable_duplicates_are_suggested_with_the_reason(firm: Firm, twin: int) -> None:
    slip = add("Somebody Else", "+639171234568", email="dsouza.m@mail.ph")
    abroad = add("D'Souza Mrs", "+19171234567")
    add("Mrs Other", "+639187654321")
    with reading() as session:
        reasons = {line["id"]: line["because"] for line in duplicates(session, firm.client)}
    assert reasons == {
        abroad: "same name, same phone digits",
        twin: "same name, same address",
    }
    with transaction() as session:
        session.add(ClientAddress(client_id=slip, line="1 main street", locality_id=firm.locality))
    with reading() as session:
        reasons = {line["id"]: line["because"] for line in duplicates(session, firm.client)}
    assert reasons[slip] == "phone differs in one digit, same address"
    join(firm, firm.client, twin)
    with reading() as session:
        assert twin not in {line["id"] for line in duplicates(session, firm.client)}
        assert duplicates(session, twin) == []


def test_a_name_that_many_have_alone_is_no_duplicate(firm: Firm) -> None:
    ids = [add("Maria Santos", f"+63917000{number:02}{number:02}") for number in range(10, 20)]
    with reading() as session:
        assert duplicates(session, ids[0]) == []


def test_the_drivers_and_therapists_role_is_no_desk(firm: Firm, twin: int) -> None:
    for role in (Role.THERAPIST, Role.DRIVER):
        with pytest.raises(NotAllowed):
            join(firm, firm.client, twin, by=Actor(firm.drivers[0], role, "Somebody"))
