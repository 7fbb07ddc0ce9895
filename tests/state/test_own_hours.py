"""What therapists and drivers say about their own hours, and that it is never anybody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.availability.services import refuse_time_off
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from guitara_app.pages.hours.state import OwnHoursState
from tests.state.conftest import OpenBrowser

PAGE = OwnHoursState.get_full_name()


def rows(statement: str, **values: Any) -> list[Any]:
    with reading() as session:
        return list(session.execute(text(statement), values))


def person(role: Role) -> int:
    return int(rows("SELECT id FROM people WHERE username = :name", name=str(role))[0].id)


def tomorrow() -> str:
    with reading() as session:
        return f"{firm_settings(session).calendar.business_date(now()) + timedelta(days=1)}"


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.DRIVER])
def test_the_own_week_is_set_and_nobody_elses(browser: OpenBrowser, role: Role) -> None:
    draft = {"idempotency_key": "w-1", "starts_0": "14", "ends_0": "0:30", "seen_0": ""}
    told = browser(role, "/hours").call(f"{PAGE}.keep_week", {"draft": draft})
    assert told.values["week_saved"] == "w-1"
    [row] = rows("SELECT person_id, weekday, starts, ends FROM weekly_patterns")
    assert (row.person_id, row.weekday, f"{row.starts:%H:%M}", f"{row.ends:%H:%M}") == (
        person(role),
        0,
        "14:00",
        "00:30",
    )


def test_time_off_is_asked_for_decided_and_taken_back(browser: OpenBrowser) -> None:
    me = browser(Role.THERAPIST, "/hours")
    draft = {"idempotency_key": "o-1", "off_first": tomorrow(), "off_reason": "my sister's wedding"}
    assert me.call(f"{PAGE}.ask", {"draft": draft}).values["off_saved"] == "o-1"
    [row] = rows("SELECT id, person_id, state FROM time_off")
    assert (row.person_id, row.state) == (person(Role.THERAPIST), "asked")

    # Another therapist's or driver's is not theirs to take back.
    assert browser(Role.DRIVER, "/hours").call(f"{PAGE}.take_back", {"time_off_id": row.id, "reason": ""}).events
    assert rows("SELECT state FROM time_off")[0].state == "asked"
    assert me.call(f"{PAGE}.take_back", {"time_off_id": row.id, "reason": ""}).says("taken back")
    assert rows("SELECT state FROM time_off")[0].state == "taken_back"


def test_without_a_reason_the_form_says_so(browser: OpenBrowser) -> None:
    told = browser(Role.DRIVER, "/hours").call(f"{PAGE}.ask", {"draft": {"off_first": tomorrow()}})
    assert told.values["problems"] == {"off_reason": "Say why, in a word or two."}
    assert rows("SELECT 1 FROM time_off") == []


def test_what_was_refused_cannot_be_taken_back(browser: OpenBrowser) -> None:
    me = browser(Role.DRIVER, "/hours")
    me.call(f"{PAGE}.ask", {"draft": {"off_first": tomorrow(), "off_reason": "dentist"}})
    [row] = rows("SELECT id FROM time_off")
    desk = Actor(person(Role.OPERATOR), Role.OPERATOR, "Desk")
    run(lambda session: refuse_time_off(session, desk, row.id, reason="fully booked", now=now()))
    assert me.call(f"{PAGE}.take_back", {"time_off_id": row.id, "reason": ""}).says("is refused already")
