"""People come and go, once an evening, by themselves or through the desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from guitara_app.accounts.permissions import Actor
from guitara_app.availability.queries import on_now, on_shift_now, presence
from guitara_app.availability.services import check_in, check_out
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def firm(database: object) -> Firm:
    return open_firm()


def come(firm: Firm, by: Actor | None = None, now: datetime = NOW, person: int | None = None) -> None:
    who = firm.therapists[0] if person is None else person
    run(lambda session: check_in(session, by or firm.therapist(0), who, now=now))


def go(firm: Firm, by: Actor | None = None, now: datetime = NOW) -> None:
    run(lambda session: check_out(session, by or firm.therapist(0), firm.therapists[0], now=now))


def seen(firm: Firm, now: datetime = NOW) -> tuple[str, str]:
    with reading() as session:
        found = presence(session, [firm.therapists[0]], now=now)[firm.therapists[0]]
    return found["came"], found["left"]


def test_one_comes_and_goes_once_an_evening(firm: Firm, scratch: Scratch) -> None:
    assert seen(firm) == ("", "")
    come(firm)
    assert seen(firm) == ("20:00", "")
    with pytest.raises(NotPossible, match="checked in since 20:00"):
        come(firm, now=manila(20, 5))
    go(firm, now=manila(24, 30))
    assert seen(firm, manila(24, 40)) == ("20:00", "00:30")
    with pytest.raises(NotPossible, match="not checked in"):
        go(firm, now=manila(24, 40))
    with pytest.raises(NotPossible, match="You checked out at 00:30"):
        come(firm, now=manila(24, 45))
    rows = scratch.sql("SELECT business_date, in_at, out_at FROM check_ins")
    assert rows == [(EVENING, NOW, manila(24, 30))]
    # The day has turned: a new evening, a new check-in.
    come(firm, now=manila(31))
    assert seen(firm, manila(31)) == ("07:00", "")


def test_the_desk_does_it_on_behalf_and_mends_a_check_out_by_mistake(firm: Firm, scratch: Scratch) -> None:
    come(firm, firm.operator)
    go(firm, firm.operator, manila(21))
    come(firm, firm.operator, manila(21, 1))
    assert seen(firm, manila(21, 1)) == ("20:00", "")
    log = scratch.sql("SELECT kind, actor_id, on_behalf_of_id, topics FROM events ORDER BY id")
    who = (firm.operator.person_id, firm.therapists[0])
    assert [row[:3] for row in log] == [(kind, *who) for kind in ("checked_in", "checked_out", "checked_in_again")]
    wanted = {"desk", f"person:{firm.therapists[0]}", f"shifts:{EVENING.toordinal()}"}
    assert all(wanted <= set(row[3]) for row in log)


def test_somebody_who_forgot_can_check_out_after_the_day_has_turned(firm: Firm, scratch: Scratch) -> None:
    come(firm)
    go(firm, now=manila(31))
    assert scratch.sql("SELECT business_date, out_at FROM check_ins") == [(EVENING, manila(31))]
    come(firm, firm.operator, now=manila(44))
    with pytest.raises(NotPossible):
        run(lambda s: check_out(s, firm.operator, firm.therapists[1], now=manila(44)))


def test_nobody_checks_in_others_and_strangers_are_not_found(firm: Firm) -> None:
    with pytest.raises(NotAllowed):
        come(firm, firm.therapist(1))
    with pytest.raises(NotAllowed):
        go(firm, firm.therapist(1))
    for nobody in (firm.operator.person_id or 0, 0, -5, 2**31, 2**70):
        with pytest.raises(NotFound):
            come(firm, firm.operator, person=nobody)


def test_a_disabled_account_checks_nobody_in(firm: Firm, scratch: Scratch) -> None:
    scratch.sql("UPDATE people SET disabled_at = now() WHERE id = %s", firm.therapists[0])
    with pytest.raises(NotFound):
        come(firm, firm.operator)


def test_when_it_happened_is_kept_apart_from_when_it_was_recorded(firm: Firm, scratch: Scratch) -> None:
    def come_at(at: datetime) -> None:
        run(lambda s: check_in(s, firm.operator, firm.therapists[0], now=NOW, happened_at=at, reason="Phone dead"))

    for wrong in (NOW + timedelta(minutes=1), manila(5), NOW.replace(tzinfo=None)):
        with pytest.raises(Invalid) as caught:
            come_at(wrong)
        assert caught.value.field == "happened_at"
    come_at(manila(19))
    assert seen(firm) == ("19:00", "")
    assert scratch.one("SELECT happened_at FROM events WHERE kind = 'checked_in'") == manila(19)
    with pytest.raises(Invalid):
        run(lambda s: check_out(s, firm.operator, firm.therapists[0], now=NOW, happened_at=manila(18)))


def test_two_taps_at_once_are_one_check_in(firm: Firm, scratch: Scratch) -> None:
    def tap(_: int) -> bool:
        try:
            come(firm)
        except NotPossible:
            return False
        return True

    with ThreadPoolExecutor(6) as taps:
        assert sum(taps.map(tap, range(6))) == 1
    assert scratch.one("SELECT count(*) FROM check_ins") == 1


def test_the_desk_counts_who_is_on_shift_and_who_has_not_come(firm: Firm) -> None:
    come(firm)
    go(firm, now=manila(20, 30))
    with reading() as session:
        assert on_now(session, now=manila(21)) == {"therapists": 4, "drivers": 2, "missing": 6}
        found = next(one for one in on_shift_now(session, manila(21)) if one.person_id == firm.therapists[0])
        assert on_now(session, now=manila(12)) == {"therapists": 0, "drivers": 0, "missing": 0}
    assert (found.in_at, found.out_at) == (NOW, manila(20, 30))
