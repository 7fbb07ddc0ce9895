"""Signing in, and the tokens that programs carry."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from guitara_app.accounts.services import disable, enable
from guitara_app.kit.database import run
from tests.integration.api.v1.conftest import PASSWORD, House
from tests.integration.conftest import Scratch
from tests.support.firm import NOW

LOGIN = {"login": "ana", "password": PASSWORD}


def test_a_password_opens_a_session_that_can_be_closed(house: House) -> None:
    with house.client() as client:
        opened = client.post("/session", json=LOGIN)
        assert opened.status_code == 201
        assert opened.json()["person"] == {
            "person_id": house.people["ana"].person_id,
            "name": "Ana O'Hara",
            "role": "operator",
        }
        bearer = {"authorization": f"Bearer {opened.json()['token']}"}
        cookie = {"cookie": f"sid={opened.json()['token']}"}
        assert client.get("/me", headers=bearer).json() == client.get("/me", headers=cookie).json()
        assert client.delete("/session", headers=bearer).status_code == 204
        for way in (bearer, cookie):
            assert client.get("/me", headers=way).status_code == 401


@pytest.mark.parametrize("login", ["ana", "ANA ", "nobody", "\x00", "\ud800"])
def test_a_wrong_password_is_a_problem(house: House, login: str) -> None:
    with house.client() as client:
        answer = client.post("/session", content=f'{{"login": {login!a}, "password": "x"}}'.replace("'", '"'))
    assert answer.status_code in (401, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_five_wrong_passwords_lock_the_account_here_too(house: House) -> None:
    with house.client() as client:
        for _ in range(5):
            assert client.post("/session", json={**LOGIN, "password": "wrong"}).status_code == 401
        assert "Too many wrong passwords" in client.post("/session", json=LOGIN).json()["detail"]


def test_a_token_is_shown_once_and_kept_as_a_hash(house: House, scratch: Scratch) -> None:
    with house.client("ana") as client:
        made = client.post("/tokens", json={"name": "Bookkeeping", "days": 30}).json()
        assert made["token"].startswith("gui_")
        listing = client.get("/tokens")
        [shown] = listing.json()["items"]
        assert (shown["name"], shown["last_used_at"]) == ("Bookkeeping", None)
        assert made["token"] not in listing.text
        kept = "".join(str(row) for row in scratch.sql("SELECT * FROM api_tokens"))
        assert made["token"] not in kept
        program = {"authorization": f"Bearer {made['token']}"}
        assert client.get("/me", headers=program).json()["name"] == "Ana O'Hara"
        assert client.get("/tokens").json()["items"][0]["last_used_at"] is not None
        # What somebody finds of it in a cookie is nothing.
        client.headers.pop("authorization")
        assert client.get("/me", headers={"cookie": f"sid={made['token']}"}).status_code == 401


def test_a_token_makes_no_tokens(house: House) -> None:
    with house.client("ana") as client:
        token = client.post("/tokens", json={"name": "One"}).json()["token"]
        answer = client.post("/tokens", json={"name": "Two"}, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 403
        assert len(client.get("/tokens").json()["items"]) == 1


def test_one_person_has_so_many_tokens_and_no_more(house: House) -> None:
    with house.client("ana") as client:
        statuses = [client.post("/tokens", json={"name": f"Number {number}"}).status_code for number in range(21)]
    assert statuses == [201] * 20 + [409]


def test_nobody_revokes_somebody_elses(house: House) -> None:
    with house.client("ana") as client, house.client("manager") as other:
        made = client.post("/tokens", json={"name": "Mine"}).json()
        assert other.delete(f"/tokens/{made['id']}").status_code == 404
        bearer = {"authorization": f"Bearer {made['token']}"}
        assert client.get("/me", headers=bearer).status_code == 200
        assert client.delete(f"/tokens/{made['id']}").status_code == 204
        assert client.delete(f"/tokens/{made['id']}").status_code == 404
        assert client.get("/tokens").json()["items"] == []


def test_a_token_ends_with_its_days(house: House) -> None:
    with house.client("ana") as client:
        bearer = {"authorization": f"Bearer {client.post('/tokens', json={'name': 'x', 'days': 1}).json()['token']}"}
        assert client.get("/me", headers=bearer).status_code == 200
        with time_machine.travel(NOW + timedelta(days=1, minutes=1)):
            from guitara_app.accounts.recognition import forget_person

            forget_person(house.people["ana"].person_id or 0)
            assert client.get("/me", headers=bearer).status_code == 401


def test_a_disabled_account_is_out_and_its_tokens_stay_dead(house: House) -> None:
    from guitara_app.accounts.recognition import forget_person

    ana = house.people["ana"].person_id or 0
    with house.client("ana") as client:
        bearer = {"authorization": f"Bearer {client.post('/tokens', json={'name': 'x'}).json()['token']}"}
        run(lambda session: disable(session, house.people["admin"], ana, reason="left", now=NOW))
        forget_person(ana)
        assert client.get("/me", headers=bearer).status_code == client.get("/me").status_code == 401
        run(lambda session: enable(session, house.people["admin"], ana, reason="back", now=NOW))
        forget_person(ana)
        assert client.get("/me", headers=bearer).status_code == 401
