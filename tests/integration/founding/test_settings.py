"""What an admin sets: read as typed, in force at once, written down, and never over somebody else's unseen."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.rules import answer_due
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.founding.settings_rules import SHOWN, check, kind_of, range_of, read_typed, words_of
from guitara_app.founding.settings_services import change_settings, settings_fixed
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, Stale
from tests.integration.conftest import Scratch
from tests.support.firm import Firm, open_firm

NOW = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
DEFAULTS = words_of(FirmSettings())


def typed(**words: str) -> tuple[dict[str, Any], dict[str, str]]:
    return read_typed(words, DEFAULTS)


@pytest.fixture
def admin(scratch: Scratch) -> Actor:
    person = scratch.one(
        "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
        " VALUES ('boss', %s, 'admin', 0, false, 1) RETURNING id",
        "Ramon O'Reyes",
    )
    return Actor(person, Role.ADMIN, "Ramon O'Reyes")


@pytest.fixture
def firm(scratch: Scratch) -> Firm:
    del scratch
    return open_firm()


def change(admin: Actor, seen: dict[str, str] | None = None, **values: Any) -> FirmSettings:
    return run(lambda session: change_settings(session, admin, values, seen=seen or {}, now=NOW))


def in_force() -> FirmSettings:
    with reading() as session:
        return firm_settings(session)


def test_everything_shown_has_a_heading_a_title_and_says_what_it_means() -> None:
    for key, field in SHOWN.items():
        assert field.title, key
        assert field.description, key
        assert isinstance(field.json_schema_extra, dict), key
        if kind_of(key) == "number":
            least, most = range_of(key)
            assert least <= getattr(FirmSettings(), key) <= most


def test_what_stands_is_no_change() -> None:
    assert read_typed(DEFAULTS, DEFAULTS) == ({}, {})
    assert typed() == ({}, {})


def test_each_kind_is_read_as_typed() -> None:
    values, problems = typed(
        name="  Tita's   Touch ", opens="9:30", release_by_operator="yes", answer_minutes="45", commission_share="37.5"
    )
    assert problems == {}
    assert values == {
        "name": "Tita's Touch",
        "opens": time(9, 30),
        "release_by_operator": True,
        "answer_minutes": 45,
        "commission_share": Decimal("0.375"),
    }


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("timezone", "Mars/Olympus"),
        ("opens", "25:00"),
        ("answer_minutes", "2"),
        ("answer_minutes", "601"),
        ("answer_minutes", "٣٣"),
        ("answer_minutes", "1e2"),
        ("policy", "smart"),
        ("release_by_operator", "perhaps"),
        ("commission_share", "NaN"),
        ("commission_share", "100.01"),
        ("commission_share", "-1"),
        ("commission_share", "33.333"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_field_and_the_rest_is_read(key: str, words: str) -> None:
    values, problems = typed(**{key: words, "warn_minutes": "7"})
    assert list(problems) == [key]
    assert values == {"warn_minutes": 7}


@given(st.data())
def test_whatever_may_be_set_is_read_back_from_its_words(data: st.DataObject) -> None:
    values: dict[str, Any] = {}
    for key in SHOWN:
        if kind_of(key) == "number":
            values[key] = data.draw(st.integers(*range_of(key)))
        elif kind_of(key) == "share":
            values[key] = data.draw(st.integers(0, 10_000)) / Decimal(10_000)
        elif kind_of(key) == "clock":
            values[key] = data.draw(st.times()).replace(second=0, microsecond=0)
        elif kind_of(key) == "switch":
            values[key] = data.draw(st.booleans())
    firm = FirmSettings.model_validate(FirmSettings().model_dump() | values)
    read, problems = read_typed(words_of(firm), DEFAULTS)
    assert problems == {}
    assert FirmSettings.model_validate(FirmSettings().model_dump() | read) == firm


def test_two_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        check(FirmSettings(opens=time(13), closes=time(7), day_starts=time(6)))
    assert refused.value.field == "closes"
    with pytest.raises(Invalid) as refused:
        check(FirmSettings(answer_minutes=5, answer_minutes_least=6))
    assert refused.value.field == "answer_minutes_least"


def test_it_is_in_force_at_once_and_written_down(admin: Actor, scratch: Scratch) -> None:
    starts = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert (answer_due(NOW, starts, in_force()) - NOW).seconds == 30 * 60
    change(admin, answer_minutes=20, commission_share=Decimal("0.375"))
    assert (answer_due(NOW, starts, in_force()) - NOW).seconds == 20 * 60
    assert in_force().commission_share == Decimal("0.375")
    [(data, before, after, actor)] = scratch.sql(
        "SELECT e.data, d.before, d.after, e.actor_id FROM events e JOIN event_details d ON d.event_id = e.id"
        " WHERE kind = 'settings_set'"
    )
    assert data == {"settings": ["answer_minutes", "commission_share"]}
    assert before == {"answer_minutes": 30, "commission_share": "0.40"}
    assert after == {"answer_minutes": 20, "commission_share": "0.375"}
    assert actor == admin.person_id


def test_setting_what_stands_changes_nothing(admin: Actor, scratch: Scratch) -> None:
    change(admin, answer_minutes=30)
    assert scratch.sql("SELECT 1 FROM events WHERE kind = 'settings_set'") == []


def test_what_another_set_meanwhile_is_not_overwritten_unseen(admin: Actor) -> None:
    seen = words_of(in_force())
    change(admin, seen, answer_minutes=20)
    change(admin, seen, warn_minutes=5)
    with pytest.raises(Stale, match="set this to 20") as refused:
        change(admin, seen, answer_minutes=25)
    assert refused.value.field == "answer_minutes"
    change(admin, words_of(in_force()), answer_minutes=25)
    assert (in_force().answer_minutes, in_force().warn_minutes) == (25, 5)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MANAGER, Role.THERAPIST, Role.DRIVER])
def test_only_an_admin(role: Role, scratch: Scratch) -> None:
    del scratch
    with pytest.raises(NotAllowed):
        change(Actor(1, role, "Somebody"), answer_minutes=20)
    assert in_force().answer_minutes == 30


def test_the_clock_of_the_evenings_is_fixed_once_there_is_one(admin: Actor) -> None:
    change(admin, timezone="Asia/Tokyo", day_starts=time(5))
    assert in_force().timezone == "Asia/Tokyo"


def test_and_then_no_more(firm: Firm) -> None:
    admin = Actor(firm.operator.person_id, Role.ADMIN, "Admin")
    firm.book(0)
    with reading() as session:
        assert settings_fixed(session)
    for values in ({"timezone": "Asia/Tokyo"}, {"day_starts": time(5)}):
        with pytest.raises(Invalid, match="cannot change any more") as refused:
            change(admin, **values)
        assert refused.value.field in values
    change(admin, opens=time(12))
    assert in_force().opens == time(12)
