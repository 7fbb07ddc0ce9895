"""Receipts over HTTP: in by a form, out only to whom they concern, and nothing of them where others look."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from guitara_app.accounts.models import LoginSession
from guitara_app.accounts.recognition import forget_person
from guitara_app.accounts.rules import token_hash
from guitara_app.api.app import outer_routes
from guitara_app.api.gate import Gate
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from guitara_app.money.rules import LARGEST_RECEIPT
from tests.integration.money.conftest import PNG
from tests.support.firm import Firm
from tests.support.steps import awaiting

HERE = "http://127.0.0.1"


@pytest.fixture
def client(firm: Firm, tmp_path: Path) -> Iterator[TestClient]:
    app = Gate(Starlette(routes=outer_routes()), tmp_path)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 5000), follow_redirects=False) as client:
        yield client


def as_person(client: TestClient, person: int) -> None:
    token = f"token of {person}".ljust(40, "x")
    with transaction() as session:
        session.add(LoginSession(person_id=person, token_hash=token_hash(token), expires_at=now() + timedelta(hours=1)))
    forget_person(person)
    client.cookies.clear()
    client.cookies.set("sid", token)


def send(client: TestClient, visit: int, content: bytes = PNG, name: str = "../../etc/passwd", **more: str) -> Any:
    return client.post(f"/receipts/visit/{visit}", files={"receipt": (name, content, "text/html")}, headers=more)


def test_in_and_out_again_with_what_it_really_is(client: TestClient, firm: Firm, tmp_path: Path) -> None:
    visit = awaiting(firm, 0)
    as_person(client, firm.operator.person_id or 0)
    answer = send(client, visit)
    assert answer.status_code == 201, answer.text
    assert answer.json()["warning"] == ""
    shown = client.get(f"/receipts/{answer.json()['receipt_id']}")
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, PNG, "image/png")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "private, no-store"
    assert shown.headers["content-disposition"].startswith("inline")
    assert "passwd" not in shown.headers["content-disposition"]
    [file] = [path for path in (tmp_path / "receipts").rglob("*") if path.is_file()]
    assert (file.stat().st_mode & 0o777, (tmp_path / "receipts").stat().st_mode & 0o777) == (0o600, 0o700)
    assert "passwd" not in str(file)
    assert "#" in send(client, visit).json()["warning"]


def test_a_pdf_is_saved_not_shown(client: TestClient, firm: Firm) -> None:
    visit = awaiting(firm, 0)
    as_person(client, firm.operator.person_id or 0)
    number = send(client, visit, b"%PDF-1.7 ...").json()["receipt_id"]
    shown = client.get(f"/receipts/{number}")
    assert shown.headers["content-type"] == "application/pdf"
    assert shown.headers["content-disposition"].startswith("attachment")


def test_who_may(client: TestClient, firm: Firm) -> None:
    visit = awaiting(firm, 0)
    assert (send(client, visit).status_code, client.get("/receipts/1").status_code) == (401, 401)
    as_person(client, firm.therapists[0])
    number = send(client, visit).json()["receipt_id"]
    assert client.get(f"/receipts/{number}").status_code == 200
    as_person(client, firm.therapists[1])
    assert (send(client, visit).status_code, client.get(f"/receipts/{number}").status_code) == (404, 404)
    as_person(client, firm.drivers[0])
    assert (send(client, visit).status_code, client.get(f"/receipts/{number}").status_code) == (403, 403)
    as_person(client, firm.operator.person_id or 0)
    assert client.get(f"/receipts/{number}").status_code == 200
    assert client.get("/receipts/99999999999999999999").status_code == 404


def test_what_is_refused(client: TestClient, firm: Firm, tmp_path: Path) -> None:
    visit = awaiting(firm, 0)
    as_person(client, firm.operator.person_id or 0)
    assert send(client, visit, b"<script>alert(1)</script>", name="x.png").status_code == 422
    assert send(client, visit, PNG + bytes(LARGEST_RECEIPT)).status_code in (413, 422)
    assert send(client, visit, PNG + bytes(LARGEST_RECEIPT + 100_000)).status_code == 413
    assert client.post(f"/receipts/visit/{visit}", content=b"no form").status_code == 422
    assert client.post(f"/receipts/visit/{visit}", data={"receipt": "text"}).status_code == 422
    assert send(client, visit, origin="https://evil.example").status_code == 403
    assert send(client, 999_999).status_code == 404
    assert not [path for path in (tmp_path / "receipts").rglob("*") if path.is_file()]


def test_nothing_of_it_is_logged(client: TestClient, firm: Firm, caplog: pytest.LogCaptureFixture) -> None:
    visit = awaiting(firm, 0)
    as_person(client, firm.operator.person_id or 0)
    with caplog.at_level(logging.DEBUG):
        number = send(client, visit, name="gcash-0917.png").json()["receipt_id"]
        client.get(f"/receipts/{number}")
    assert "gcash-0917" not in caplog.text
