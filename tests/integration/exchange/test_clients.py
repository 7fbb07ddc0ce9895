"""Files of clients: what becomes of each row, and that all of it is taken in or nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.rules import ClientChange, NewClient
from guitara_app.clients.services import create, edit
from guitara_app.exchange.models import Subject
from guitara_app.exchange.services import (
    back_to_columns,
    carry_out,
    carrying,
    forget_old,
    of_clients,
    put_away,
    take_file,
    take_in,
)
from guitara_app.kit.database import run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.conftest import Scratch
from tests.integration.exchange.conftest import Desk, somebody, table
from tests.support.firm import NOW, Firm

HEAD = (
    "Number|Name|Phone|Other phones|E-mail|Notes|Preferred gender|Preferred pressure|Preferred therapist|Address|Town"
)


def test_new_changed_same_and_refused(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(
        table(
            "Name|Phone|E-mail|Notes",
            "Mrs D'Souza|0917 123 4567||",
            "José  Peña|0918 555 0001|JOSE@example.com|=1+1",
            "Nobody|12345||",
            "|0918 555 0002||",
            "José again|+63 918 555 0001||",
            "Bad mail|0918 555 0003|nonsense|",
        )
    )
    assert (stands["state"], stands["new"], stands["same"], stands["refused"]) == ("checked", 1, 1, 4)
    told = marga.told("refused")
    assert told[4] == ["Phone: This is not a phone number. Type it like 0917 123 4567, or with +country code."]
    assert told[5] == ["Name: A new client needs a name."]
    assert told[6] == ["Phone: Row 3 has this phone too."]
    assert told[7] == ["E-mail: This is not an e-mail address. Leave it empty if there is none."]
    number = stands["id"]
    with pytest.raises(NotPossible, match="leave them out"):
        marga.take(number)
    assert marga.take(number, leave_out=True)["state"] == "done"
    assert scratch.sql("SELECT name, phone, email, notes FROM clients ORDER BY id OFFSET 1") == [
        ("José Peña", "+639185550001", "jose@example.com", "=1+1")
    ]
    assert scratch.one("SELECT count(*) FROM import_files") == 0
    assert scratch.sql("SELECT DISTINCT fate FROM import_rows") == [("refused",)]


def test_a_change_says_which_fields_and_is_written_down(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(
        table(
            f"{HEAD}|Address notes",
            f"{firm.client}|Maria D'Souza|0918 555 0009|0918 555 0010, 0918 555 0011|m@example.com|Dog|female|hard|t1"
            "|5 Mabini St|Pasig|Blue gate",
        )
    )
    assert stands["changed"] == 1
    assert sorted(marga.told()[2]) == [
        "Address: nothing \u2192 5 Mabini St, Pasig",
        "E-mail: nothing \u2192 m@example.com",
        "Name: Mrs D'Souza \u2192 Maria D'Souza",
        "Notes: nothing \u2192 Dog",
        "Other phones: nothing \u2192 0918 555 0010, 0918 555 0011",
        "Phone: 0917 123 4567 \u2192 0918 555 0009",
        "Preferred gender: nothing \u2192 female",
        "Preferred pressure: nothing \u2192 hard",
        "Preferred therapist: nothing \u2192 Therapist 1",
    ]
    marga.take(stands["id"])
    assert scratch.sql("SELECT phone FROM client_phones ORDER BY id") == [("+639185550010",), ("+639185550011",)]
    assert scratch.sql("SELECT line, notes FROM client_addresses ORDER BY id OFFSET 1") == [
        ("5 Mabini St", "Blue gate")
    ]
    [(data, before, after, actor, door)] = scratch.sql(
        "SELECT e.data, d.before, d.after, e.actor_id, e.door FROM events e JOIN event_details d ON d.event_id = e.id"
        " WHERE e.kind = 'client_changed'"
    )
    assert (data["version"], before["name"], after["name"]) == (2, "Mrs D'Souza", "Maria D'Souza")
    assert (actor, door) == (marga.actor.person_id, "page")
    [(topics, counts)] = scratch.sql("SELECT topics, data FROM events WHERE kind = 'clients_imported'")
    assert f"client:{firm.client}" in topics
    assert counts["changed"] == 1


def test_the_same_file_twice_makes_no_duplicates(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    people = table(HEAD, *(f"|Client {n}|0918 555 {n:04}|||||||{n} Rizal Ave|Pasig" for n in range(40)))
    marga.take(marga.look(people)["id"])
    again = marga.look(people)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 40)
    with pytest.raises(NotPossible, match="nothing to take in"):
        marga.take(again["id"])
    assert scratch.one("SELECT count(*) FROM clients") == 41
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'client_added'") == 40
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'client_added' AND published_at IS NULL") == 0
    assert scratch.one("SELECT count(*) FROM client_addresses") == 41


def test_clients_are_recognised_by_number_then_phone_then_email(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    scratch.sql("UPDATE clients SET email = 'souza@example.com'")
    scratch.sql("INSERT INTO client_phones (client_id, phone) VALUES (%s, '+639185550001')", firm.client)
    for line, fate in (
        (f"{firm.client}|Mrs D'Souza||", "same"),
        ("|Mrs D'Souza|0917 123 4567|", "same"),
        # One of their other phones; it does not become the first.
        ("|Mrs D'Souza|0918 555 0001|", "same"),
        ("|Mrs D'Souza||Souza@Example.com", "same"),
        ("|Mrs D'Souza|0918 555 0002|souza@example.com", "changed"),
        # By number, so the first phone is the one that is said.
        (f"{firm.client}|Mrs D'Souza|0918 555 0001|", "changed"),
        ("404|Mrs D'Souza||", "refused"),
    ):
        marga.look(table("Number|Name|Phone|E-mail", line))
        assert [row["fate"] for row in marga.rows()] == [fate], line


def test_what_belongs_to_others_is_refused_by_name(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    scratch.sql("UPDATE clients SET email = 'souza@example.com'")
    marga.take(marga.look(table("Name|Phone", "Eve|0918 555 0001"))["id"])
    eve = scratch.one("SELECT max(id) FROM clients")
    who = f"This belongs to Mrs D'Souza, client {firm.client}. Correct it, or put that number into the row."
    for line, field in (
        (f"{eve}|Eve|0917 123 4567||", "Phone"),
        ("|New|0918 555 0002|0917 123 4567|", "Other phones"),
        ("|Eve|0918 555 0001||souza@example.com", "E-mail"),
    ):
        marga.look(table("Number|Name|Phone|Other phones|E-mail", line))
        assert marga.told("refused") == {2: [f"{field}: {who}"]}


def test_rows_about_one_client_are_told_once(firm: Firm, marga: Desk) -> None:
    marga.look(
        table(
            "Number|Name|Phone|Other phones",
            "|Mrs D'Souza|0917 123 4567|",
            f"{firm.client}|Mrs Souza||",
            "|A|0918 555 0001|",
            "|B|0918 555 0002|0918 555 0001",
        )
    )
    assert marga.told("refused") == {
        3: ["Number: Row 2 is about the same client."],
        5: ["Phone: Row 4 has this phone too."],
    }


def test_merged_and_erased_clients_are_nobody(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    scratch.sql(
        "INSERT INTO clients (name, phone, merged_into_id, version) VALUES ('Gone', '+639185550001', %s, 1)",
        firm.client,
    )
    scratch.sql("INSERT INTO clients (name, phone, erased_at, version) VALUES ('Erased', '+99900000000009', now(), 1)")
    gone, erased = (number for (number,) in scratch.sql("SELECT id FROM clients ORDER BY id OFFSET 1"))
    marga.look(table("Number|Name|Phone", f"{gone}|A|", f"{erased}|B|", "|C|0918 555 0001"))
    assert [row["fate"] for row in marga.rows()] == ["refused", "refused", "new"]


def test_a_client_booked_meanwhile_is_told_and_nothing_is_taken_in(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(table("Name|Phone", "Eve Reyes|0918 555 0001", "Lou|0918 555 0002"))
    run(lambda session: create(session, firm.operator, NewClient(name="Eve", phone="09185550001"), now=NOW))
    after = marga.take(stands["id"])
    assert after["state"] == "checking"
    assert scratch.one("SELECT count(*) FROM clients") == 2
    carry_out(stands["id"], now=NOW)
    after = marga.stands()
    assert (after["state"], after["new"], after["changed"]) == ("checked", 1, 1)
    assert "colleagues changed what a row would come to" in after["problem"]
    assert marga.told("changed") == {2: ["Name: Eve \u2192 Eve Reyes"]}
    marga.take(stands["id"])
    assert scratch.one("SELECT count(*) FROM clients") == 3


@pytest.mark.parametrize("theirs", ["first", "other"])
def test_a_number_given_at_the_same_moment_has_one_owner(
    firm: Firm, marga: Desk, scratch: Scratch, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody types the number into the form while the import is between comparing and committing."""
    stands = marga.look(table("Name|Phone|Other phones", "Eve|0918 555 0001|0918 555 0002"))
    run(lambda session: take_in(session, marga.actor, stands["id"], leave_out=False, now=NOW))
    written, go_on = threading.Event(), threading.Event()
    real = of_clients.hold_all_words

    def slowly(session: Any) -> None:
        written.set()
        assert go_on.wait(10)
        real(session)

    monkeypatch.setattr(of_clients, "hold_all_words", slowly)

    def type_it() -> str:
        try:
            if theirs == "first":
                new = NewClient(name="Lou", phone="0918 555 0002")
                run(lambda session: create(session, firm.operator, new, now=NOW))
            else:
                change = ClientChange(other_phones="0918 555 0001")
                run(lambda session: edit(session, firm.operator, firm.client, change, version=1, now=NOW))
        except Invalid as error:
            return error.sentence
        return "kept"

    with ThreadPoolExecutor(2) as both:
        importing = both.submit(carry_out, stands["id"], now=NOW)
        assert written.wait(10)
        assert both.submit(type_it).result(10) == "kept"
        go_on.set()
        importing.result(20)
    owners = "SELECT phone FROM clients UNION ALL SELECT phone FROM client_phones"
    assert scratch.sql(f"SELECT phone FROM ({owners}) p GROUP BY phone HAVING count(*) > 1") == []
    assert marga.stands()["state"] == "checking"
    assert scratch.one("SELECT count(*) FROM clients WHERE name = 'Eve'") == 0


def test_killed_in_the_middle_nothing_is_half_and_it_goes_on(
    firm: Firm, marga: Desk, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_clients, "SLICE", 10)
    stands = marga.look(table("Name|Phone", *(f"C{n}|0918 555 {n:04}" for n in range(35))))
    run(lambda session: take_in(session, marga.actor, stands["id"], leave_out=False, now=NOW))

    class Killed(BaseException):
        pass

    real = carrying._Progress.reached

    def die(self: Any, done: int) -> None:
        if done == 20:
            raise Killed
        real(self, done)

    with monkeypatch.context() as dying:
        dying.setattr(carrying._Progress, "reached", die)
        with pytest.raises(Killed):
            carry_out(stands["id"], now=NOW)
    assert scratch.one("SELECT count(*) FROM clients") == 1
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'client_added'") == 0
    assert marga.stands()["state"] == "importing"
    carry_out(stands["id"], now=NOW)
    carry_out(stands["id"], now=NOW)
    assert marga.stands()["state"] == "done"
    assert scratch.one("SELECT count(*) FROM clients") == 36


def test_what_kills_its_worker_each_time_is_given_up(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(table("Name|Phone", "Eve|0918 555 0001"))
    run(lambda session: take_in(session, marga.actor, stands["id"], leave_out=False, now=NOW))
    scratch.sql("UPDATE imports SET tries = 5")
    carry_out(stands["id"], now=NOW)
    after = marga.stands()
    assert after["state"] == "checked"
    assert "could not be finished" in after["problem"]
    assert marga.take(stands["id"])["state"] == "done"


def test_whoever_lost_the_right_takes_nothing_in(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(table("Name|Phone", "Eve|0918 555 0001"))
    run(lambda session: take_in(session, marga.actor, stands["id"], leave_out=False, now=NOW))
    scratch.sql("UPDATE people SET role = 'operator' WHERE username = 'marga'")
    carry_out(stands["id"], now=NOW)
    assert scratch.one("SELECT count(*) FROM clients") == 1
    assert "Your account may not do this" in marga.stands()["problem"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.THERAPIST, Role.DRIVER])
def test_others_may_not(firm: Firm, role: Role) -> None:
    actor = Actor(firm.operator.person_id, role, "x")
    with pytest.raises(NotAllowed):
        run(lambda session: take_file(session, actor, Subject.CLIENTS, name="x", content=b"Name\nx", now=NOW))


def test_a_file_is_its_senders_alone(firm: Firm, marga: Desk) -> None:
    number = marga.send(table("Name|Phone", "Eve|0918 555 0001"))
    other = somebody("iris", Role.MANAGER)
    for act in (
        lambda session: put_away(session, other.actor, number, now=NOW),
        lambda session: take_in(session, other.actor, number, leave_out=False, now=NOW),
        lambda session: back_to_columns(session, other.actor, number, now=NOW),
    ):
        with pytest.raises(NotFound):
            run(act)
    assert other.stands()["id"] == 0


def test_a_file_is_forgotten(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    marga.look(table("Name|Phone", "Eve|0918 555 0001"))
    assert run(lambda session: forget_old(session, now=NOW + timedelta(hours=23))) == 0
    assert run(lambda session: forget_old(session, now=NOW + timedelta(hours=25))) == 1
    left = scratch.sql(
        "SELECT (SELECT count(*) FROM import_rows), (SELECT count(*) FROM import_files), sample FROM imports"
    )
    assert left == [(0, 0, [])]


def test_columns_are_chosen_by_hand(firm: Firm, marga: Desk) -> None:
    number = marga.send("Wer;Womit;Was\nEve;0918 555 0001;Dog\n")
    with pytest.raises(Invalid, match="by it a row is recognised"):
        marga.check(number, {"name": 0})
    with pytest.raises(Invalid, match="Choose it once"):
        marga.check(number, {"name": 0, "phone": 0})
    assert marga.check(number, {"name": 0, "phone": 1, "notes": 2})["new"] == 1
    run(lambda session: back_to_columns(session, marga.actor, number, now=NOW))
    assert marga.check(number, {"name": 0, "phone": 1})["new"] == 1


def test_a_later_row_that_cannot_be_read_is_told(firm: Firm, marga: Desk) -> None:
    stands = marga.look('Name,Phone\nEve,0918 555 0001\nA,1\nB,1\nC,1\nD,1\nE,1\n"Lou,0918 555 0002\n')
    assert stands["state"] == "mapping"
    assert stands["problem"].startswith("Row 8 cannot be read: look at its quotation marks.")


def test_more_cells_than_columns_is_told(firm: Firm, marga: Desk) -> None:
    marga.look("Name,Phone\nEve, Reyes,0918 555 0001\n")
    assert marga.told("refused")[2][-1] == "Row: More cells than columns. A cell with commas needs quotation marks."


def test_more_rows_than_fit_are_told(firm: Firm, marga: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(carrying.MOST_ROWS, Subject.CLIENTS, 2)
    stands = marga.look("Phone\n1\n2\n3\n")
    assert (stands["state"], "more than 2 rows" in stands["problem"]) == ("mapping", True)
