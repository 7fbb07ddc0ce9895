"""The table of who is told what: nothing is missing, nobody reads what is not theirs, and the words are for people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from guitara_app.appointments.happenings import WHAT_HAPPENED
from guitara_app.kit.time import Calendar
from guitara_app.notifications.facts import Happened, Seat, Trip, Visit, evening_words
from guitara_app.notifications.rules import RULES, Told, told
from guitara_app.notifications.words import Group
from guitara_app.settings import PROJECT

CALENDAR = Calendar(ZoneInfo("Asia/Manila"), time(6), time(13), time(1))
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# 00:30 of the evening before.
START = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
ANA, BEA, JOY, RAMON, DESK, BOSS = 1, 2, 3, 4, 8, 9

SEATS = (
    Seat(11, ANA, goes=True, worked=False, unanswered=True, due_at=NOW + timedelta(minutes=30)),
    Seat(12, BEA, goes=True, worked=False, unanswered=False, due_at=None),
    Seat(13, JOY, goes=False, worked=True, unanswered=False, due_at=None),
)
TRIP = Trip(
    21,
    RAMON,
    runs=True,
    unanswered=True,
    due_at=NOW + timedelta(minutes=10),
    starts_at=START - timedelta(minutes=35),
    there=True,
    urgent=False,
    riders=(ANA, BEA),
)
VISIT = Visit(31, "pending", START, MONDAY, "Shiatsu", "Mrs D'Souza", "Pasig", SEATS, (TRIP,))
NAMES = {ANA: "Ana C.", BEA: "Bea T.", JOY: "Joy T.", RAMON: "Ramon S.", DESK: "Olive O'Hara", BOSS: "Max M."}


def event(kind: str, **more: Any) -> Happened:
    values: dict[str, Any] = {
        "at": NOW,
        "calendar": CALENDAR,
        "visit": VISIT,
        "names": NAMES,
        "desk": frozenset({DESK, BOSS}),
        "admins": frozenset({BOSS}),
        "item": "Massage Lotion",
    }
    return Happened(kind, **(values | more))


def by_person(happened: Happened) -> dict[int, Told]:
    return {one.person_id: one for one in told(happened)}


def recorded_kinds() -> set[str]:
    """Every kind that stands in the code of the services as a text of its own."""
    found: set[str] = set()
    package = PROJECT / "guitara_app"
    for file in (*package.rglob("services/*.py"), *package.rglob("services.py"), *package.rglob("receipts.py")):
        found |= set(re.findall(r"(?:record\(\s*session,\s*|done\(kind=|kind = )\"([a-z_]+)\"", file.read_text()))
    return found


# What is nobody's news: accounts, clients, attendance, receipts, the telling itself, and alerts after the first time.
NO_NEWS = {
    "account_added", "account_changed", "account_locked", "api_token_made", "api_token_revoked", "backup_made",
    "client_added", "client_changed", "client_erased", "client_exported", "client_viewed", "clients_merged",
    "demo_evening_made", "firm_founded", "handover_read", "import_asked", "import_checked", "import_put_away",
    "import_stopped", "import_uploaded", "invitation_accepted", "invited", "mail_chosen",
    "password_changed", "profile_changed", "receipt_added", "service_materials_changed", "settings_set",
    "shifts_extended", "sign_in_failed", "signed_in", "signed_out", "system_alert_closed", "system_alert_reopened",
    "tour_seen", "town_added", "town_changed", "zone_added", "zone_changed",
}  # fmt: skip


def test_every_kind_of_a_visit_and_all_that_concerns_somebody_stands_in_the_table() -> None:
    assert set(WHAT_HAPPENED) <= set(RULES)
    assert recorded_kinds() - NO_NEWS <= set(RULES)
    time_off = (PROJECT / "guitara_app/availability/services/time_off.py").read_text()
    for state in re.search(r"ASKED, APPROVED, REFUSED, TAKEN_BACK = (.*)", time_off)[1].split(", "):  # type: ignore[index]
        assert f"time_off_{state.strip(chr(34))}" in RULES
    assert {"stock_low", "stock_getting_low", "stock_short", "offer_due_soon", "leg_offer_due_soon"} <= set(RULES)


def everything() -> list[tuple[Happened, list[Told]]]:
    """Every kind, told with all the data an event of it can carry."""
    data = {
        "asked": [ANA], "let_go": [JOY, RAMON], "next_person_id": None, "outcome": "safety", "urgent": True,
        "item": "Lavender Oil", "missing": 2, "available": 3, "minimum": 5, "to": "driver_confirmed",
    }  # fmt: skip
    found = []
    for kind in RULES:
        happened = event(kind, seat=SEATS[0], trip=TRIP, person_id=ANA, actor_id=BOSS, data=data)
        others = (replace(happened, person_id=RAMON), replace(happened, data={**data, "to": "no_show"}))
        found += [(one, told(one)) for one in (happened, *others)]
    return found


def test_nobody_but_the_desk_reads_the_clients_name() -> None:
    for happened, lines in everything():
        for line in lines:
            if line.person_id not in happened.desk:
                assert "Souza" not in line.title + line.body, happened.kind
                assert line.link in ("/tonight", "/hours")


def test_words_are_for_people() -> None:
    for happened, lines in everything():
        for line in lines:
            assert "_" not in line.title + line.body, (happened.kind, line)
            assert line.title and line.title[0].isupper(), (happened.kind, line)
            assert not re.search(r"\b(None|Somebody|Something)\b", line.title + line.body), (happened.kind, line)
            assert not re.search(r"\d{4}-\d\d", line.title + line.body), (happened.kind, line)


def test_nobody_is_told_twice_or_of_what_they_did() -> None:
    for happened, lines in everything():
        people = [line.person_id for line in lines]
        assert len(people) == len(set(people)), happened.kind
        assert happened.actor_id not in people, happened.kind


def test_half_past_midnight_is_the_night_of_the_evening_before() -> None:
    assert evening_words(CALENDAR, START, MONDAY, now=NOW) == "Mon night, 00:30"
    assert evening_words(CALENDAR, START - timedelta(hours=3), MONDAY, now=NOW) == "Mon 21:30"
    assert evening_words(CALENDAR, START, MONDAY, now=NOW - timedelta(days=20)) == "Mon 23 Nov night, 00:30"
    assert by_person(event("booked", data={"asked": [ANA]}))[ANA].body == (
        "Shiatsu in Pasig, Mon night, 00:30. Answer by Mon 20:30."
    )


def test_who_is_asked_hears_it_at_once_and_who_answers_later_does_not() -> None:
    [line] = told(event("booked", actor_id=DESK, data={"asked": [ANA, BEA]}))
    assert (line.person_id, line.urgent, line.about) == (ANA, True, Group.VISITS), "Bea has said yes meanwhile"
    later = replace(SEATS[0], due_at=NOW + timedelta(hours=20))
    [line] = told(event("booked", visit=replace(VISIT, seats=(later,)), data={"asked": [ANA]}))
    assert line.urgent is False


def test_a_refusal_goes_to_everybody_at_the_desk_but_whoever_wrote_it_down() -> None:
    said = by_person(event("offer_rejected", seat=SEATS[0], actor_id=ANA))
    assert set(said) == {DESK, BOSS}
    assert (said[DESK].title, said[DESK].link) == ("Ana C. rejected", "/appointments/31")
    for_her = by_person(event("offer_rejected", seat=SEATS[0], actor_id=DESK, on_behalf_of=ANA))
    assert set(for_her) == {BOSS, ANA}
    assert for_her[ANA].title == "Olive O'Hara did this for you: Rejected"


def test_what_begins_soon_is_urgent() -> None:
    far = replace(VISIT, starts_at=NOW + timedelta(hours=3))
    near = replace(VISIT, starts_at=NOW + timedelta(hours=2, minutes=59))
    for visit, urgent in ((far, False), (near, True)):
        happened = event("place_withdrawn", visit=visit, seat=SEATS[1], actor_id=BEA)
        assert by_person(happened)[DESK].urgent is urgent


def test_who_is_not_needed_any_more_is_told_in_their_own_words() -> None:
    said = by_person(event("appointment_changed", actor_id=DESK, data={"let_go": [JOY, RAMON], "asked": [ANA]}))
    assert said[ANA].title == "Changed: can you come then?"
    assert said[JOY].title == "This job is not yours any more"
    assert said[BEA].title == "Your visit has changed"
    assert said[RAMON].title == "Your trip's visit has changed", "whoever is asked anew keeps a trip"
    gone = event("appointment_changed", visit=replace(VISIT, trips=()), actor_id=DESK, data={"let_go": [RAMON]})
    assert by_person(gone)[RAMON].title == "This trip is not yours any more"


def test_a_cancelled_visit_reaches_everybody_on_it() -> None:
    cancelled = event("appointment_cancelled", actor_id=DESK, data={"let_go": [ANA, BEA]})
    said = by_person(cancelled)
    assert {person: line.title for person, line in said.items()} == {
        ANA: "Cancelled",
        BEA: "Cancelled",
        RAMON: "Cancelled: look at your trip",
    }


def test_a_driver_who_is_asked_has_ten_minutes_and_only_while_it_is_theirs() -> None:
    asked = event("driver_asked", trip=TRIP, person_id=RAMON)
    [line] = told(asked)
    assert (line.urgent, line.about) == (True, Group.TRIPS)
    assert line.body == "Bring Ana C. and Bea T. to Pasig, Mon 23:55. Answer by Mon 20:10."
    assert told(replace(asked, trip=replace(TRIP, unanswered=False))) == []
    assert told(replace(asked, trip=replace(TRIP, driver_id=5))) == [], "another was asked since"


@pytest.mark.parametrize("kind", ["offer_due_soon", "leg_offer_due_soon"])
def test_the_warning_before_the_deadline_is_for_whoever_must_answer(kind: str) -> None:
    [line] = told(event(kind, seat=SEATS[0], trip=TRIP))
    assert (line.person_id, line.urgent) == (ANA if kind == "offer_due_soon" else RAMON, True)
    answered = event(kind, seat=replace(SEATS[0], unanswered=False), trip=replace(TRIP, unanswered=False))
    assert told(answered) == []


def test_the_desk_hears_of_a_silent_therapist_only_when_nobody_is_asked_next() -> None:
    lapsed = event("offer_lapsed", seat=SEATS[2], data={"next_person_id": ANA, "asked": [ANA]})
    assert {line.person_id: line.title for line in told(lapsed)} == {
        JOY: "You did not answer in time",
        ANA: "A job for you",
    }
    assert {DESK, BOSS} < set(by_person(replace(lapsed, data={"next_person_id": None})))


def test_panic_is_urgent_for_every_desk() -> None:
    said = by_person(event("alarm_raised", seat=SEATS[1], actor_id=BEA))
    assert {person: line.urgent for person, line in said.items()} == {DESK: True, BOSS: True}


def test_an_urgent_pickup_is_urgent_and_a_normal_one_waits() -> None:
    for urgent in (True, False):
        asked = event("pickup_asked", seat=SEATS[2], trip=TRIP, actor_id=JOY, data={"urgent": urgent})
        assert by_person(asked)[DESK].urgent is urgent
        assert by_person(asked)[DESK].title == "Joy T. asks for pick-up"


def test_hours_decided_by_the_desk_reach_the_person_alone() -> None:
    said = told(event("time_off_refused", visit=None, person_id=ANA, actor_id=DESK, on_behalf_of=ANA))
    assert [(line.person_id, line.title, line.about) for line in said] == [
        (ANA, "Your time off is refused", Group.HOURS)
    ]
    asked = told(event("time_off_asked", visit=None, person_id=ANA, actor_id=ANA))
    assert {line.person_id: line.link for line in asked} == {DESK: "/shifts", BOSS: "/shifts"}


def test_what_is_wrong_with_the_system_is_for_admins_and_leads_to_its_page() -> None:
    data = {"alarm": "worker", "subject": "", "words": "No worker takes tasks.", "urgent": True}
    [line] = told(event("system_alert_opened", visit=None, data=data))
    assert (line.person_id, line.about, line.urgent) == (BOSS, Group.SYSTEM, True)
    assert (line.title, line.body, line.link) == ("Guitara needs a look", "No worker takes tasks.", "/system")
    [later] = told(event("system_alert_opened", visit=None, data={**data, "urgent": False}))
    assert later.urgent is False
