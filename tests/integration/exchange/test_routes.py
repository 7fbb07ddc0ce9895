"""Files over HTTP: in for whoever may, out written down, and what goes out comes in again as the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from guitara_app.accounts.models import LoginSession
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.recognition import forget_person
from guitara_app.accounts.rules import token_hash
from guitara_app.api import exchange as routes
from guitara_app.api.app import outer_routes
from guitara_app.api.gate import Gate
from guitara_app.exchange.models import Subject
from guitara_app.exchange.rules import LARGEST_FILE
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from tests.integration.conftest import Scratch
from tests.integration.exchange.conftest import Desk, somebody, table
from tests.support.firm import Firm

HERE = "http://127.0.0.1"
ODD = ("=1+1", "'=1", "-", "a\nb", 'say "hi"', "a;b,c\td", "O'Hara", "José ñ 你好", "@home", "''", "\uff1dx")


@pytest.fixture
def client(firm: Firm, tmp_path: Path) -> Iterator[TestClient]:
    del firm
    app = Gate(Starlette(routes=outer_routes()), tmp_path)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 5000), follow_redirects=False) as client:
        yield client


def enter(client: TestClient, person: int | None) -> None:
    token = f"token of {person}".ljust(40, "x")
    with transaction() as session:
        session.add(
            LoginSession(person_id=person or 0, token_hash=token_hash(token), expires_at=now() + timedelta(hours=1))
        )
    forget_person(person or 0)
    client.cookies.clear()
    client.cookies.set("sid", token)


def send(client: TestClient, content: bytes, subject: str = "clients", **more: str) -> Any:
    return client.post(f"/import/file/{subject}", files={"file": ("../list.csv", content, "text/html")}, headers=more)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("subject", list(Subject))
def test_what_goes_out_comes_in_again_as_the_same(
    client: TestClient, firm: Firm, ramon: Desk, scratch: Scratch, subject: Subject, form: str
) -> None:
    for number, words in enumerate(ODD):
        scratch.sql(
            "INSERT INTO clients (name, phone, email, notes, preferred_gender, preferred_pressure,"
            " preferred_therapist_id, version) VALUES (%s, %s, %s, %s, 'male', 'light', %s, 1)",
            " ".join(words.split()), f"+6391855500{number:02}", f"c{number}@example.com", words, firm.therapists[0],
        )  # fmt: skip
    scratch.sql(
        "INSERT INTO client_phones (client_id, phone) SELECT id, '+6391855501' || lpad(id::text, 2, '0') FROM clients"
    )
    scratch.sql(
        "INSERT INTO client_addresses (client_id, line, locality_id, notes) SELECT c.id, '+' || x || ' Main', %s,"
        " '=gate' FROM clients c, generate_series(1, 2) x",
        firm.locality,
    )
    scratch.sql("UPDATE services SET name = '=Shiatsu', price = 1250.5, active = false")
    scratch.sql("UPDATE people SET disabled_at = now(), phone = '+639171234500' WHERE username = 't1'")
    enter(client, ramon.actor.person_id)
    answer = client.get(f"/export/{subject}.{form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f"attachment; filename=guitara-{subject}.{form}"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) == int(answer.headers["content-length"])
    stands = ramon.look(answer.content, subject)
    assert ramon.told() == {row: [] for row in ramon.told()}
    many = scratch.one({"clients": "SELECT count(*) FROM clients", "services": "SELECT count(*) FROM services"}.get(
        subject, "SELECT count(*) FROM people"
    ))  # fmt: skip
    assert (stands["same"], stands["refused"], stands["new"], stands["changed"]) == (many, 0, 0, 0)
    [(data, actor)] = scratch.sql(f"SELECT data, actor_id FROM events WHERE kind = '{subject}_exported'")
    assert (data, actor) == ({"rows": many, "form": form}, ramon.actor.person_id)


def test_erased_and_merged_clients_do_not_go_out(client: TestClient, firm: Firm, marga: Desk, scratch: Scratch) -> None:
    scratch.sql("UPDATE clients SET erased_at = now()")
    enter(client, marga.actor.person_id)
    assert client.get("/export/clients.csv").text.count("\r\n") == 1


def test_more_rows_than_a_sheet_holds_are_told(
    client: TestClient, marga: Desk, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "ROWS_OF_A_SHEET", 0)
    enter(client, marga.actor.person_id)
    answer = client.get("/export/clients.xlsx")
    assert (answer.status_code, "Take the CSV instead" in answer.text) == (422, True)
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'clients_exported'") == 0
    assert client.get("/export/clients.csv").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_who_may(client: TestClient, firm: Firm, role: Role) -> None:
    enter(client, firm.drivers[0] if role == Role.DRIVER else somebody("sam", role).actor.person_id)
    manages, all_of_it = role in (Role.MANAGER, Role.ADMIN), role == Role.ADMIN
    for subject, may in (("clients", manages), ("services", manages), ("staff", all_of_it)):
        assert (client.get(f"/export/{subject}.csv").status_code == 200) is may, subject
        assert (send(client, b"Name,Phone\nEve,0918 555 0001", subject).status_code == 201) is may, subject


def test_nobody_without_a_session(client: TestClient) -> None:
    assert send(client, b"Name\nx").status_code == 401
    for path in ("/export/clients.csv", "/import/1/refused.csv"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fimport")


def test_what_cannot_be_taken_is_told(client: TestClient, marga: Desk) -> None:
    enter(client, marga.actor.person_id)
    assert send(client, b"").json()["detail"] == "Choose a CSV or Excel file."
    assert "neither a CSV nor an Excel file" in send(client, b"\x00\x01").json()["detail"]
    assert client.post("/import/file/clients", content=b"no form").status_code == 422
    assert send(client, b"Name\nx", "cats").status_code == 404
    assert send(client, b"Name\nx", origin="https://elsewhere.example").status_code == 403
    assert send(client, b"x" * (LARGEST_FILE + 70_000)).status_code == 413
    assert marga.stands()["id"] == 0
    assert send(client, b"Name\n" + b"x\n" * 600_000).status_code == 201


def test_refused_rows_as_a_file_can_be_corrected_and_sent_again(client: TestClient, marga: Desk) -> None:
    number = marga.look(table("Name|Phone|Notes", "Eve|12|=1+1", "Lou|0918 555 0002|"))["id"]
    enter(client, marga.actor.person_id)
    refused = client.get(f"/import/{number}/refused.csv")
    assert refused.text.split("\r\n")[:2] == [
        "\ufeffName,Phone,Notes,Row,Why it was refused",
        '''Eve,12,'=1+1,2,"Phone: This is not a phone number. Type it like 0917 123 4567, or with +country code."''',
    ]
    assert marga.look(refused.content.replace(b",12,", b",0918 555 0003,"))["new"] == 1
    enter(client, somebody("iris", Role.MANAGER).actor.person_id)
    assert client.get(f"/import/{number}/refused.csv").status_code == 422
