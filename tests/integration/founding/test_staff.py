"""The staff: who may change whom, what they give, and what becomes of the visits of whoever leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from guitara_app.accounts import services as accounts
from guitara_app.accounts.models import Person, Vehicle
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import NewPerson, PersonDetails
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.services import leave, would_leave
from guitara_app.catalog.models import Service
from guitara_app.catalog.queries import skills_of
from guitara_app.clients.rules import search_terms
from guitara_app.founding.services import add_member
from guitara_app.founding.staff import InUse, MemberPage, change_member, member_page
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible, Stale
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, leg_row, manila, open_firm, seat_row

MARGA, RAMON, BOSS = "marga", "ramon", "boss"


@pytest.fixture
def firm(scratch: Scratch) -> Firm:
    del scratch
    return open_firm()


@pytest.fixture
def people(firm: Firm) -> dict[str, Actor]:
    """A manager, and two admins."""
    del firm
    with transaction() as session:
        rows = [
            Person(username=MARGA, name="Marga", role=Role.MANAGER),
            Person(username=RAMON, name="Ramon", role=Role.ADMIN),
            Person(username=BOSS, name="Boss", role=Role.ADMIN),
        ]
        session.add_all(rows)
        session.flush()
        return {row.username: Actor(row.id, Role(row.role), row.name) for row in rows}


def person(number: int) -> Person:
    with reading() as session:
        found = session.get_one(Person, number)
        session.expunge(found)
        return found


def details(number: int, **more: Any) -> PersonDetails:
    stands = person(number)
    values: dict[str, Any] = {
        "name": stands.name,
        "username": stands.username,
        "role": Role(stands.role),
        "email": stands.email,
        "phone": stands.phone,
        "vehicle": Vehicle(stands.vehicle) if stands.vehicle else None,
    }
    return PersonDetails(**(values | more))


def change(
    actor: Actor, number: int, *, skills: set[int] | None = None, version: int | None = None, **more: Any
) -> None:
    wanted = details(number, **more)
    known = person(number).version if version is None else version
    given = skills if skills is not None else gives(number)
    run(lambda session: change_member(session, actor, number, wanted, given, version=known, now=NOW))


def gives(number: int) -> set[int]:
    with reading() as session:
        return set(skills_of(session, number))


def service(name: str) -> int:
    with transaction() as session:
        row = Service(name=name, minutes=60, price=500)
        session.add(row)
        session.flush()
        return row.id


def free(firm: Firm, service_id: int) -> set[int]:
    wanted = Wanted(EVENING, manila(21), manila(22), client_id=firm.client, service_ids=(service_id,))
    with reading() as session:
        return {one.person_id for one in candidates(session, wanted, now=NOW) if one.free}


def refused(kind: type[GuitaraError], work: Callable[[], object]) -> GuitaraError:
    with pytest.raises(kind) as error:
        work()
    return error.value


def test_who_may_change_whom(firm: Firm, people: dict[str, Actor]) -> None:
    marga, ramon, boss = (people[name] for name in (MARGA, RAMON, BOSS))
    therapist, ana = firm.therapists[0], firm.operator.person_id or 0
    change(marga, therapist, phone="+639171112222", email="liza@example.ph")
    assert (person(therapist).phone, person(therapist).email) == ("+639171112222", "liza@example.ph")
    change(marga, ana, name="Ana D'Souza")
    change(ramon, boss.person_id or 0, name="Boss O'Neil")
    change(ramon, ana, role=Role.MANAGER)
    change(ramon, ana, role=Role.OPERATOR)

    for role in (Role.OPERATOR, Role.THERAPIST, Role.DRIVER):
        somebody = Actor(ana, role, "Somebody")
        refused(NotAllowed, lambda somebody=somebody: change(somebody, therapist, name="Other"))
    assert "admin" in refused(NotAllowed, lambda: change(marga, boss.person_id or 0, name="Mine")).sentence
    for own, role in ((marga.person_id, Role.ADMIN), (ana, Role.MANAGER), (ana, Role.ADMIN)):
        assert refused(NotAllowed, lambda own=own, role=role: change(marga, own or 0, role=role)).field == "role"
    refused(NotPossible, lambda: change(ramon, ramon.person_id or 0, role=Role.MANAGER))
    refused(NotPossible, lambda: change(ramon, therapist, role=Role.OPERATOR))
    refused(NotFound, lambda: run(lambda s: change_member(s, marga, 2**40, details(ana), (), version=1, now=NOW)))
    assert person(marga.person_id or 0).role == Role.MANAGER


def test_a_manager_opens_no_way_into_an_admins_account(firm: Firm, people: dict[str, Actor]) -> None:
    marga, boss = people[MARGA], people[BOSS].person_id or 0
    for work in (
        lambda s: accounts.invite(s, marga, boss, now=NOW),
        lambda s: accounts.disable(s, marga, boss, reason="mine", now=NOW),
        lambda s: leave(s, marga, boss, reason="mine", gives_back=True, now=NOW),
        lambda s: add_member(s, marga, NewPerson("New", "new", Role.ADMIN, password="a long way home"), now=NOW),
        lambda s: add_member(s, marga, NewPerson("New", "new", Role.MANAGER), now=NOW),
    ):
        refused(NotAllowed, lambda work=work: run(work))
    run(lambda s: accounts.disable(s, people[RAMON], boss, reason="on leave", now=NOW))
    refused(NotAllowed, lambda: run(lambda s: accounts.enable(s, marga, boss, reason="is back", now=NOW)))
    made = run(lambda s: add_member(s, marga, NewPerson("Pia O'Hara", "pia", Role.THERAPIST), now=NOW))
    assert made[1] is not None
    with reading() as session:
        week = session.execute(
            text("SELECT count(*) FROM weekly_patterns WHERE person_id = :id"), {"id": made[0].id}
        ).scalar_one()
    assert week == 7


def test_skills_decide_who_can_be_booked(firm: Firm, people: dict[str, Actor]) -> None:
    marga, liza = people[MARGA], firm.therapists[0]
    foot = service("Foot")
    assert liza in free(firm, foot)
    change(marga, liza, skills={firm.service})
    assert liza not in free(firm, foot)
    assert liza in free(firm, firm.service)
    change(marga, liza, skills={foot})
    assert liza in free(firm, foot)
    assert liza not in free(firm, firm.service)
    change(marga, liza, skills=set())
    assert {liza} <= free(firm, foot) & free(firm, firm.service)
    with reading() as session:
        told = session.execute(
            text("SELECT kind FROM events WHERE person_id = :id ORDER BY id DESC LIMIT 1"), {"id": liza}
        ).scalar_one()
    assert told == "skills_changed"


def test_only_therapists_give_services_that_are_there(firm: Firm, people: dict[str, Actor]) -> None:
    marga, liza, driver = people[MARGA], firm.therapists[0], firm.drivers[0]
    assert refused(Invalid, lambda: change(marga, liza, skills={404})).field == "skill_404"
    assert refused(Invalid, lambda: change(marga, liza, skills={2**63})).field == f"skill_{2**63}"
    refused(Invalid, lambda: change(marga, driver, skills={firm.service}))
    assert refused(Invalid, lambda: change(marga, driver, vehicle=None)).field == "vehicle"
    change(marga, driver, vehicle=Vehicle.MOTORCYCLE)
    assert person(driver).vehicle == "motorcycle"
    # Nothing of a refused change stays.
    refused(Invalid, lambda: change(marga, liza, name="Other", skills={404}))
    assert person(liza).name == "Therapist 0"


def test_what_somebody_else_has_is_said_at_its_field(firm: Firm, people: dict[str, Actor]) -> None:
    marga, liza = people[MARGA], firm.therapists[0]
    change(marga, firm.therapists[1], email="joy@example.ph")
    assert refused(Invalid, lambda: change(marga, liza, email="joy@example.ph")).field == "email"
    assert refused(Invalid, lambda: change(marga, liza, username="t1")).field == "username"


def test_of_two_the_second_is_told_whatever_they_change(firm: Firm, people: dict[str, Actor]) -> None:
    marga, ramon, liza = people[MARGA], people[RAMON], firm.therapists[0]
    seen = person(liza).version
    foot = service("Foot")
    change(marga, liza, skills={foot}, version=seen)
    refused(Stale, lambda: change(ramon, liza, skills={firm.service}, version=seen))
    refused(Stale, lambda: change(ramon, liza, name="Liza", version=seen))
    assert (gives(liza), person(liza).name) == ({foot}, "Therapist 0")
    # What stands there already is no change, whoever says it; both kinds at once are one step.
    change(ramon, liza, skills={foot}, version=seen)
    change(ramon, liza, skills={firm.service, foot}, name="Liza")
    assert (gives(liza), person(liza).name) == ({firm.service, foot}, "Liza")


def reviews(visit: int) -> int:
    with reading() as session:
        return session.execute(
            text("SELECT count(*) FROM reviews WHERE appointment_id = :id AND decision IS NULL"), {"id": visit}
        ).scalar_one()


def test_what_whoever_leaves_had_to_do_goes_back_to_the_desk(firm: Firm, people: dict[str, Actor]) -> None:
    marga, liza = people[MARGA], firm.therapists[0]
    asked, other = firm.book(0), firm.book(1)
    with transaction() as session:
        later = seat_row(session, firm, 0, manila(45), manila(46)).appointment_id
        began: dict[str, Any] = {"progress": "in_session", "session_started_at": manila(19)}
        now_there = seat_row(session, firm, 0, manila(19), manila(20, 30), **began).appointment_id
    with reading() as session:
        night = would_leave(session, liza, now=NOW).night
        assert night is not None
        assert [job.appointment_id for job in night.jobs if job.call] == [now_there]
        assert {job.appointment_id for job in night.jobs if not job.call} == {asked, later}
        assert any(job.words.startswith("Mon 23 Nov, 21:00, Mrs D'Souza") for job in night.jobs)
    back = run(lambda s: leave(s, marga, liza, reason="Left", gives_back=True, now=NOW, idempotency_key="once"))
    assert back == (2, 1)
    assert (reviews(asked), reviews(later), reviews(other), reviews(now_there)) == (1, 1, 0, 0)
    assert person(liza).disabled_at is not None
    # The same request again is no second leaving; another one is told.
    assert run(lambda s: leave(s, marga, liza, reason="Left", gives_back=True, now=NOW, idempotency_key="once")) == (
        0,
        0,
    )
    refused(NotPossible, lambda: run(lambda s: leave(s, marga, liza, reason="Left", gives_back=True, now=NOW)))


def test_a_driver_leaves_and_the_trips_are_searched_again(firm: Firm, people: dict[str, Actor]) -> None:
    with transaction() as session:
        leg = leg_row(session, firm, 0, manila(21), manila(22)).id
    back = run(lambda s: leave(s, people[MARGA], firm.drivers[0], reason="Left", gives_back=True, now=NOW))
    assert back == (1, 0)
    with reading() as session:
        row = session.execute(text("SELECT driver_id, state FROM legs WHERE id = :id"), {"id": leg}).one()
    assert row.driver_id != firm.drivers[0]


def test_they_may_keep_what_is_theirs_and_nothing_happens_without_a_reason(
    firm: Firm, people: dict[str, Actor]
) -> None:
    marga, liza = people[MARGA], firm.therapists[0]
    visit = firm.book(0)
    assert (
        refused(Invalid, lambda: run(lambda s: leave(s, marga, liza, reason=" ", gives_back=True, now=NOW))).field
        == "reason"
    )
    refused(NotAllowed, lambda: run(lambda s: leave(s, firm.operator, liza, reason="x", gives_back=True, now=NOW)))
    own = marga.person_id or 0
    refused(NotPossible, lambda: run(lambda s: leave(s, marga, own, reason="x", gives_back=True, now=NOW)))
    assert person(liza).disabled_at is None
    assert run(lambda s: leave(s, marga, liza, reason="Phone lost", gives_back=False, now=NOW)) == (0, 1)
    assert reviews(visit) == 0
    assert liza not in free(firm, firm.service)
    run(lambda s: accounts.enable(s, marga, liza, reason="Found", now=NOW))
    assert person(liza).disabled_at is None


def found(typed: str = "", role: str = "", in_use: InUse = InUse.ALL, page: int = 0, size: int = 50) -> MemberPage:
    with reading() as session:
        return member_page(session, terms=search_terms(typed), role=role, in_use=in_use, page=page, size=size)


def names(shown: MemberPage) -> list[str]:
    return [row.name for row in shown.rows]


def test_somebody_is_found_by_name_phone_and_e_mail(firm: Firm, people: dict[str, Actor]) -> None:
    change(people[MARGA], firm.therapists[0], name="Peña O'Hara", phone="+639171112233", email="ph@example.ph")
    for typed in ("pena", "Peña", "ohara", "o'hara peña", "0917 111 22", "+63 917 1112233", "ph@example", "t0"):
        assert "Peña O'Hara" in names(found(typed)), typed
    for typed in ("0918", "pena driver", "%", "_"):
        assert "Peña O'Hara" not in names(found(typed)), typed
    assert names(found("peña", role=Role.THERAPIST)) == ["Peña O'Hara"]
    assert names(found("peña", role=Role.DRIVER)) == []
    run(lambda s: accounts.disable(s, people[MARGA], firm.therapists[0], reason="left", now=NOW))
    assert names(found("peña", in_use=InUse.ACTIVE)) == names(found("peña", in_use=InUse.INVITED)) == []
    gone = found("peña", in_use=InUse.DISABLED).rows[0]
    assert "by Marga" in gone.disabled


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 12), in_use=st.sampled_from(InUse), role=st.sampled_from(["", *Role]))
def test_the_pages_together_are_everybody_once(firm: Firm, size: int, in_use: InUse, role: str) -> None:
    del firm
    whole = found(role=role, in_use=in_use, size=1000)
    pages = [found(role=role, in_use=in_use, page=number, size=size) for number in range(-(-whole.found // size))]
    assert [row for page in pages for row in page.rows] == whole.rows
    assert {page.found for page in pages} <= {whole.found}
    # A page that is not there any more is the last.
    assert found(role=role, in_use=in_use, page=999, size=size).page == max(0, len(pages) - 1)
