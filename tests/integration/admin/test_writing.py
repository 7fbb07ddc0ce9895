"""What the console writes goes through the services: checked, told to open pages, in the log with before and after."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.admin.acts import ACTS
from guitara_app.admin.writing import WRITTEN
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.events import Event, EventDetail
from tests.integration.admin.conftest import House, standing_in, words_of
from tests.integration.conftest import Scratch


def row(statement: str, **values: Any) -> Any:
    with reading() as session:
        return session.execute(text(statement), values).one()


def last_event() -> tuple[Event, EventDetail | None]:
    with reading() as session:
        event = session.query(Event).order_by(Event.id.desc()).first()  # type: ignore[attr-defined]  # a column
        assert event is not None
        return event, session.get(EventDetail, event.id)


def test_a_client_is_changed_as_on_their_card(house: House) -> None:
    client = house.firm.client
    answer = house.browser().send(f"/clients/edit?pk={client}", name="Mrs O'Neil", phone="0917 222 3333")
    assert answer.status_code == 303, words_of(answer)
    found = row("SELECT name, phone, version FROM clients WHERE id = :id", id=client)
    assert tuple(found) == ("Mrs O'Neil", "+639172223333", 2)
    event, detail = last_event()
    assert (event.kind, event.actor_id, event.door) == ("client_changed", house.people[Role.ADMIN], "console")
    assert f"client:{client}" in event.topics
    assert detail is not None
    assert detail.before == {"name": "Mrs D'Souza", "phone": "+639171234567"}
    assert detail.after == {"name": "Mrs O'Neil", "phone": "+639172223333"}


def test_what_is_refused_stands_in_the_form_and_what_was_typed_stays(house: House) -> None:
    client = house.firm.client
    refused = house.browser().send(f"/clients/edit?pk={client}", name="It's <b>me</b>", phone="12", email="nothing")
    assert refused.status_code == 422
    assert "This is not a phone number" in words_of(refused)
    assert {"name": "It's <b>me</b>", "phone": "12", "email": "nothing"}.items() <= standing_in(refused.text).items()
    assert row("SELECT name FROM clients WHERE id = :id", id=client).name == "Mrs D'Souza"


def test_a_phone_that_somebody_has_is_refused_with_their_name(house: House, scratch: Scratch) -> None:
    scratch.sql("INSERT INTO clients (name, phone, version) VALUES ('Rosa', '+639170000001', 1)")
    refused = house.browser().send(f"/clients/edit?pk={house.firm.client}", phone="0917 000 0001")
    assert refused.status_code == 422
    assert "Rosa" in words_of(refused)


def test_a_client_is_added_with_preferences(house: House) -> None:
    answer = house.browser().send(
        "/clients/create",
        name="Rosa  Reyes",
        phone="0917 000 0009",
        preferred_pressure="hard",
        preferred_therapist=house.firm.therapists[1],
    )
    assert answer.status_code == 303, words_of(answer)
    found = row(
        "SELECT name, preferred_pressure AS p, preferred_therapist_id AS t FROM clients ORDER BY id DESC LIMIT 1"
    )
    assert tuple(found) == ("Rosa Reyes", "hard", house.firm.therapists[1])


def test_who_saves_second_is_told_who_was_first_and_may_insist(house: House) -> None:
    admin, client = house.browser(), house.firm.client
    path = f"/clients/edit?pk={client}"
    seen = standing_in(admin.get(path).text)
    assert admin.send(path, name="Mrs First").status_code == 303
    second = admin.client.post(f"/admin{path}", data={**seen, "name": "Mrs Second"})
    assert second.status_code == 422
    assert "Changed by One admin" in words_of(second)
    standing = standing_in(second.text)
    assert standing["name"] == "Mrs Second"
    assert admin.client.post(f"/admin{path}", data=standing).status_code == 303
    assert row("SELECT name FROM clients WHERE id = :id", id=client).name == "Mrs Second"


def test_an_account_is_added_and_changed(house: House) -> None:
    admin = house.browser()
    made = admin.send(
        "/people/create", username="Nico", name="Nico O'Hara", role="operator", email="", phone="", vehicle=""
    )
    assert made.status_code == 303, words_of(made)
    person = row("SELECT id, role, version FROM people WHERE username = 'nico'")
    assert person.role == "operator"
    changed = admin.send(f"/people/edit?pk={person.id}", role="manager", phone="0917 123 0000")
    assert changed.status_code == 303, words_of(changed)
    event, detail = last_event()
    assert event.kind == "account_changed"
    assert f"revoke:{person.id}" in event.topics
    assert detail is not None
    assert detail.before == {"role": "operator", "phone": None}
    assert detail.after == {"role": "manager", "phone": "+639171230000"}


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        ("own", {"role": "operator"}, "You cannot change your own role"),
        ("therapist", {"role": "operator"}, "keep their role"),
        ("driver", {"vehicle": ""}, "A driver has a vehicle"),
        ("operator", {"vehicle": "car"}, "A driver has a vehicle"),
        ("operator", {"username": "one-admin"}, "Type another"),
        ("operator", {"username": "with spaces"}, "without spaces"),
        ("operator", {"name": ""}, "required"),
        ("operator", {"phone": "x"}, "not a phone number"),
    ],
)
def test_an_account_is_not_made_into_what_it_cannot_be(
    house: House, who: str, typed: dict[str, str], said: str
) -> None:
    person = house.people[Role.ADMIN if who == "own" else Role(who)]
    refused = house.browser().send(f"/people/edit?pk={person}", **typed)
    assert refused.status_code == 422
    assert said in words_of(refused)
    assert typed.items() <= standing_in(refused.text).items()


def test_services_and_materials_are_added_and_changed(house: House) -> None:
    admin = house.browser()
    made = admin.send("/services/create", name="Lomi  Lomi", minutes=90, price="750.50", buffer_minutes=10, active="on")
    assert made.status_code == 303, words_of(made)
    lomi = row("SELECT id, price, active FROM services WHERE name = 'Lomi Lomi'")
    assert (str(lomi.price), lomi.active) == ("750.50", True)
    assert admin.send(f"/services/edit?pk={lomi.id}", price="800", active=None).status_code == 303
    event, detail = last_event()
    assert event.kind == "service_changed"
    assert detail is not None
    assert (detail.before, detail.after) == ({"price": "750.50", "active": True}, {"price": "800", "active": False})
    twice = admin.send(f"/services/edit?pk={lomi.id}", name="Shiatsu", minutes=1)
    assert "5 to 600 minutes" in words_of(twice)
    twice = admin.send(f"/services/edit?pk={lomi.id}", name="Shiatsu")
    assert "has this name" in words_of(twice)
    oil = admin.send(
        "/items/create", name="Oil", unit="bottle", kind="container", minimum=5, cost="120", expires_on="", active="on"
    )
    assert oil.status_code == 303, words_of(oil)
    item = row("SELECT id FROM items WHERE name = 'Oil'").id
    assert admin.send(f"/items/act/restock?pk={item}", quantity=12, reason="Delivered").status_code == 303
    assert row("SELECT available FROM items WHERE id = :id", id=item).available == 12
    assert admin.send(f"/items/edit?pk={item}", minimum=6, name="Lavender oil").status_code == 303
    assert row("SELECT available, minimum FROM items WHERE id = :id", id=item) == (12, 6)


def test_an_address_is_corrected_and_offered_no_more(house: House) -> None:
    admin, address = house.browser(), house.firm.address
    assert admin.send(f"/client-addresses/edit?pk={address}", line="2 St. John's Street").status_code == 303
    assert row("SELECT line FROM client_addresses WHERE id = :id", id=address).line == "2 St. John's Street"
    assert "Type the street" in words_of(admin.send(f"/client-addresses/edit?pk={address}", line=" "))
    assert admin.send(f"/client-addresses/act/retire?pk={address}").status_code == 303
    assert row("SELECT retired_at FROM client_addresses WHERE id = :id", id=address).retired_at is not None


def test_a_visit_is_cancelled_and_reopened_by_the_services(house: House) -> None:
    admin, visit = house.browser(), house.firm.book(0)
    detail = admin.get(f"/appointments/detail?pk={visit}").text
    assert "act/cancel" in detail
    assert "act/reopen" not in detail
    done = admin.send(f"/appointments/act/cancel?pk={visit}", reason="Client's ill")
    assert done.status_code == 303, words_of(done)
    assert row("SELECT state FROM appointments WHERE id = :id", id=visit).state == "cancelled"
    event, said = last_event()
    assert (event.kind, event.door, event.actor_id) == ("appointment_cancelled", "console", house.people[Role.ADMIN])
    assert said is not None
    assert said.reason == "Client's ill"
    twice = admin.send(f"/appointments/act/cancel?pk={visit}", reason="It's late")
    assert twice.status_code == 422
    assert standing_in(twice.text)["reason"] == "It's late"
    assert admin.send(f"/appointments/act/reopen?pk={visit}", reason="Well again").status_code == 303
    forced = admin.send(f"/appointments/act/force?pk={visit}", reason="", to_state="completed")
    assert forced.status_code == 422


def test_the_same_form_sent_twice_counts_once(house: House, scratch: Scratch) -> None:
    admin = house.browser()
    admin.send("/items/create", name="Oil", unit="bottle", kind="container", minimum=5, cost="120", active="on")
    item = scratch.one("SELECT id FROM items")
    path = f"/items/act/restock?pk={item}"
    typed = {**standing_in(admin.get(path).text), "quantity": "3", "reason": ""}
    assert [admin.client.post(f"/admin{path}", data=typed).status_code for _ in range(2)] == [303, 303]
    assert scratch.one("SELECT available FROM items") == 3


def test_an_account_is_disabled_with_a_reason(house: House) -> None:
    admin, person = house.browser(), house.people[Role.OPERATOR]
    refused = admin.send(f"/people/act/disable?pk={person}", reason="")
    assert "Give a reason" in words_of(refused)
    assert admin.send(f"/people/act/disable?pk={person}", reason="Left").status_code == 303
    assert row("SELECT disabled_at FROM people WHERE id = :id", id=person).disabled_at is not None
    assert admin.send(f"/people/act/enable?pk={person}", reason="Back").status_code == 303


def test_what_only_the_database_refuses_is_said_in_the_form(house: House, scratch: Scratch) -> None:
    scratch.sql("ALTER TABLE services ADD CONSTRAINT odd CHECK (name <> 'Odd')")
    refused = house.browser().send("/services/create", name="Odd", minutes=60, price="1", buffer_minutes=0)
    assert refused.status_code == 422
    assert "Another service has this name" in words_of(refused) or "cannot be right" in words_of(refused)
    assert standing_in(refused.text)["name"] == "Odd"


def test_tables_without_a_service_are_only_read(house: House) -> None:
    admin = house.browser()
    read_only = {
        "events",
        "event_details",
        "idempotency_keys",
        "kept_answers",
        "payments",
        "receipts",
        "stock_movements",
    }
    assert not read_only & (set(WRITTEN) | set(ACTS))
    token = admin.get("/clients/list") and admin.client.cookies["starlette_admin_csrftoken"]
    for view in house.dash._model_views:
        writes = view.table.name in WRITTEN  # type: ignore[attr-defined]  # every view is of a table
        assert (admin.get(f"/{view.key}/create").status_code == 200) is (
            writes and WRITTEN[view.table.name].add is not None
        )  # type: ignore[attr-defined]
        for name in ("delete", "edit", "act-cancel", "view"):
            sent = admin.client.post(
                f"/admin/_api/{view.key}/row-action?name={name}&pk=1", headers={"x-csrftoken": token}
            )
            assert sent.status_code == 400, (view.key, name)
        gone = admin.client.post(f"/admin/_api/{view.key}/action?name=delete&pks=1", headers={"x-csrftoken": token})
        assert gone.status_code == 400, view.key
        inline = admin.client.post(
            f"/admin/_api/{view.key}/inline-edit?pk=1&field=name", headers={"x-csrftoken": token}, data={"name": "x"}
        )
        assert inline.status_code == 403
        taken = admin.client.post(f"/admin/_api/{view.key}/import", headers={"x-csrftoken": token})
        assert taken.status_code == 403
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM clients")).scalar() == 1
