"""Public holidays: which there are, what the firm does on them, and whose hours that leaves."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries.outside import would_be_outside
from guitara_app.availability.queries import holidays_between, person_hours, shift_periods
from guitara_app.availability.rules import Edit, Hours, holiday_of
from guitara_app.availability.services import checked_holidays, set_holidays, set_shift, set_week
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid, NotAllowed
from guitara_app.kit.events import plan_topics, week_key
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

pytestmark = pytest.mark.usefixtures("database")

# Bonifacio Day is the Monday after the evening on which it is now, with 8 and 25 December ahead too.
BONIFACIO = date(2026, 11, 30)
WEEK = {day: Hours(time(13), time(1)) for day in range(7)}


@pytest.fixture
def firm(database: object) -> Firm:
    firm = open_firm()
    run(lambda session: set_week(session, firm.operator, firm.therapists[0], WEEK, now=NOW))
    return firm


@pytest.fixture
def manager(firm: Firm) -> Actor:
    with transaction() as session:
        marga = Person(username="marga", name="Marga", role=Role.MANAGER)
        session.add(marga)
        session.flush()
        return Actor(marga.id, Role.MANAGER, "Marga")


def say(actor: Actor, otherwise: str = "as_usual", country: str = "PH", **each: str) -> int:
    named = {name.replace("_", " "): said for name, said in each.items()}
    return run(lambda session: set_holidays(session, actor, country=country, otherwise=otherwise, each=named, now=NOW))


def hours(firm: Firm, day: date = BONIFACIO) -> list[tuple[datetime | None, datetime | None]]:
    person = firm.therapists[0]
    with reading() as session:
        return [(one.lower, one.upper) for one in shift_periods(session, [person], day)[person]]


def test_nothing_happens_on_a_holiday_until_somebody_says_so(firm: Firm) -> None:
    assert hours(firm) == [(manila(13 + 7 * 24), manila(25 + 7 * 24))]
    with reading() as session:
        found = person_hours(session, firm.therapists[0], now=NOW)
    assert found is not None
    assert {row["label"]: row["holiday"] for row in found["evenings"]}["Mon 30 Nov"] == "Bonifacio Day"


def test_closed_and_special_hours_cut_the_usual_ones_and_only_those(firm: Firm, manager: Actor) -> None:
    eve, new_year = date(2026, 12, 31), date(2027, 1, 1)
    run(lambda s: set_shift(s, firm.operator, firm.therapists[0], new_year, (time(18), time(2)), now=NOW))
    changed = say(manager, "closed", Bonifacio_Day="15:00-00:30", Christmas_Day="as_usual")
    assert hours(firm) == [(manila(15 + 7 * 24), manila(24 + 7 * 24, 30))]
    assert hours(firm, date(2026, 12, 8)) == []
    assert len(hours(firm, date(2026, 12, 25))) == 1
    assert hours(firm, eve) == []
    # What was set by hand is set for the holiday too.
    assert len(hours(firm, new_year)) == 1
    with reading() as session:
        days = holidays_between(session, EVENING, EVENING + timedelta(days=60))
    assert changed == len(days) - 2
    # The day after follows its own rule, although the evening before would have run into it.
    say(manager)
    assert hours(firm) == [(manila(13 + 7 * 24), manila(25 + 7 * 24))]


def test_what_would_lie_outside_on_a_holiday_is_known_before(firm: Firm, manager: Actor) -> None:
    run(lambda session: set_week(session, firm.operator, firm.therapists[1], WEEK, now=NOW))
    visit = firm.book(1, start=time(0, 15), evening=BONIFACIO, minutes=30)
    everybody = dict.fromkeys([*firm.therapists, *firm.drivers], Edit())
    with reading() as session:
        in_force = firm_settings(session)
        kept = checked_holidays(in_force, "PH", "as_usual", {"Bonifacio Day": "13:00-01:00"})
        shut = checked_holidays(in_force, "PH", "closed", {})
        assert would_be_outside(session, everybody, now=NOW, firm=kept) == []
        assert [job.appointment_id for job in would_be_outside(session, everybody, now=NOW, firm=shut)] == [visit]


def test_another_country_has_other_holidays_and_none_has_none(firm: Firm, manager: Actor) -> None:
    say(manager, "closed", country="US")
    thanksgiving = date(2026, 11, 26)
    assert (hours(firm, thanksgiving), len(hours(firm))) == ([], 1)
    say(manager, "closed", country="")
    assert (len(hours(firm, thanksgiving)), len(hours(firm))) == (1, 1)


@pytest.mark.parametrize(
    ("country", "otherwise", "said", "field"),
    [
        ("ZZ", "closed", "closed", "country"),
        ("PH", "perhaps", "closed", "otherwise"),
        ("PH", "closed", "whenever", "Rizal Day"),
        ("PH", "closed", "25:00-26:00", "Rizal Day"),
        ("PH", "closed", "06:00-05:00", "Rizal Day"),
    ],
)
def test_what_cannot_be_is_refused(
    firm: Firm, manager: Actor, country: str, otherwise: str, said: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        say(manager, otherwise, country, Rizal_Day=said)
    assert caught.value.field == field
    assert len(hours(firm)) == 1


def test_only_a_manager_decides_and_every_page_that_shows_it_is_told(
    firm: Firm, manager: Actor, scratch: Scratch
) -> None:
    with pytest.raises(NotAllowed):
        say(firm.operator)
    say(manager, "closed")
    ((topics,),) = scratch.sql("SELECT topics FROM events WHERE kind = 'holidays_set'")
    person = firm.therapists[0]
    assert {"desk", "queue", "firm", f"hours:{person}", f"person:{person}"} <= set(topics)
    assert f"shifts:{BONIFACIO.toordinal()}" in topics
    # Also plans of evenings that cannot be booked yet show the day.
    assert plan_topics(BONIFACIO) | plan_topics(date(2027, 8, 30)) <= set(topics)
    assert f"week:{week_key(date(2026, 11, 16))}" not in topics


def test_settings_that_cannot_be_read_close_nothing() -> None:
    assert holiday_of(["Rizal Day"], "as_usual", {"Rizal Day": "soon"}).closed is False
