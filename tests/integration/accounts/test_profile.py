"""What people change about their own accounts."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.accounts.queries import Profile, actor_for_token, profile, session_of_token
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import (
    PasswordChanged,
    SignedIn,
    SignInRefused,
    change_details,
    change_password,
    end_session,
    finish_tour,
    make_token,
    sign_in,
)
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound
from guitara_app.notifications.queries import inbox
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, open_firm

OLD, NEW = "correct horse battery", "four words of O'Hara"


@pytest.fixture
def ana(scratch: Scratch) -> Actor:
    """The operator, with a password."""
    actor = open_firm().operator
    with transaction() as session:
        session.get_one(Person, actor.person_id).password_hash = hash_password(OLD)
    return actor


def signed_in(password: str = OLD, device: str = "") -> str:
    outcome = run(lambda session: sign_in(session, "ana", password, now=NOW, device=device))
    assert isinstance(outcome, SignedIn)
    return outcome.token


def known(token: str) -> bool:
    with reading() as session:
        return actor_for_token(session, token, now=NOW) is not None


def shown(actor: Actor) -> Profile:
    with reading() as session:
        return profile(session, actor.person_id or 0, now=NOW)


def password(actor: Actor, present: str, new: str) -> PasswordChanged | SignInRefused:
    return run(lambda session: change_password(session, actor, present, new, device="Chrome on Mac", now=NOW))


def test_a_new_password_ends_every_other_session(ana: Actor) -> None:
    before = [signed_in(), signed_in()]
    made = run(lambda session: make_token(session, ana, "Bookkeeping", days=30, now=NOW))
    changed = password(ana, OLD, NEW)
    assert isinstance(changed, PasswordChanged)
    assert [known(token) for token in (*before, changed.token)] == [False, False, True]
    assert [session["device"] for session in shown(ana)["sessions"]] == ["Chrome on Mac"]
    assert [token["id"] for token in shown(ana)["tokens"]] == [made.id]
    assert known(signed_in(NEW))
    assert isinstance(run(lambda session: sign_in(session, "ana", OLD, now=NOW)), SignInRefused)


def test_a_wrong_present_password_changes_nothing_and_counts(ana: Actor) -> None:
    token = signed_in()
    for _ in range(5):
        assert isinstance(password(ana, "guess", NEW), SignInRefused)
    refused = password(ana, OLD, NEW)
    assert isinstance(refused, SignInRefused)
    assert "Too many wrong passwords" in refused.sentence
    assert known(token)


@pytest.mark.parametrize("new", ["short", "x" * 1025, "aaaaaaaaaaaa", "my name is ANA ok", "\ud800" * 12, ""])
def test_a_password_that_would_be_guessed_is_refused(ana: Actor, new: str) -> None:
    token = signed_in()
    with pytest.raises(Invalid):
        password(ana, OLD, new)
    assert known(token)


def test_one_browser_is_signed_out_from_another(ana: Actor) -> None:
    here, there = signed_in(device="Chrome on Mac"), signed_in(device="Safari on iPhone")
    with reading() as session:
        number = session_of_token(session, there)
    run(lambda session: end_session(session, ana, number, now=NOW))
    assert (known(here), known(there)) == (True, False)
    assert [row["device"] for row in shown(ana)["sessions"]] == ["Chrome on Mac"]
    with pytest.raises(NotFound):
        run(lambda session: end_session(session, ana, number, now=NOW))


def test_nobody_signs_somebody_else_out(ana: Actor) -> None:
    token = signed_in()
    with reading() as session:
        number = session_of_token(session, token)
    other = Actor((ana.person_id or 0) + 1, ana.role, "Somebody")
    with pytest.raises(NotFound):
        run(lambda session: end_session(session, other, number, now=NOW))
    assert known(token)


def test_details_are_kept_as_everybody_elses(ana: Actor) -> None:
    run(lambda session: change_details(session, ana, name="  Ana   O'Hara-Cruz ", email=" Ana@Example.com ", now=NOW))
    assert (shown(ana)["name"], shown(ana)["email"]) == ("Ana O'Hara-Cruz", "ana@example.com")
    with transaction() as session:
        session.add(Person(username="other", name="Other", role="operator", email="taken@example.com"))
    for wrong in ({"name": " "}, {"name": "x" * 121}, {"email": "nonsense"}, {"email": "Taken@example.com"}):
        with pytest.raises(Invalid):
            run(
                lambda session, wrong=wrong: change_details(
                    session, ana, **({"name": "Ana", "email": ""} | wrong), now=NOW
                )
            )
    assert shown(ana)["email"] == "ana@example.com"
    run(lambda session: change_details(session, ana, name="Ana", email="", now=NOW))
    assert (shown(ana)["name"], shown(ana)["email"]) == ("Ana", "")


def test_who_was_shown_around_is_not_shown_around_again(ana: Actor) -> None:
    with reading() as session:
        assert not inbox(session, ana.person_id or 0, now=NOW)["toured"]
    for _ in range(2):
        run(lambda session: finish_tour(session, ana, now=NOW))
    with reading() as session:
        assert inbox(session, ana.person_id or 0, now=NOW)["toured"]
        told = session.execute(text("SELECT topics FROM events WHERE kind = 'tour_seen'")).scalars().all()
    assert told == [[f"inbox:{ana.person_id}"]]
    with pytest.raises(NotAllowed):
        run(lambda session: finish_tour(session, SYSTEM, now=NOW))
