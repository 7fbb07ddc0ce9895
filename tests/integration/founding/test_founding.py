"""A real firm's first day: founded once, whole or not at all, and its people come in by their links."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import SignedIn, accept_invitation, invite, invited_by, sign_in
from guitara_app.api.setup import _suggested
from guitara_app.appointments.queries import board
from guitara_app.availability.queries import people_with_hours
from guitara_app.cli.audits import run_audits
from guitara_app.demo import seed
from guitara_app.firm.queries import firm_settings
from guitara_app.founding.rules import FirmSaid, Problems, plan_of
from guitara_app.founding.services import Founded, found_firm
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.conftest import Scratch

# 00:30 in Manila.
NOW = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
PASSWORD = "seven quiet lanterns"
STAFF = [
    {"name": "Pia O'Hara", "username": "pia", "role": "therapist", "phone": "0917 123 4567"},
    {"name": "Nonoy Cruz", "username": "nonoy", "role": "driver", "vehicle": "car"},
    {"name": "Ate Bing", "username": "bing", "role": "operator", "password": "another quiet lantern"},
]


def said(**changes: Any) -> FirmSaid:
    firm = _suggested() | {
        "name": "Tita's Touch",
        "admin": {"name": "Ms. D'Souza", "username": "boss", "password": PASSWORD},
        "staff": STAFF,
    }
    return FirmSaid.model_validate(firm | changes)


def found(firm: FirmSaid | None = None) -> Founded:
    return run(lambda session: found_firm(session, plan_of(firm or said()), device="Test", now=NOW))


def problems_of(**changes: Any) -> dict[str, str]:
    with pytest.raises(Problems) as refused:
        plan_of(said(**changes))
    return refused.value.sentences


def test_a_firm_is_whole_after_it_was_founded(scratch: Scratch) -> None:
    made = found()
    assert made.signed_in.actor.role is Role.ADMIN
    assert [(one.name, one.username) for one in made.invitations] == [("Pia O'Hara", "pia"), ("Nonoy Cruz", "nonoy")]
    with reading() as session:
        firm = firm_settings(session)
        shown = board(session, now=NOW)
        assert run_audits(session) == []
        assert len(people_with_hours(session)) == 2
    assert (firm.name, firm.timezone, f"{firm.opens:%H:%M} {firm.closes:%H:%M}") == (
        "Tita's Touch",
        "Asia/Manila",
        "13:00 01:00",
    )
    assert shown["attention"] == []
    assert scratch.one("SELECT count(*) FROM services") == 7
    assert scratch.one("SELECT count(*) FROM localities") == 8
    assert scratch.one("SELECT available FROM items WHERE name = 'Lavender Oil'") == 50
    assert scratch.one("SELECT count(*) FROM service_materials") == 7 + 8
    # Tonight, which began yesterday, has shifts already.
    assert scratch.one("SELECT count(*) FROM shifts WHERE business_date = '2026-11-24'") == 2
    assert scratch.one("SELECT count(*) FROM people WHERE is_demo") == 0
    kinds = dict(scratch.sql("SELECT kind, count(*) FROM events GROUP BY 1"))
    assert kinds["firm_founded"] == 1
    assert kinds["account_added"] == 3
    assert kinds["invited"] == 2


def test_a_firm_is_founded_once(scratch: Scratch) -> None:
    both = threading.Barrier(2)
    outcomes: list[object] = []

    def try_it(name: str) -> None:
        firm = said(admin={"name": name, "username": name, "password": PASSWORD}, staff=[])
        both.wait()
        try:
            outcomes.append(found(firm))
        except NotPossible as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=try_it, args=(name,)) for name in ("first", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["Founded", "NotPossible"]
    assert scratch.one("SELECT count(*) FROM people") == 1
    refusal = next(one for one in outcomes if isinstance(one, NotPossible))
    assert "set up already" in refusal.sentence


def test_the_demo_and_a_real_firm_keep_out_of_each_others_way(scratch: Scratch) -> None:
    found()
    with pytest.raises(NotPossible):
        seed.run(now=NOW)
    assert scratch.one("SELECT count(*) FROM people") == 4


def test_nothing_is_left_of_a_firm_that_could_not_be_founded(scratch: Scratch) -> None:
    firm, broken = said(), plan_of(said())
    object.__setattr__(broken, "staff", (broken.admin, *broken.staff))  # two of one name, past the form's own look
    with pytest.raises(Invalid):
        run(lambda session: found_firm(session, broken, device="", now=NOW))
    for table in ("people", "services", "items", "zones", "settings", "events"):
        assert scratch.one(f"SELECT count(*) FROM {table}") == 0
    assert found(firm).invitations


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"timezone": "Mars/Olympus"}, {"timezone"}),
        ({"opens": "25:00"}, {"opens"}),
        ({"opens": "22:00", "closes": "08:00"}, {"closes"}),
        ({"zones": []}, {"zones"}),
        ({"zones": [{"name": "A", "towns": "Pasig, Makati"}, {"name": "B", "towns": "pasig"}]}, {"zones.1.towns"}),
        ({"services": []}, {"services"}),
        ({"services": [{"name": "Dry", "minutes": "0", "price": "-1"}]}, {"services.0.minutes", "services.0.price"}),
        ({"services": [{"name": "Dry", "minutes": "60", "price": "NaN", "materials": "Gold"}]}, {
            "services.0.price", "services.0.materials",
        }),
        ({"items": [{"name": "Oil", "unit": "", "stock": "many"}], "services": [
            {"name": "Dry", "minutes": "60", "price": "500"}, {"name": "dry", "minutes": "60", "price": "500"},
        ]}, {"items.0.unit", "items.0.stock", "services.1.name"}),
        ({"admin": {"name": "A", "username": "two words"}}, {"admin.username", "admin.password"}),
        ({"admin": {"name": "A", "username": "pia", "password": PASSWORD}}, {"staff.0.username"}),
        ({"staff": [{"name": "", "username": "x", "role": "driver", "phone": "12", "password": "short"}]}, {
            "staff.0.name", "staff.0.vehicle", "staff.0.phone", "staff.0.password",
        }),
        ({"staff": [{"name": "X", "username": "x", "role": "owner"}]}, {"staff.0.role"}),
    ],
)  # fmt: skip
def test_everything_wrong_is_named_at_once(changes: dict[str, Any], fields: set[str]) -> None:
    sentences = problems_of(**changes)
    assert set(sentences) == fields
    assert all(sentence.endswith(".") for sentence in sentences.values())


def test_an_invitation_lets_its_holder_choose_a_password_once(scratch: Scratch) -> None:
    token = found().invitations[0].token
    assert scratch.one("SELECT count(*) FROM account_tokens WHERE token_hash = %s", token) == 0
    assert run(lambda session: invited_by(session, token, now=NOW)).name == "Pia O'Hara"
    accept: Callable[[str], SignedIn] = lambda password: run(  # noqa: E731
        lambda session: accept_invitation(session, token, password, device="Phone", now=NOW)
    )
    with pytest.raises(Invalid):
        accept("pia-pia-pia")
    assert accept(PASSWORD).actor.role is Role.THERAPIST
    with pytest.raises(NotFound):
        accept("some other lantern")
    assert isinstance(run(lambda session: sign_in(session, "pia", PASSWORD, now=NOW)), SignedIn)


def test_an_invitation_ends_by_time_by_a_newer_one_and_with_the_account(scratch: Scratch) -> None:
    made = found()
    admin, first = made.signed_in.actor, made.invitations[0]
    late = NOW + timedelta(days=8)
    with pytest.raises(NotFound):
        run(lambda session: invited_by(session, first.token, now=late))
    newer = run(lambda session: invite(session, admin, first.person_id, now=NOW))
    with pytest.raises(NotFound):
        run(lambda session: invited_by(session, first.token, now=NOW))
    assert run(lambda session: invited_by(session, newer.token, now=NOW)).username == "pia"
    scratch.sql("UPDATE people SET disabled_at = now() WHERE username = 'pia'")
    with pytest.raises(NotFound):
        run(lambda session: invited_by(session, newer.token, now=NOW))


def test_only_an_admin_invites_and_only_who_has_no_password(scratch: Scratch) -> None:
    made = found()
    person, admin = made.invitations[0].person_id, made.signed_in.actor
    operator = Actor(scratch.one("SELECT id FROM people WHERE username = 'bing'"), Role.OPERATOR, "Bing")
    with pytest.raises(NotAllowed):
        run(lambda session: invite(session, operator, person, now=NOW))
    with pytest.raises(NotPossible):
        run(lambda session: invite(session, admin, operator.person_id or 0, now=NOW))


def test_a_firm_open_round_the_clock_is_founded_and_its_desk_says_who_works_when(scratch: Scratch) -> None:
    found(said(opens="06:00", closes="05:59"))
    assert scratch.one("SELECT count(*) FROM weekly_patterns") == 0
    assert scratch.one("SELECT count(*) FROM people WHERE role = 'therapist'") == 1
