"""The large firm, in small: whole, with its past, its guards and what is booked ahead, and kept while it fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guitara_app.appointments.queries import board
from guitara_app.cli.audits import run_audits
from guitara_app.cli.large import make_large
from guitara_app.demo import large, seed
from guitara_app.demo.cycles import FIRST_CLIENT
from guitara_app.demo.sizes import LARGE
from guitara_app.embedded import Postgres
from guitara_app.embedded.postgres import DATABASE, DatabaseUrls
from guitara_app.kit.database import reading
from tests.integration.conftest import Scratch
from tests.integration.kit.test_schema import schema_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SMALL = LARGE._replace(
    name="small", evenings=2, visits=range(30, 31), more_on_weekends=0, cycles=4, clients=1600, ahead=5, tonight=80
)


def silent(_what: str) -> None:
    """Nobody waits for it here."""


@pytest.fixture
def built(database: DatabaseUrls) -> DatabaseUrls:
    large.build(database.owner, SMALL, now=NOW, say=silent)
    return database


def test_it_is_whole_and_its_evening_is_now(built: DatabaseUrls, scratch: Scratch, postgres: Postgres) -> None:
    with reading() as session:
        assert run_audits(session) == []
    assert schema_of(built.owner) == schema_of(postgres.urls("migrated").owner)
    evenings = scratch.sql(
        "SELECT business_date - DATE '2026-11-24', count(*) FROM appointments WHERE closed_at IS NOT NULL"
        " GROUP BY 1 ORDER BY 1"
    )
    assert [ago for ago, _ in evenings] == list(range(-8, 0))
    assert {many for _, many in evenings[::2]} == {evenings[0][1]}
    assert scratch.one("SELECT count(DISTINCT business_date) FROM appointments WHERE closed_at IS NULL") == 5
    assert scratch.one("SELECT count(*) FROM clients WHERE id >= %s", FIRST_CLIENT) == 1600
    assert scratch.one("SELECT count(DISTINCT client_id) FROM appointments WHERE closed_at IS NOT NULL") > 150
    numbered_in_time = (
        "SELECT count(*) FROM (SELECT business_date, lag(business_date) OVER (ORDER BY id) AS before"
        " FROM appointments WHERE closed_at IS NOT NULL) x WHERE before > business_date"
    )
    assert scratch.one(numbered_in_time) == 0
    histories = "SELECT min(n) FROM (SELECT count(e.id) AS n FROM appointments a LEFT JOIN events e ON"
    assert scratch.one(f"{histories} e.appointment_id = a.id AND e.client_id = a.client_id GROUP BY a.id) x") >= 2

    assert scratch.one("SELECT count(*) FROM clashes") == 0

    report = seed.run(now=NOW + timedelta(minutes=5), size=SMALL)
    assert report.tonight >= 80
    assert scratch.one("SELECT count(*) FROM clashes WHERE settled_at IS NULL") == 1
    on_the_way = "SELECT count(*) FROM assignments WHERE answer = 'accepted' AND turnaround_minutes > 0"
    assert scratch.one(on_the_way) > 0
    with reading() as session:
        assert run_audits(session) == []
        shown = board(session, now=NOW + timedelta(minutes=5))
    assert min(len(shown[name]) for name in ("waiting", "confirmed", "on_the_way", "in_session", "payment")) >= 4


def test_made_before_breakfast_its_evening_is_its_own(database: DatabaseUrls, scratch: Scratch) -> None:
    # 06:20 in Manila: the usual day has turned, and the evening around now began before midnight.
    early = datetime(2026, 11, 24, 22, 20, tzinfo=UTC)
    large.build(database.owner, SMALL, now=early, say=silent)
    report = seed.run(now=early, size=SMALL)
    tonight = "SELECT count(*) FROM appointments WHERE business_date = '2026-11-24'"
    assert scratch.one(tonight) == report.tonight


def test_days_later_what_was_booked_for_them_has_been_held(built: DatabaseUrls, scratch: Scratch) -> None:
    report = seed.run(now=NOW + timedelta(days=3), size=SMALL)
    assert report.closed > 0
    assert (
        scratch.one("SELECT count(*) FROM appointments WHERE closed_at IS NULL AND business_date < '2026-11-27'") == 0
    )
    with reading() as session:
        assert run_audits(session) == []


def test_it_is_made_once_and_worked_with_in_a_copy(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def make(*, anew: bool = False, days: int = 0) -> int:
        said.clear()
        make_large(postgres, SMALL, now=NOW + timedelta(days=days), say=said.append, anew=anew)
        return len(said)

    working = Scratch(postgres.superuser_url)
    try:
        assert make() > 2
        working.sql("DELETE FROM weekly_patterns")
        working.sql("INSERT INTO settings (key, value) VALUES ('mine', 'true')")
        assert make() == 0
        assert working.one("SELECT count(*) FROM settings WHERE key = 'mine'") == 1
        assert make(anew=True) == 1
        assert working.one("SELECT count(*) FROM settings WHERE key = 'mine'") == 0
        assert make(days=40) > 2
        monkeypatch.setattr(large, "fingerprint", lambda _size: "told in another way")
        assert make(days=40) > 2
    finally:
        postgres.drop_database("guitara_small")
        postgres.drop_database(DATABASE)
        postgres.create_database(DATABASE)
