"""Sick now: the rest of somebody's night goes to others in one step, or not at all."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries.sick_night import SickNight, sick_night
from guitara_app.appointments.services import accept, sick_now, start_session
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila


def night(road: Road, person: int, now: datetime = NOW) -> SickNight:
    with reading() as session:
        return sick_night(session, person, now=now)


def proposed(found: SickNight) -> dict[str, int]:
    return {job.key: job.proposed for job in found.jobs if not job.call}


def fall_ill(road: Road, person: int, choices: dict[str, int], *, now: datetime = NOW, **more: Any) -> Any:
    values = {"reason": "it's fever"} | more
    return run(
        lambda session: sick_now(
            session, values.pop("actor", road.firm.operator), person, choices=choices, now=now, **values
        )
    )


def seats(road: Road, visit: int) -> list[tuple[int, str, str]]:
    found = road.rows(
        "SELECT person_id, answer, answer_reason FROM assignments WHERE appointment_id = :v ORDER BY id", v=visit
    )
    return [(road.firm.therapists.index(row.person_id), row.answer, row.answer_reason) for row in found]


def agreed(road: Road, *therapists: int, start: time = time(21), **more: Any) -> int:
    visit = road.firm.book(*therapists, start=start, **more)
    for seat in road.rows("SELECT id, person_id FROM assignments WHERE appointment_id = :v", v=visit):
        road.do(accept, Actor(seat.person_id, Role.THERAPIST, "Therapist"), seat.id)
    return visit


def test_a_whole_night_is_handed_over_at_once(road: Road) -> None:
    ill = road.firm.therapists[0]
    first, late = agreed(road, 0), agreed(road, 0, start=time(0))
    offered = road.firm.book(0, start=time(22, 30))
    found = night(road, ill)
    assert [job.words.split(",")[0] for job in found.jobs] == ["21:00", "22:30", "Tue 00:00"]
    assert all(job.proposed and job.options[0].reason for job in found.jobs)
    done = fall_ill(road, ill, proposed(found))
    assert (done.given, done.left, done.calls) == (3, 0, ())
    for visit, said in ((first, "withdrawn"), (late, "withdrawn"), (offered, "rejected")):
        before, after = seats(road, visit)
        assert before == (0, said, "Sick now: it's fever")
        assert (after[0] != 0, after[1]) == (True, "offered")
    assert road.rows("SELECT 1 FROM reviews WHERE decision IS NULL") == []
    [shift] = road.rows("SELECT upper(period) AS ends FROM shifts WHERE person_id = :p", p=ill)
    assert shift.ends == NOW
    [told] = road.rows("SELECT topics, actor_id FROM events WHERE kind = 'called_in_sick'")
    assert {f"person:{ill}", f"hours:{ill}", "desk"} <= set(told.topics)
    assert night(road, ill).jobs == ()


def test_no_proposal_clashes_with_another(road: Road) -> None:
    ill, second = road.firm.therapists[0], agreed(road, 0, start=time(23))
    agreed(road, 0)
    # As happens when the evening runs late: the two have come to overlap.
    values = {"v": second, "a": manila(21, 30), "b": manila(22, 30)}
    road.write("UPDATE appointments SET starts_at = :a, ends_at = :b WHERE id = :v", **values)
    choices = proposed(night(road, ill))
    assert len(set(choices.values())) == len(choices) == 2
    fall_ill(road, ill, choices)


def test_nobody_or_by_choice_it_is_left_to_a_review(road: Road) -> None:
    ill, visit = road.firm.therapists[0], agreed(road, 0, 1)
    [job] = night(road, ill).jobs
    assert {one.person_id for one in job.options} == set(road.firm.therapists[2:])
    done = fall_ill(road, ill, {job.key: 0})
    assert (done.given, done.left) == (0, 1)
    assert seats(road, visit) == [(0, "withdrawn", "Sick now: it's fever"), (1, "accepted", "")]
    [review] = road.rows("SELECT cause, reason FROM reviews WHERE decision IS NULL")
    assert (review.cause, review.reason) == ("withdrawn", "Sick now: it's fever")


def test_what_is_under_way_is_named_and_left(road: Road) -> None:
    ill, at_work = road.firm.therapists[0], agreed(road, 0)
    [seat] = road.rows("SELECT id FROM assignments WHERE appointment_id = :v", v=at_work)
    road.do(start_session, road.firm.therapist(), seat.id, now=manila(21))
    later = road.firm.book(0, start=time(23), now=manila(21))
    found = night(road, ill, manila(21, 10))
    assert [job.call for job in found.jobs] == [True, False]
    done = fall_ill(road, ill, proposed(found), now=manila(21, 10))
    assert done.calls == (f"21:00, Mrs D'Souza, Pasig (#{at_work})",)
    assert seats(road, at_work) == [(0, "accepted", "")]
    assert seats(road, later)[0][1] == "rejected"


def test_the_driver_who_said_yes_still_drives_whoever_goes_instead(road: Road) -> None:
    leg = road.accepted(0)
    visit, driver = road.visit(leg).id, road.leg(leg).driver_id
    fall_ill(road, road.firm.therapists[0], proposed(night(road, road.firm.therapists[0])))
    [now] = road.rows(
        "SELECT state, driver_id FROM legs WHERE to_appointment_id = :v AND state <> 'cancelled'", v=visit
    )
    assert (now.state, now.driver_id) == ("accepted", driver)


def test_a_drivers_night_goes_to_another_or_is_searched_again(road: Road) -> None:
    first, second = road.accepted(0), road.searched(1, start=time(23))
    road.write("UPDATE leg_offers SET driver_id = :d WHERE leg_id = :l", d=road.firm.drivers[0], l=second)
    road.write("UPDATE legs SET driver_id = :d WHERE id = :l", d=road.firm.drivers[0], l=second)
    ill = road.firm.drivers[0]
    found = night(road, ill)
    assert [(job.kind, job.id, job.proposed) for job in found.jobs] == [
        ("trip", first, road.firm.drivers[1]),
        ("trip", second, road.firm.drivers[1]),
    ]
    done = fall_ill(road, ill, {f"trip-{first}": road.firm.drivers[1], f"trip-{second}": 0})
    assert (done.given, done.left) == (1, 1)
    assert (road.leg(first).state, road.leg(first).driver_id) == ("accepted", road.firm.drivers[1])
    assert (road.leg(second).state, road.leg(second).driver_id) == ("offered", road.firm.drivers[1])


def test_a_trip_under_way_stays(road: Road) -> None:
    leg = road.under_way(0, at=manila(20, 25))
    ill = road.leg(leg).driver_id
    assert fall_ill(road, ill, {}, now=manila(20, 30)).calls
    assert road.leg(leg).state == "under_way"


def test_booked_meanwhile_nothing_has_happened(road: Road) -> None:
    ill = road.firm.therapists[0]
    first, second = agreed(road, 0), agreed(road, 0, start=time(23))
    found = night(road, ill)
    choices = {job.key: road.firm.therapists[1] for job in found.jobs}
    road.firm.book(1, start=time(23))
    with pytest.raises(Conflict) as error:
        fall_ill(road, ill, choices)
    assert error.value.field == found.jobs[1].key
    assert error.value.sentence.startswith("23:00, Mrs D'Souza")
    assert [seats(road, visit) for visit in (first, second)] == [[(0, "accepted", "")]] * 2
    assert road.rows("SELECT 1 FROM time_off") == []


def test_a_job_nobody_decided_about_is_asked_for(road: Road) -> None:
    ill = road.firm.therapists[0]
    choices = proposed(night(road, ill))
    agreed(road, 0)
    with pytest.raises(NotPossible, match="one more job"):
        fall_ill(road, ill, choices)
    assert fall_ill(road, road.firm.therapists[3], {"place-999999": 0}).given == 0


def test_at_half_past_midnight_of_the_evening_before(road: Road) -> None:
    ill, at = road.firm.therapists[0], manila(24, 5)
    visit = agreed(road, 0, start=time(0, 20), now=NOW, off_shift_reason="late one")
    agreed(road, 1, start=time(20, 5))
    found = night(road, ill, at)
    assert [job.appointment_id for job in found.jobs] == [visit]
    fall_ill(road, ill, {found.jobs[0].key: 0}, now=at)
    [off] = road.rows("SELECT lower(period) AS begins, upper(period) AS ends, reason, state FROM time_off")
    assert (off.begins, off.ends, off.reason, off.state) == (at, manila(30), "it's fever", "approved")


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"reason": "  "}, Invalid),
        ({"actor": Actor(2, Role.THERAPIST, "Therapist 0")}, NotAllowed),
    ],
)
def test_who_may_and_why(road: Road, more: dict[str, Any], kind: type[GuitaraError]) -> None:
    with pytest.raises(kind):
        fall_ill(road, road.firm.therapists[0], {}, **more)


def test_only_therapists_and_drivers(road: Road) -> None:
    for nobody in (road.firm.operator.person_id or 0, 0, 10**12):
        with pytest.raises(NotFound):
            night(road, nobody)


def test_the_same_request_twice_counts_once(road: Road) -> None:
    ill, visit = road.firm.therapists[0], agreed(road, 0)
    choices = proposed(night(road, ill))
    for _ in range(2):
        fall_ill(road, ill, choices, idempotency_key="once")
    assert len(seats(road, visit)) == 2
    assert len(road.rows("SELECT 1 FROM time_off")) == 1
