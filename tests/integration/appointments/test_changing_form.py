"""What the form says while a visit is being changed: own time ignored, who is asked anew, what a colleague changed."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import candidates
from guitara_app.appointments.queries.alternatives import STEP, alternatives
from guitara_app.appointments.queries.change_preview import ChangePreview, preview_change
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.queries.preview import preview, wanted_by
from guitara_app.appointments.requests import BookingRequest, ChangeRequest, VisitFields
from guitara_app.appointments.rules import plan
from guitara_app.appointments.services import accept, change
from guitara_app.catalog.queries import active_services
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from tests.support.firm import EVENING, NOW, Firm, manila

BEA = Actor(None, Role.MANAGER, "Bea")


def seen(visit: int) -> VisitFields:
    with reading() as session:
        return fields_of(session, visit)


def typed(visit: int, **more: Any) -> BookingRequest:
    """The form as it opens, and what was typed over it."""
    kept = seen(visit).model_dump() | {"minutes": None, "price": None}
    return BookingRequest(**(kept | more))


def look(visit: int, *, as_seen: VisitFields | None = None, **more: Any) -> ChangePreview:
    with reading() as session:
        return preview_change(session, visit, typed(visit, **more), as_seen or seen(visit), now=NOW)


def save(firm: Firm, visit: int, request: ChangeRequest, by: Actor | None = None) -> list[str]:
    who = by or firm.operator
    return run(lambda session: change(session, who, visit, request=request, reason="client asked", now=NOW))


def answered(firm: Firm, visit: int, person: int) -> None:
    with reading() as session:
        seat = session.execute(
            text("SELECT id FROM assignments WHERE appointment_id = :visit AND person_id = :person"),
            {"visit": visit, "person": firm.therapists[person]},
        ).scalar_one()
    run(lambda session: accept(session, firm.therapist(person), seat, now=NOW))


def test_nothing_typed_is_nothing_changed(firm: Firm) -> None:
    shown = look(firm.book(0))
    assert (shown.changed, shown.effects, shown.clashes, shown.shown.problems) == ([], [], [], [])


def test_an_overridden_price_and_length_that_are_emptied_follow_the_services_again(firm: Firm) -> None:
    visit = firm.book(0, price=Decimal(450), minutes=75)
    shown = look(visit)
    assert (shown.request.price, shown.request.minutes) == (500, 60)
    assert save(firm, visit, shown.request) == ["minutes", "price"]
    assert (seen(visit).price, seen(visit).minutes) == (500, 60)


def test_the_own_time_of_a_visit_does_not_stand_in_its_way(firm: Firm) -> None:
    visit = firm.book(0)
    later = look(visit, start=time(21, 30))
    assert later.shown.problems == []
    assert next(one for one in later.shown.candidates if one.person_id == firm.therapists[0]).reason.startswith(
        "no job"
    )
    assert later.changed == ["start"]
    assert save(firm, visit, later.request) == ["start"]
    # The same time is taken for every other visit.
    with reading() as session:
        assert preview(session, firm.request(0, start=time(22)), now=NOW).problems[0].field == "therapist_ids"


def test_a_neighbour_in_the_way_is_named_with_what_could_be_done(firm: Firm) -> None:
    other = firm.book(0, start=time(22))
    shown = look(firm.book(0, start=time(20, 30)), start=time(21, 30)).shown
    [problem] = shown.problems
    assert f"(#{other})" in problem.sentence
    with reading() as session:
        calendar = firm_settings(session).calendar
    clocks = [calendar.clock_label(one.starts_at, EVENING) for one in shown.alternatives.times]
    assert clocks == ["20:45", "21:00", "23:00", "23:15"]
    assert shown.alternatives.others[0].new == ("Therapist 1",)


def test_who_is_asked_anew_and_who_keeps_the_answer_is_said_before_saving(firm: Firm) -> None:
    visit = firm.book(0, 1)
    answered(firm, visit, 0)
    moved = look(visit, start=time(21, 15))
    assert moved.effects == ["Therapist 0 and Therapist 1 are asked anew."]
    swapped = look(visit, therapist_ids=[firm.therapists[0], firm.therapists[2]])
    assert swapped.effects == [
        "Therapist 0 keeps the answer.",
        "Therapist 2 gets an offer.",
        "Therapist 1 is freed and told.",
    ]
    noted = look(visit, notes="Ring twice, it's the 2nd door")
    assert noted.effects == ["Therapist 0 keeps the answer.", "Therapist 1 still has to answer."]

    save(firm, visit, swapped.request)
    with reading() as session:
        rows = session.execute(
            text("SELECT person_id, answer FROM assignments WHERE appointment_id = :id"), {"id": visit}
        )
        answers = {row.person_id: row.answer for row in rows}
    first, second, third, _ = firm.therapists
    assert answers == {first: "accepted", second: "released", third: "offered"}


def test_a_price_that_follows_is_left_to_follow(firm: Firm) -> None:
    visit = firm.book(0)
    both = look(visit, therapist_ids=firm.therapists[:2])
    assert both.shown.price == 1000
    assert both.request.price is None
    save(firm, visit, both.request)
    assert seen(visit).price == 1000
    fixed = look(visit, price=Decimal(900))
    assert fixed.changed == ["price"]
    save(firm, visit, fixed.request)
    assert look(visit, price=Decimal(900), therapist_ids=firm.therapists[:1]).shown.price == 900


def test_what_a_colleague_changed_meanwhile_is_named_and_other_fields_are_not_in_the_way(firm: Firm) -> None:
    visit = firm.book(0)
    mine = seen(visit)
    save(firm, visit, ChangeRequest(start=time(21, 30), notes="Bring oil"), BEA)
    both = look(visit, as_seen=mine, start=time(22), notes="Bring oil")
    [clash] = both.clashes
    assert (clash.field, clash.stands) == ("start", "21:30")
    # The same field wanted alike by both, and a field only the colleague touched, are no clash.
    same = look(visit, as_seen=mine, start=time(21, 30), notes="Bring oil")
    assert same.clashes == []
    kept = look(visit, as_seen=mine.model_copy(update={"start": time(21, 30)}), start=time(22), notes="Bring oil")
    assert kept.clashes == []
    save(firm, visit, kept.request)
    assert (seen(visit).start, seen(visit).notes) == (time(22), "Bring oil")


def test_an_unmoved_visit_is_not_checked_again(firm: Firm) -> None:
    visit = firm.book(0, start=time(0, 30), off_shift_reason="She stays longer")
    # Long after its start the notes can still be typed, although that time could not be booked any more.
    with reading() as session:
        late = preview_change(session, visit, typed(visit, notes="x"), seen(visit), now=manila(24, 45))
    assert late.shown.problems == []
    # Whoever goes outside their shift for a known reason may be moved with it.
    assert look(visit, start=time(0, 45)).shown.problems == []
    assert look(visit, therapist_ids=[firm.therapists[1]], start=time(0, 45)).shown.problems == []


def test_a_new_address_is_a_change_of_place(firm: Firm) -> None:
    visit = firm.book(0)
    there = look(visit, address_id=None, address_line="9 O'Neil St", locality_id=firm.locality)
    assert there.changed == ["address_id"]
    assert save(firm, visit, there.request) == ["address_id"]
    assert seen(visit).address_id != firm.address


def test_every_alternative_is_free_and_everything_nearer_is_not(firm: Firm) -> None:
    for person, clock in ((0, time(21)), (0, time(23)), (1, time(20, 30)), (2, time(21)), (3, time(21))):
        firm.book(person, start=clock)
    for chosen in ([0], [1], [0, 1], [2, 3], []):
        for start in (time(20, 45), time(21, 15), time(22, 30), time(23, 30), time(0, 15)):
            check_alternatives(firm, chosen, start)


def check_alternatives(firm: Firm, chosen: list[int], start: time) -> None:
    people = [firm.therapists[index] for index in chosen]
    with reading() as session:
        settings = firm_settings(session)
        services = active_services(session)
        request = firm.request(*chosen, start=start)
        wanted = wanted_by(session, request, plan(request, services, settings, now=NOW))
        found = candidates(session, wanted, now=NOW)
        offered = alternatives(session, wanted, people, found, now=NOW)

        def free(at: Any) -> set[int]:
            shift = at - wanted.starts_at
            moved = wanted_by(session, request, plan(request, services, settings, now=NOW, starts_at=at))
            assert moved.ends_at - wanted.ends_at == shift
            return {one.person_id for one in candidates(session, moved, now=NOW) if one.free}

        now_free = free(wanted.starts_at)
        if now_free.issuperset(people) and (people or now_free):
            assert (offered.times, offered.others) == ([], [])
            return
        evening = [wanted.starts_at + STEP * n for n in range(-40, 41) if n]
        evening = [at for at in evening if manila(20) <= at < manila(30)]
        fits = [at for at in evening if free(at).issuperset(people)] if people else []
        earlier, later = [at for at in fits if at < wanted.starts_at], [at for at in fits if at > wanted.starts_at]
        assert [one.starts_at for one in offered.times] == [*earlier[-2:], *later[:2]]
        for one in offered.others:
            assert free(one.starts_at).issuperset(one.people)
            assert len(one.people) == max(1, len(people))


def test_the_next_evenings_are_offered_when_tonight_is_full(firm: Firm) -> None:
    with reading() as session:
        calendar = firm_settings(session).calendar
    tomorrow = EVENING + timedelta(days=1)
    run(
        lambda session: session.execute(
            text(
                "INSERT INTO shifts (person_id, business_date, period, source, version)"
                " SELECT person_id, business_date + 1, tstzrange(lower(period) + interval '1 day',"
                " upper(period) + interval '1 day', '[)'), source, 1 FROM shifts WHERE person_id = :id"
            ),
            {"id": firm.therapists[0]},
        )
    )
    for clock in (time(20), time(22), time(0)):
        firm.book(0, start=clock, minutes=120 if clock != time(0) else 60)
    firm.book(0, start=time(21), evening=tomorrow)
    with reading() as session:
        shown = preview(session, firm.request(0, start=time(21)), now=NOW)
    [later] = shown.alternatives.times
    assert (later.evening, calendar.clock_label(later.starts_at, later.evening)) == (tomorrow, "22:00")
