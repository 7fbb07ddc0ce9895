"""What the firm has set to be forgotten is forgotten, that and nothing else, once, however it is disturbed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from guitara_app.firm.queries import FirmSettings
from guitara_app.firm.services import keep_setting
from guitara_app.founding.settings_rules import check, read_typed, words_of
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid
from guitara_app.privacy import retention
from guitara_app.privacy.retention import Applied, apply_retention, due_clients, last_retention
from guitara_app.privacy.rules import forgotten_before, months_before
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, Firm, open_firm

LONG_AGO = NOW - timedelta(days=800)
MOMENTS = st.integers(0, 100 * 365 * 24).map(lambda hours: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@pytest.fixture
def firm(scratch: Scratch) -> Firm:
    del scratch
    return open_firm()


def set_to(at: datetime = NOW - timedelta(days=1), **values: int) -> None:
    with transaction() as session:
        for key, value in values.items():
            keep_setting(session, key, value, now=at)


def apply(at: datetime = NOW) -> Applied | None:
    """As the task does it, until nothing is left to look at today."""
    while run(lambda session: apply_retention(session, now=at)) is not None:
        pass
    with reading() as session:
        return last_retention(session)


def client(scratch: Scratch, number: int, created: datetime = LONG_AGO, **more: Any) -> int:
    columns = {"name": f"Mrs O'Hara {number}", "phone": f"+63917{number:07}", "created_at": created, **more}
    return int(
        scratch.one(
            "INSERT INTO clients (notes, preferred_gender, preferred_pressure, version,"
            f" {', '.join(columns)}) VALUES ('', '', '', 1, {', '.join(['%s'] * len(columns))}) RETURNING id",
            *columns.values(),
        )
    )


def visit(scratch: Scratch, firm: Firm, number: int, ends: datetime, *, is_over: bool = True) -> None:
    scratch.sql(
        "INSERT INTO appointments (client_id, address_id, business_date, starts_at, ends_at, state, driver_needed,"
        " car_needed, price, booked_at, booked_by_id, closed_at, notes, ending_reason, version) VALUES (%s, %s, %s, %s,"
        " %s, %s, false, false, 500, %s, %s, %s, '', '', 1)",
        number, firm.address, ends.date(), ends - timedelta(hours=1), ends, "completed" if is_over else "pending",
        ends, firm.operator.person_id, ends if is_over else None,
    )  # fmt: skip


def erased(scratch: Scratch) -> set[int]:
    return {number for (number,) in scratch.sql("SELECT id FROM clients WHERE erased_at IS NOT NULL")}


@given(at=MOMENTS, months=st.integers(1, 240))
def test_months_are_the_calendars(at: datetime, months: int) -> None:
    before = months_before(at, months)
    assert (at.year * 12 + at.month) - (before.year * 12 + before.month) == months
    assert before.day <= at.day
    assert before.time() == at.time()
    # More months are never a later moment, and a later moment never forgets less.
    assert months_before(at, months + 1) < before
    assert months_before(at + timedelta(days=1), months) >= before


def test_nothing_said_is_for_ever() -> None:
    assert forgotten_before(NOW) is None
    assert forgotten_before(NOW, days=30) == NOW - timedelta(days=30)


class Known(NamedTuple):
    """A client: months since they were added, of each visit, whether one is open, and what else there is."""

    added: int
    visits: list[int]
    is_open: bool
    wish: int | None
    is_erased: bool
    merged: int | None


KNOWN = st.builds(
    Known,
    st.integers(0, 30),
    st.lists(st.integers(0, 30), max_size=3),
    st.booleans(),
    st.none() | st.integers(0, 30),
    st.booleans(),
    st.none() | st.integers(0, 30),
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clients=st.lists(KNOWN, max_size=4), months=st.integers(6, 24))
def test_due_is_who_gave_no_sign_of_life(firm: Firm, scratch: Scratch, clients: list[Known], months: int) -> None:
    for table in ("appointments", "wishes"):
        scratch.sql(f"DELETE FROM {table}")
    scratch.sql("DELETE FROM clients WHERE id <> %s AND merged_into_id IS NOT NULL", firm.client)
    scratch.sql("DELETE FROM clients WHERE id <> %s", firm.client)
    expected = set()
    # A day on the far side of each whole month, so that nothing is due to the second.
    ago = lambda many: months_before(NOW, many) - timedelta(days=1)  # noqa: E731  as short as it is read
    for place, one in enumerate(clients):
        number = client(scratch, 2 * place, ago(one.added), erased_at=NOW if one.is_erased else None)
        for many in one.visits:
            visit(scratch, firm, number, ago(many))
        if one.is_open:
            visit(scratch, firm, number, NOW + timedelta(days=40), is_over=False)
        if one.wish is not None:
            scratch.sql(
                "INSERT INTO wishes (client_id, service_ids, people, first_evening, last_evening, only_therapist,"
                " driver_needed, car_needed, state, made_at, made_by_id, version, closed_at) VALUES (%s,"
                " ARRAY[CAST(%s AS bigint)], 1, '2024-01-01', '2024-01-02', false, false, false, 'withdrawn', %s, %s,"
                " 1, %s)",
                number, firm.service, ago(one.wish), firm.operator.person_id, ago(one.wish),
            )  # fmt: skip
        if one.merged is not None:
            client(scratch, 2 * place + 1, ago(one.merged), merged_into_id=number)
        signs = [one.added, *one.visits, *(many for many in (one.wish, one.merged) if many is not None)]
        if not one.is_erased and not one.is_open and min(signs) >= months:
            expected.add(number)
    before = forgotten_before(NOW, months=months)
    assert before is not None
    with reading() as session:
        assert set(due_clients(session, before=before, limit=100)) == expected


def test_clients_stay_until_an_admin_says_otherwise(firm: Firm, scratch: Scratch) -> None:
    gone, back = client(scratch, 1), client(scratch, 2)
    visit(scratch, firm, gone, LONG_AGO + timedelta(days=30))
    visit(scratch, firm, back, NOW - timedelta(days=30))
    done = apply()
    assert done is not None
    assert (done["over"], done["clients"], erased(scratch)) == (True, 0, set())
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'retention_applied'") == 0

    # What is set today begins tomorrow: until then it can be set otherwise.
    set_to(NOW, keep_clients_months=12)
    scratch.sql("DELETE FROM settings WHERE key = 'retention'")
    apply()
    assert erased(scratch) == set()
    done = apply(NOW + timedelta(days=1))
    assert done is not None
    assert (done["clients"], erased(scratch)) == (1, {gone})
    assert scratch.sql("SELECT state, price FROM appointments WHERE client_id = %s", gone)[0][0] == "completed"
    [(actor, data)] = scratch.sql("SELECT actor_id, data FROM events WHERE kind = 'retention_applied'")
    assert (actor, data) == (None, {"clients": 1, "notices": 0, "sign_ins": 0})
    assert scratch.sql("SELECT actor_id FROM events WHERE kind = 'client_erased'") == [(None,)]
    # Asked again, nothing is done again.
    assert apply(NOW + timedelta(days=1)) == done
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'retention_applied'") == 1


def test_a_wrong_number_costs_no_more_than_a_day(firm: Firm, scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    del firm
    monkeypatch.setattr(retention, "MOST_CLIENTS_A_DAY", 5)
    monkeypatch.setattr(retention, "_CLIENTS", 2)
    for number in range(7):
        client(scratch, number)
    set_to(keep_clients_months=6)
    assert apply() is not None
    assert len(erased(scratch)) == 5
    apply(NOW + timedelta(days=1))
    assert len(erased(scratch)) == 7


def test_sign_ins_go_and_nothing_else_of_the_trail(firm: Firm, scratch: Scratch) -> None:
    now = datetime.now(UTC)
    for kind in ("signed_in", "signed_out", "sign_in_failed", "booked", "account_disabled"):
        for days in (5, 40, 400):
            number = scratch.one(
                "INSERT INTO events (kind, happened_at, recorded_at, published_at, person_id, data, topics) VALUES"
                " (%s, %s, %s, %s, %s, '{}', '{}') RETURNING id",
                kind, *[now - timedelta(days=days)] * 3, firm.therapists[0],
            )  # fmt: skip
            scratch.sql("INSERT INTO event_details (event_id, reason) VALUES (%s, 'why')", number)
    set_to(keep_sign_ins_days=90)
    done = apply(now)
    assert done is not None
    assert done["sign_ins"] == 3
    left = "SELECT kind, count(*) FROM events WHERE kind <> 'retention_applied' GROUP BY kind"
    assert dict(scratch.sql(left)) == {
        "signed_in": 2, "signed_out": 2, "sign_in_failed": 2, "booked": 3, "account_disabled": 3,
    }  # fmt: skip
    # However it is asked, the last thirty days stay.
    with transaction() as session:
        assert retention._forget_sign_ins(session, now + timedelta(days=1)) == 3
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'signed_in'") == 1


def test_killed_in_the_middle_it_goes_on_and_counts_each_once(
    firm: Firm, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    del firm
    monkeypatch.setattr(retention, "_CLIENTS", 2)
    for number in range(5):
        client(scratch, number)
    set_to(keep_clients_months=6)
    run(lambda session: apply_retention(session, now=NOW))
    forget, calls = retention.forget_client, []

    def die(session: Session, *given: Any, **more: Any) -> None:
        forget(session, *given, **more)
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(retention, "forget_client", die)
    with pytest.raises(KeyboardInterrupt):
        run(lambda session: apply_retention(session, now=NOW))
    assert len(erased(scratch)) == 2, "the batch that was killed left nothing behind"
    monkeypatch.setattr(retention, "forget_client", forget)
    done = apply()
    assert done is not None
    assert (done["clients"], len(erased(scratch))) == (5, 5)
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'client_erased'") == 5


def test_two_at_once_do_it_once(firm: Firm, scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    del firm
    monkeypatch.setattr(retention, "_CLIENTS", 2)
    for number in range(9):
        client(scratch, number)
    set_to(keep_clients_months=6)
    together = [threading.Thread(target=apply) for _ in range(3)]
    for one in together:
        one.start()
    for one in together:
        one.join(30)
    done = apply()
    assert done is not None
    assert (done["clients"], len(erased(scratch))) == (9, 9)
    assert scratch.sql("SELECT count(*), count(DISTINCT client_id) FROM events WHERE kind = 'client_erased'") == [
        (9, 9)
    ]
    assert scratch.one("SELECT count(*) FROM events WHERE kind = 'retention_applied'") == 1


def test_what_can_be_set(firm: Firm) -> None:
    del firm
    seen = words_of(FirmSettings())
    assert read_typed({"keep_notices_days": "", "keep_clients_months": "12"}, seen) == (
        {"keep_notices_days": 0, "keep_clients_months": 12},
        {},
    )
    assert set(read_typed({"keep_clients_months": "241", "keep_sign_ins_days": "some"}, seen)[1]) == {
        "keep_clients_months",
        "keep_sign_ins_days",
    }
    for key, few in (("keep_clients_months", 5), ("keep_sign_ins_days", 29)):
        with pytest.raises(Invalid) as error:
            check(FirmSettings(**{key: few}))
        assert error.value.field == key
        check(FirmSettings(**{key: 0}))
        check(FirmSettings(**{key: few + 1}))
    assert (FirmSettings().keep_clients_months, FirmSettings().keep_sign_ins_days) == (0, 0)
