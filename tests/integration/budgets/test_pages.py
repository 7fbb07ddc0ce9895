"""What each scope that a page shows live takes, and what else is read at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from guitara_app import tables  # noqa: F401  every table there is
from guitara_app.appointments.queries.finding import find_everywhere
from guitara_app.appointments.queries.sheet import sheet
from guitara_app.kit.database import reading
from guitara_app.kit.events import month_key, week_key
from guitara_app.live.readers import NEWS, READERS
from guitara_app.live.scopes import Kind
from tests.integration.budgets.conftest import Said, Within, counting, same
from tests.integration.budgets.full import fill
from tests.support.firm import EVENING, NOW, Firm

AT = NOW + timedelta(minutes=10)


def reads(firm: Firm) -> dict[str, Callable[[Session], object]]:
    """Every reader with the key of whatever there is most of."""
    with reading() as session:
        visit = session.execute(text("SELECT min(id) FROM appointments")).scalar_one()
    keys = {
        Kind.DESK: 0,
        Kind.ROAD: 0,
        Kind.QUEUE: 0,
        Kind.APPOINTMENT: visit,
        Kind.PERSON: firm.therapists[0],
        Kind.SHIFTS: EVENING.toordinal(),
        Kind.WEEK: week_key(EVENING),
        Kind.MONTH: month_key(EVENING),
        Kind.HOURS: firm.therapists[0],
        Kind.CLIENT: firm.client,
        Kind.PROFILE: firm.operator.person_id or 0,
        Kind.INBOX: firm.operator.person_id or 0,
        Kind.PRESENCE: 0,
        Kind.SYSTEM: 0,
        Kind.WAITING: 0,
        Kind.WORKLOAD: 0,
        Kind.CATALOG: 0,
        Kind.IMPORT: firm.operator.person_id or 0,
    }
    found: dict[str, Callable[[Session], object]] = {
        str(kind): lambda session, kind=kind: READERS[kind](session, keys[kind], AT) for kind in READERS
    }
    with reading() as session:
        before = READERS[Kind.DESK](session, 0, AT)
    found["news of the desk"] = lambda session: NEWS[Kind.DESK](session, before, {visit}, AT)
    for kind in (Kind.WEEK, Kind.MONTH):
        with reading() as session:
            plan = READERS[kind](session, keys[kind], AT)
        found[f"news of the {kind}"] = lambda session, kind=kind, plan=plan: NEWS[kind](session, plan, {visit}, AT)
    found["person who drives"] = lambda session: READERS[Kind.PERSON](session, firm.drivers[0], AT)
    found["sheet"] = lambda session: sheet(session, None, now=AT)
    found["palette"] = lambda session: find_everywhere(session, "souza", now=AT)
    return found


def said(firm: Firm) -> dict[str, Said]:
    counted: dict[str, Said] = {}
    for name, read in reads(firm).items():
        with reading() as session, counting() as heard:
            read(session)
        counted[name] = heard
    return counted


def test_pages(firm: Firm, within: Within) -> None:
    fill(firm, range(2))
    few = said(firm)
    fill(firm, range(2, 6))
    many = said(firm)
    within("pages", {name: same(name, few[name], many[name]) for name in many})


def test_nothing_can_be_loaded_lazily() -> None:
    # Rows know nothing of each other: whatever is shown together was asked for together, in queries.py.
    known = list(SQLModel._sa_registry.mappers)
    assert len(known) > 25
    assert [f"{mapper.class_.__name__}.{one.key}" for mapper in known for one in mapper.relationships] == []
    deferred = [
        f"{mapper.class_.__name__}.{one.key}" for mapper in known for one in mapper.column_attrs if one.deferred
    ]
    assert deferred == []
