"""A kept sheet is the fresh one, whoever did whatever: the event log says of every change which evenings it touches."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import change_details
from guitara_app.appointments.queries.sheet import kept_sheet, sheet
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import cancel, change
from guitara_app.clients.rules import ClientChange
from guitara_app.clients.services import edit
from guitara_app.kit import cache
from guitara_app.kit.database import reading, run
from tests.integration.demo.test_simulator import Clock, clock  # noqa: F401  the playing evening

TONIGHT = date(2026, 11, 24)
EVENINGS = [TONIGHT + timedelta(days=number) for number in range(-1, 3)]


def fresh_and_kept(clock: Clock) -> int:  # noqa: F811
    """How many lines the sheets have; all of them as they are now."""
    for day in EVENINGS:
        with reading() as session:
            fresh = sheet(session, day, now=clock.now)
        assert {**kept_sheet(day, now=clock.now), "printed": ""} == {**fresh, "printed": ""}
    return len(fresh["visits"])


def test_an_evening_plays_and_its_sheets_follow(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    found: list[bool] = []
    monkeypatch.setattr(cache, "cache_read", lambda name, *, hit: found.append(hit))
    steps = 0
    for _ in range(25):
        steps += clock.pass_by(2, step=2)
        fresh_and_kept(clock)
    assert steps > 20
    # The other evenings are made again only when something of them, or beside them, changes.
    assert found.count(True) > 25


def test_what_the_desk_changes_is_on_the_sheets(clock: Clock) -> None:  # noqa: F811
    fresh_and_kept(clock)
    with reading() as session:
        visit, client, version = session.execute(
            text(
                "SELECT a.id, c.id, c.version FROM appointments a JOIN clients c ON c.id = a.client_id"
                " WHERE a.state = 'pending' AND a.business_date = :day ORDER BY a.id DESC LIMIT 1"
            ),
            {"day": TONIGHT},
        ).one()
        ana, therapist = session.execute(
            text(
                "SELECT (SELECT id FROM people WHERE username = 'ana'), person_id FROM assignments"
                " WHERE appointment_id = :id LIMIT 1"
            ),
            {"id": visit},
        ).one()
    desk, own = Actor(ana, Role.OPERATOR, "Ana"), Actor(therapist, Role.THERAPIST, "somebody")
    later = ChangeRequest(evening=TONIGHT + timedelta(days=2), off_shift_reason="they said yes")
    for work in (
        lambda session: edit(
            session, desk, client, ClientChange(name="Mrs O'Hara-D'Souza"), version=version, now=clock.now
        ),
        lambda session: change_details(session, own, name="Ma. Teresa O'Neil", email="", now=clock.now),
        lambda session: change(session, desk, visit, request=later, reason="Moved.", now=clock.now),
        lambda session: cancel(session, desk, visit, reason="Called off.", now=clock.now),
    ):
        run(work)
        fresh_and_kept(clock)
