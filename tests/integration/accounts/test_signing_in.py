"""Signing in, locking, and shutting an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.queries import actor_for_token
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import SignedIn, SignInRefused, disable, enable, sign_in, sign_out
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from tests.support.firm import NOW

PASSWORD = "correct horse \U0001f434"
LOCK = timedelta(minutes=5)


@pytest.fixture
def people(database: DatabaseUrls) -> Iterator[dict[str, Actor]]:
    """Ana of the desk, and Boss, an admin; both with the same password."""
    with transaction() as session:
        kept = hash_password(PASSWORD)
        ana = Person(username="ana", email="ana@example.ph", name="Ana", role=Role.OPERATOR, password_hash=kept)
        boss = Person(username="boss", name="Boss", role=Role.ADMIN, password_hash=kept)
        session.add_all([ana, boss, Person(username="new", name="New", role=Role.OPERATOR)])
        session.flush()
        found = {row.username: Actor(row.id, Role(row.role), row.name) for row in (ana, boss)}
    yield found


def attempt(
    login: str = "ana", password: str = PASSWORD, *, after: timedelta = timedelta()
) -> SignedIn | SignInRefused:
    return run(lambda session: sign_in(session, login, password, now=NOW + after))


def entered(**more: timedelta) -> SignedIn:
    result = attempt(**more)
    assert isinstance(result, SignedIn)
    return result


def sentence(login: str = "ana", password: str = PASSWORD, *, after: timedelta = timedelta()) -> str:
    result = attempt(login, password, after=after)
    assert isinstance(result, SignInRefused), result
    return result.sentence


def who(token: str, *, after: timedelta = timedelta()) -> Actor | None:
    with reading() as session:
        return actor_for_token(session, token, now=NOW + after)


def shut(by: Actor, person: Actor, reason: str = "left") -> None:
    run(lambda session: disable(session, by, person.person_id or 0, reason=reason, now=NOW))


def opened(by: Actor, person: Actor, reason: str = "is back") -> None:
    run(lambda session: enable(session, by, person.person_id or 0, reason=reason, now=NOW))


def refused(kind: type[GuitaraError], work: object, *given: object) -> str:
    with pytest.raises(kind) as error:
        work(*given)  # type: ignore[operator]  # one of the two above
    return error.value.sentence


@pytest.mark.parametrize("login", ["ana", " ANA ", "ana@example.ph", "Ana@Example.PH"])
def test_a_user_name_or_an_e_mail_opens_a_session(people: dict[str, Actor], login: str) -> None:
    result = attempt(login)
    assert isinstance(result, SignedIn)
    assert result.actor == people["ana"]
    assert who(result.token) == people["ana"]


def test_a_wrong_password_and_an_unknown_name_sound_alike(people: dict[str, Actor]) -> None:
    tried = [("ana", "wrong"), ("nobody", PASSWORD), ("ana", ""), ("", ""), ("ana", "x" * 10_000), ("new", "")]
    tried += [
        ("ana\x00", PASSWORD + "\x00"),
        ("'; --", PASSWORD),
        ("x" * 10_000, PASSWORD),
        ("\ud800", PASSWORD),
        ("ana", "\ud800"),
    ]
    assert len({sentence(*one) for one in tried}) == 1


def test_only_a_hash_of_the_token_is_kept(people: dict[str, Actor]) -> None:
    token = entered().token
    with reading() as session:
        [row] = session.execute(text("SELECT s.*, s::text AS whole FROM login_sessions s")).all()
        events = session.execute(text("SELECT string_agg(e::text, '') FROM events e")).scalar_one()
        password = session.execute(text("SELECT password_hash FROM people WHERE username = 'ana'")).scalar_one()
    assert token not in row.whole + events
    assert len(row.token_hash) == 64
    assert password.startswith("$argon2id$")


def test_five_wrong_passwords_lock_for_five_minutes(people: dict[str, Actor]) -> None:
    for _ in range(5):
        assert "not right" in sentence(password="wrong")
    assert "Try again in 5 min" in sentence()
    assert "Try again in 1 min" in sentence(after=LOCK - timedelta(seconds=1))
    assert entered(after=LOCK)


def test_trying_while_locked_neither_opens_nor_prolongs(people: dict[str, Actor]) -> None:
    for _ in range(5):
        sentence(password="wrong")
    for _ in range(6):
        sentence(after=LOCK / 2)
        sentence(password="wrong", after=LOCK / 2)
    assert entered(after=LOCK)


def test_the_right_password_forgets_the_wrong_ones_before_it(people: dict[str, Actor]) -> None:
    for _ in range(3):
        for _ in range(4):
            sentence(password="wrong")
        assert entered()


def test_a_lock_is_kept_in_the_log(people: dict[str, Actor]) -> None:
    for _ in range(5):
        sentence(password="wrong")
    with reading() as session:
        kinds = session.execute(text("SELECT kind FROM events")).scalars().all()
    assert sorted(kinds) == ["account_locked", *["sign_in_failed"] * 5]


def test_signing_out_ends_this_session_and_no_other(people: dict[str, Actor]) -> None:
    here, there = entered().token, entered().token
    run(lambda session: sign_out(session, here, now=NOW))
    run(lambda session: sign_out(session, "unknown", now=NOW))
    assert (who(here), who(there)) == (None, people["ana"])


def test_a_session_ends_after_a_week(people: dict[str, Actor]) -> None:
    token = entered().token
    assert who(token, after=timedelta(days=6, hours=23))
    assert who(token, after=timedelta(days=7)) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\x00", "'"])
def test_a_cookie_nobody_was_given_is_nobody(people: dict[str, Actor], token: str) -> None:
    assert who(token) is None


def test_disabling_ends_every_session_and_tells_the_open_pages(people: dict[str, Actor]) -> None:
    tokens = [entered().token, entered().token]
    shut(people["boss"], people["ana"])
    assert [who(token) for token in tokens] == [None, None]
    assert "disabled" in sentence()
    with reading() as session:
        [event] = session.execute(text("SELECT * FROM events WHERE kind = 'account_disabled'")).all()
    assert f"revoke:{people['ana'].person_id}" in event.topics
    assert event.actor_id == people["boss"].person_id


def test_a_wrong_password_does_not_tell_that_the_account_is_disabled(people: dict[str, Actor]) -> None:
    shut(people["boss"], people["ana"])
    assert "not right" in sentence(password="wrong")


def test_an_enabled_account_signs_in_anew(people: dict[str, Actor]) -> None:
    token = entered().token
    shut(people["boss"], people["ana"])
    opened(people["boss"], people["ana"])
    assert who(token) is None
    assert who(entered().token) == people["ana"]


def test_nobody_shuts_the_own_account_or_one_twice(people: dict[str, Actor]) -> None:
    assert "your own" in refused(NotPossible, shut, people["boss"], people["boss"])
    refused(NotPossible, opened, people["boss"], people["ana"])
    shut(people["boss"], people["ana"])
    refused(NotPossible, shut, people["boss"], people["ana"])


def test_only_an_admin_shuts_and_opens_accounts_and_says_why(people: dict[str, Actor]) -> None:
    for role in (Role.OPERATOR, Role.MANAGER, Role.THERAPIST, Role.DRIVER, None):
        somebody = Actor(people["ana"].person_id, role, "Somebody")
        refused(NotAllowed, shut, somebody, people["boss"])
        refused(NotAllowed, opened, somebody, people["boss"])
    for reason in ("", "  ", "\x00", "\ud800"):
        refused(Invalid, shut, people["boss"], people["ana"], reason)
    for number in (0, -1, 2**63, 999_999):
        refused(NotFound, shut, people["boss"], Actor(number, None, ""))
    assert entered()
