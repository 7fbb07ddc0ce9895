"""What waits for the desk, worst first, with the ways out; and who handles it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.models import Appointment, AttentionClaim, Leg, LegOffer, Review
from guitara_app.appointments.queries import board, detail
from guitara_app.appointments.services import accept, claim, grow_overdue, panic, reject, release, settle_alarm
from guitara_app.appointments.views import AttentionRow, Board
from guitara_app.appointments.words import AppointmentState, LegState, OfferAnswer, Progress
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from guitara_app.kit.time import period
from tests.support.firm import NOW, Firm, leg_row, manila, seat_row, visit_row


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def shown(now: datetime = NOW) -> Board:
    with reading() as session:
        return board(session, now=now)


def waiting(now: datetime = NOW) -> list[AttentionRow]:
    return shown(now)["attention"]


def kinds(now: datetime = NOW) -> list[str]:
    return [row["kind"] for row in waiting(now)]


def only(now: datetime = NOW) -> AttentionRow:
    [row] = waiting(now)
    return row


def ways(row: AttentionRow) -> dict[str, str]:
    return {way["label"]: way["to"] for way in row["ways"]}


def colleague(name: str = "Ben O'Neil") -> Actor:
    with transaction() as session:
        person = Person(username=name.split(maxsplit=1)[0].lower(), name=name, role=Role.OPERATOR)
        session.add(person)
        session.flush()
    return Actor(person.id, Role.OPERATOR, name)


def place_of(visit: int) -> int:
    with reading() as session:
        found = session.execute(text("SELECT id FROM assignments WHERE appointment_id = :id"), {"id": visit})
        return int(found.scalars().first() or 0)


def claims(actor: Actor, key: str, now: datetime = NOW, **more: Any) -> None:
    run(lambda session: claim(session, actor, key, now=now, **more))


def lets_go(actor: Actor, key: str, now: datetime = NOW) -> None:
    run(lambda session: release(session, actor, key, now=now))


def refused(kind: type[GuitaraError], *what: Any, **more: Any) -> str:
    call, *arguments = what
    with pytest.raises(kind) as error:
        call(*arguments, **more)
    return error.value.sentence


def in_session(firm: Firm, *, until: datetime) -> int:
    begun = until - minutes(60)
    with transaction() as session:
        visit = visit_row(session, firm, begun, until)
        visit.state = AppointmentState.IN_SESSION
        seat_row(session, firm, 0, begun, until, visit=visit, progress=Progress.IN_SESSION, session_started_at=begun)
        return visit.id


# ---- what is on the list


def test_a_calm_evening_needs_nobody(firm: Firm) -> None:
    firm.book(0)
    assert waiting() == []


def test_an_answer_counts_down_then_is_overdue(firm: Firm) -> None:
    visit = firm.book(0)
    due = NOW + minutes(30)
    assert waiting(due - minutes(6)) == []
    soon = only(due - minutes(4))
    assert (soon["kind"], soon["tone"], soon["due_at"], soon["since"]) == ("due_soon", "pending", due.isoformat(), "")
    over = only(due + minutes(2))
    assert (over["kind"], over["tone"], over["since"], over["due_at"]) == ("overdue", "alarm", due.isoformat(), "")
    assert over["key"] == soon["key"]
    assert over["detail"] == "Therapist 0 for Mrs D'Souza, 21:00"
    assert ways(over)["Replace"] == f"/appointments/{visit}?do=replace&place={place_of(visit)}"
    assert shown(due + minutes(2))["waiting"][0]["warnings"] == ["answer overdue"]


def test_a_refusal_waits_for_a_decision_with_its_reason(firm: Firm) -> None:
    visit = firm.book(0)
    run(lambda session: reject(session, firm.therapist(0), place_of(visit), reason="I'm ill", now=NOW))
    row = only()
    assert (row["kind"], row["title"]) == ("review", "Rejected: I'm ill")
    assert list(ways(row)) == ["Replace", "Insist", "Cancel"]
    assert [way["first"] for way in row["ways"]] == [True, False, False]
    assert shown()["waiting"][0]["warnings"] == ["needs a decision"]


def test_in_a_group_somebody_can_be_dropped(firm: Firm) -> None:
    visit = firm.book(0, 1)
    run(lambda session: reject(session, firm.therapist(0), place_of(visit), reason="no", now=NOW))
    assert "Drop" in ways(only())


def test_a_session_that_does_not_begin_is_late_also_past_midnight(firm: Firm) -> None:
    visit = firm.book(0, start=time(0))
    run(lambda session: accept(session, firm.therapist(0), place_of(visit), now=NOW))
    start = manila(24)
    assert waiting(start + minutes(5)) == []
    row = only(start + minutes(6))
    assert (row["kind"], row["title"], row["since"]) == ("late", "Session not started", start.isoformat())
    assert row["detail"].endswith("Tue 00:00")
    assert ways(row)["For them"] == f"/appointments/{visit}?do=start_session&place={place_of(visit)}"
    assert ways(row)["Client"] == "tel:+639171234567"


def test_a_session_over_time_shows_on_list_and_card(firm: Firm) -> None:
    in_session(firm, until=NOW)
    assert waiting(NOW) == []
    assert only(NOW + minutes(1))["kind"] == "over_time"
    assert shown(NOW + minutes(1))["in_session"][0]["warnings"] == ["over time"]


def test_a_driver_who_does_not_answer_is_silent(firm: Firm) -> None:
    with transaction() as session:
        leg = leg_row(session, firm, 0, NOW, NOW + minutes(30), state=LegState.OFFERED)
        offer = LegOffer(
            leg_id=leg.id,
            driver_id=firm.drivers[0],
            search_number=0,
            answer=OfferAnswer.OPEN,
            offered_at=NOW - minutes(10),
            due_at=NOW,
        )
        session.add(offer)
    assert kinds(NOW) == []
    row = only(NOW + minutes(1))
    assert (row["kind"], row["title"]) == ("silent", "Driver 0 does not answer")
    statuses = {driver["name"]: driver["status"] for driver in shown(NOW + minutes(1))["drivers"]}
    assert statuses == {"Driver 0": "silent", "Driver 1": "free"}


def test_a_driver_who_does_not_set_out_is_said_once_for_the_whole_car(firm: Firm) -> None:
    starts = NOW + minutes(30)
    with transaction() as session:
        leg = leg_row(session, firm, 0, NOW, starts)
        visit = session.get_one(Appointment, leg.to_appointment_id)
        visit.driver_needed, visit.starts_at, visit.ends_at = True, starts, starts + minutes(60)
        for person in (0, 1):
            seat_row(session, firm, person, starts, starts + minutes(60), visit=visit)
    row = only(starts + minutes(10))
    assert (row["kind"], row["title"]) == ("late", "Journey not started")
    assert ways(row)["Start it"] == f"/appointments/{visit.id}?do=start_journey&leg={leg.id}"


def test_a_trip_without_a_driver_is_said_before_it_is_late(firm: Firm) -> None:
    firm.book(0, driver_needed=True)
    leaves = manila(21) - minutes(35)
    at = leaves - minutes(21)
    assert "no_driver" not in kinds(at)
    early = next(row for row in waiting(leaves - minutes(10)) if row["kind"] == "no_driver")
    assert (early["tone"], early["due_at"]) == ("pending", leaves.isoformat())
    late = next(row for row in waiting(leaves + minutes(10)) if row["kind"] == "no_driver")
    assert (late["tone"], late["since"]) == ("alarm", leaves.isoformat())
    assert next(way for way in late["ways"] if way["first"])["label"] == "Choose driver"


def test_pick_ups_wait_urgent_first_however_old_the_other(firm: Firm) -> None:
    with transaction() as session:
        for urgent, ago in ((False, 30), (True, 3)):
            visit = visit_row(session, firm, NOW - minutes(120), NOW - minutes(60))
            visit.state, visit.closed_at = AppointmentState.COMPLETED, NOW
            leg = Leg(
                from_appointment_id=visit.id,
                business_date=visit.business_date,
                state=LegState.SEARCHING,
                vehicle_needed="any",
                urgent=urgent,
                wanted_at=NOW - minutes(ago),
                travel_minutes=30,
            )
            session.add(leg)
    assert kinds() == ["pickup_urgent", "pickup"]
    assert [card["warnings"] for card in shown()["payment"]] == [["waits for pick-up"]] * 2


def test_a_clash_names_both_jobs_and_opens_the_next_one(firm: Firm) -> None:
    this = in_session(firm, until=NOW)
    following = firm.book(0, start=time(20, 3), now=NOW - minutes(5))
    later = NOW + minutes(2)
    run(lambda session: grow_overdue(session, now=later))
    row = next(row for row in waiting(later) if row["kind"] == "clash")
    assert row["title"] == "Runs 4 min into the next job"
    assert row["detail"] == f"Therapist 0: #{this} Mrs D'Souza"
    assert row["more"] == f"then #{following} Mrs D'Souza, 20:03"
    assert list(ways(row)) == ["Move next", "Swap", "Replace", "Client"]
    assert ways(row)["Move next"] == f"/appointments/{following}?do=change"
    cards = [card for column in ("waiting", "in_session") for card in shown(later)[column]]
    assert all("clash" in card["warnings"] for card in cards)
    assert len(cards) == 2


def test_a_payment_waits_since_it_was_asked_for(firm: Firm) -> None:
    asked = NOW - minutes(7)
    with transaction() as session:
        visit = visit_row(session, firm, NOW - minutes(70), NOW - minutes(10))
        visit.state = AppointmentState.AWAITING_PAYMENT
        seat_row(
            session,
            firm,
            0,
            NOW - minutes(70),
            NOW - minutes(10),
            visit=visit,
            progress=Progress.ENDED,
            answer="released",
            released_at=NOW,
            payment_requested_at=asked,
            occupied=period(NOW - minutes(70), NOW - minutes(10)),
        )
    row = only()
    assert (row["kind"], row["title"], row["since"]) == ("payment", "Verify payment \u20b1500", asked.isoformat())


def test_the_worst_comes_first(firm: Firm) -> None:
    in_session(firm, until=NOW - minutes(30))
    refused_visit = firm.book(1)
    run(lambda session: reject(session, firm.therapist(1), place_of(refused_visit), reason="no", now=NOW))
    with transaction() as session:
        visit = session.execute(text("SELECT id FROM appointments WHERE state = 'in_session'")).scalar()
    run(lambda session: panic(session, firm.therapist(0), place_of(int(visit or 0)), now=NOW))
    assert kinds() == ["panic", "review", "over_time"]


# ---- who handles it


def test_a_claim_shows_on_every_desk_until_it_is_let_go(firm: Firm) -> None:
    in_session(firm, until=NOW - minutes(1))
    key = only()["key"]
    assert only()["handler"] == ""
    claims(firm.operator, key)
    row = only()
    assert (row["handler_id"], row["handler"]) == (firm.operator.person_id, "Ana O'Hara")
    assert row["handled_since"] == NOW.isoformat()
    lets_go(firm.operator, key)
    assert only()["handler_id"] == 0


def test_claiming_twice_counts_once(firm: Firm, rows: Any) -> None:
    in_session(firm, until=NOW - minutes(1))
    key = only()["key"]
    claims(firm.operator, key)
    claims(firm.operator, key, NOW + minutes(2))
    assert only()["handled_since"] == NOW.isoformat()
    assert len(rows("SELECT 1 FROM events WHERE kind = 'attention_claimed'")) == 1


def test_what_somebody_handles_is_taken_over_only_from_them(firm: Firm) -> None:
    in_session(firm, until=NOW - minutes(1))
    key, ben, cy = only()["key"], colleague(), colleague("Cy Uy")
    claims(firm.operator, key)
    assert "Ana O'Hara is handling this since 20:00" in refused(NotPossible, claims, ben, key)
    refused(NotPossible, lets_go, ben, key)
    claims(ben, key, instead_of=firm.operator.person_id)
    assert only()["handler"] == "Ben O'Neil"
    # Cy saw Ana's name; by now it is Ben who handles it.
    assert "Ben O'Neil" in refused(NotPossible, claims, cy, key, instead_of=firm.operator.person_id)
    refused(NotPossible, lets_go, firm.operator, key)
    assert only()["handler"] == "Ben O'Neil"


def test_a_claim_ends_with_its_entry_and_does_not_come_back_with_the_next(firm: Firm, rows: Any) -> None:
    visit = firm.book(0)
    due = NOW + minutes(30)
    key = only(due - minutes(1))["key"]
    claims(firm.operator, key, due - minutes(1))
    assert only(due + minutes(1))["handler"] == "Ana O'Hara"
    # Insisted on: the same place is offered anew, with a later time to answer.
    with transaction() as session:
        session.execute(text("UPDATE assignments SET due_at = :due"), {"due": due + minutes(20)})
    assert waiting(due + minutes(1)) == []
    again = only(due + minutes(19))
    assert (again["key"], again["handler"]) == (key, "")
    claims(colleague(), key, due + minutes(19))
    assert only(due + minutes(19))["handler"] == "Ben O'Neil"
    run(lambda session: accept(session, firm.therapist(0), place_of(visit), now=due + minutes(19)))
    other = in_session(firm, until=due)
    claims(firm.operator, f"over-{place_of(other)}", due + minutes(19))
    assert [row.entry_key for row in rows("SELECT entry_key FROM attention_claims")] == [f"over-{place_of(other)}"]


@pytest.mark.parametrize("key", ["over-99", "", "nonsense'", "over-" + "9" * 50])
def test_nothing_can_be_claimed_that_does_not_wait(firm: Firm, rows: Any, key: str) -> None:
    in_session(firm, until=NOW - minutes(1))
    refused(NotFound, claims, firm.operator, key)
    assert rows("SELECT 1 FROM attention_claims") == []


def test_only_the_desk_handles_and_lets_go(firm: Firm) -> None:
    in_session(firm, until=NOW - minutes(1))
    key = only()["key"]
    for actor in (firm.therapist(0), Actor(firm.drivers[0], Role.DRIVER, "Driver")):
        refused(NotAllowed, claims, actor, key)
        refused(NotAllowed, lets_go, actor, key)


def test_the_history_of_the_visit_says_who_took_it_on(firm: Firm) -> None:
    visit = in_session(firm, until=NOW - minutes(1))
    claims(firm.operator, only()["key"])
    with reading() as session:
        found = detail(session, visit, now=NOW)
    assert found is not None
    assert [(row["what"], row["who"]) for row in found["history"]] == [("Taken on at the desk", "Ana O'Hara")]


# ---- alarms


def test_a_call_for_help_shows_place_and_phone_until_it_is_closed(firm: Firm, rows: Any) -> None:
    visit = in_session(firm, until=NOW + minutes(30))
    with transaction() as session:
        session.execute(text("UPDATE people SET phone = '+639179876543' WHERE id = :id"), {"id": firm.therapists[0]})
    run(lambda session: panic(session, firm.therapist(0), place_of(visit), now=NOW))
    run(lambda session: panic(session, firm.therapist(0), place_of(visit), now=NOW))
    row = only()
    assert (row["kind"], row["title"]) == ("panic", "Therapist 0 calls for help")
    assert (row["detail"], row["more"]) == ("1 Main Street, Pasig", "at Mrs D'Souza, 0917 987 6543")
    assert ways(row)["Therapist"] == "tel:+639179876543"
    settle = lambda outcome: run(  # noqa: E731
        lambda session: settle_alarm(session, firm.operator, row["alarm_id"], outcome=outcome, now=NOW)
    )
    refused(Invalid, settle, "  ")
    settle("Driver is with her, all's well")
    assert waiting() == []
    refused(NotPossible, settle, "again")
    [kept] = rows("SELECT outcome, settled_by_id FROM alarms")
    assert (kept.outcome, kept.settled_by_id) == ("Driver is with her, all's well", firm.operator.person_id)


def test_nobody_calls_for_help_for_somebody_elses_job(firm: Firm) -> None:
    visit = in_session(firm, until=NOW + minutes(30))
    raise_it = lambda actor: run(lambda session: panic(session, actor, place_of(visit), now=NOW))  # noqa: E731
    refused(NotFound, raise_it, firm.therapist(1))
    refused(NotAllowed, raise_it, Actor(firm.drivers[0], Role.DRIVER, "Driver"))
    assert waiting() == []


def test_the_database_keeps_one_claim_for_an_entry(firm: Firm) -> None:
    with pytest.raises(Exception, match="uq_attention_claims_entry_key"), transaction() as session:
        for _ in range(2):
            session.add(AttentionClaim(entry_key="over-1", person_id=firm.operator.person_id, claimed_at=NOW))
        session.flush()


def test_a_settled_review_leaves_the_list(firm: Firm) -> None:
    visit = firm.book(0)
    run(lambda session: reject(session, firm.therapist(0), place_of(visit), reason="no", now=NOW))
    with transaction() as session:
        review = session.get_one(Review, session.execute(text("SELECT id FROM reviews")).scalar())
        review.decision, review.decided_at = "settled", NOW
    assert waiting() == []
