"""People and visits of a test's own, set up through the services: the tests share one evening, and must not meet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import (
    accept,
    arrive,
    ask_pickup,
    book,
    choose_driver,
    drop_off,
    end_session,
    start_journey,
    start_session,
)
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.time import now

_HIRE = text(
    "WITH hired AS (INSERT INTO people (username, name, role, phone, vehicle, password_hash, failed_sign_ins, is_demo,"
    " version) SELECT lower(:first), :first || ' Bagong', :role, :phone, :vehicle, (SELECT password_hash FROM people"
    " WHERE username = 'liza'), 0, true, 1 RETURNING id), came AS (INSERT INTO check_ins (person_id, business_date,"
    " in_at) SELECT id, :tonight, :begins FROM hired)"
    " INSERT INTO shifts (person_id, business_date, period, source, version)"
    " SELECT id, :tonight, tstzrange(:begins, :ends, '[)'), 'by_hand', 1 FROM hired RETURNING person_id"
)


def one(statement: str, **values: Any) -> Any:
    """The only row, None when there is none."""
    with reading() as session:
        return session.execute(text(statement), values).one_or_none()


def hire(role: Role, first: str, phone: str | None = None) -> int:
    """Somebody new who has come an hour ago and can sign in by their first name; a driver has a car."""
    at = now()
    with transaction() as session:
        tonight = firm_settings(session).calendar.business_date(at)
        values = {"role": role, "first": first, "phone": phone, "vehicle": "car" if role == Role.DRIVER else None}
        times = {"tonight": tonight, "begins": at - timedelta(hours=1), "ends": at + timedelta(hours=9)}
        return int(session.execute(_HIRE, values | times).scalar_one())


def operator() -> Actor:
    """One of the demo's operators."""
    return Actor(one("SELECT id FROM people WHERE username = 'ana'").id, Role.OPERATOR, "Ana")


def visit(*therapists: int, minutes: int, driven: bool = False) -> int:
    """A visit that is offered to these therapists, some minutes from now, at a client nobody visits tonight."""
    at = now()
    start = (at + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    with reading() as session:
        calendar = firm_settings(session).calendar
        client = session.execute(
            text(
                "SELECT c.id, min(d.id) AS address FROM clients c JOIN client_addresses d ON d.client_id = c.id"
                " WHERE NOT EXISTS (SELECT 1 FROM appointments a WHERE a.client_id = c.id AND a.ends_at > :since)"
                " AND c.merged_into_id IS NULL GROUP BY 1 ORDER BY 1 DESC LIMIT 1"
            ),
            {"since": at - timedelta(days=1)},
        ).one()
        service = session.execute(text("SELECT id FROM services ORDER BY id LIMIT 1")).scalar_one()
    request = BookingRequest(
        client_id=client.id,
        address_id=client.address,
        service_ids=[service],
        therapist_ids=list(therapists),
        evening=calendar.business_date(start),
        start=calendar.local(start).time(),
        driver_needed=driven,
    )
    return run(lambda session: book(session, operator(), request, now=at))


def door_of(visit_id: int) -> str:
    """The street and number of a visit."""
    of = "SELECT d.line FROM appointments a JOIN client_addresses d ON d.id = a.address_id WHERE a.id = :v"
    return str(one(of, v=visit_id).line)


def seat_of(visit_id: int, person: int) -> int:
    """The place of somebody on a visit."""
    found = one("SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p", v=visit_id, p=person)
    return int(found.id)


def accepted(visit_id: int, person: int, *, at: datetime | None = None) -> int:
    """The therapist has said yes; their place."""
    seat, actor = seat_of(visit_id, person), Actor(person, Role.THERAPIST, "Therapist")
    run(lambda session: accept(session, actor, seat, now=at or now()))
    return seat


def driven_by(visit_id: int, driver: int) -> int:
    """The desk has chosen this driver for the way there; the trip."""
    leg = int(one("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit_id).id)
    run(
        lambda session: choose_driver(
            session, operator(), leg, driver_id=driver, off_shift_reason="stays for it", reason="nearest", now=now()
        )
    )
    return leg


def waits_for_a_car(person: int, driver: int) -> None:
    """This therapist was driven to a visit and is done there, and nobody drives the way home yet."""
    number = visit(person, minutes=40, driven=True)
    seat, leg = accepted(number, person), driven_by(number, driver)
    for on_the_road in (start_journey, arrive, drop_off):
        run(lambda session, step=on_the_road: step(session, Actor(driver, Role.DRIVER, "Driver"), leg, now=now()))
    for on_site in (start_session, end_session, ask_pickup):
        run(lambda session, step=on_site: step(session, Actor(person, Role.THERAPIST, "T"), seat, now=now()))
