"""An evening with much of everything that pages and lists show."""

from __future__ import annotations

from datetime import time, timedelta

from sqlalchemy import text

from guitara_app.accounts.services import make_token
from guitara_app.appointments.queries import detail
from guitara_app.appointments.services import accept, reject
from guitara_app.handover.services import write
from guitara_app.kit.database import reading, run, transaction
from guitara_app.notifications.services import tell
from tests.support.firm import NOW, Firm

_ROWS = (
    # Somebody who stands for one scope has much of what it shows.
    "INSERT INTO login_sessions (person_id, token_hash, expires_at, device)"
    " VALUES (:operator, 'hash' || :n, now() + interval '9 years', 'Firefox')",
    "INSERT INTO time_off (person_id, period, state, reason) VALUES (:therapist,"
    " tstzrange(:at + make_interval(days => 20 + :n), :at + make_interval(days => 20 + :n, hours => 5)),"
    " 'asked', 'It''s a wedding')",
    "INSERT INTO shift_exceptions (person_id, business_date, starts, ends)"
    " VALUES (:therapist, CAST(:at AS date) + 3 + :n, '14:00', '22:00') ON CONFLICT DO NOTHING",
    "INSERT INTO client_phones (client_id, phone) VALUES (:client, '+63918555' || (1000 + :n))",
    "INSERT INTO client_addresses (client_id, line, locality_id) VALUES (:client, :n || ' Acacia Street', :locality)",
    "INSERT INTO clients (name, phone, version) VALUES ('Mrs D''Souza', '+63917123' || (4000 + :n), 1)",
    "INSERT INTO services (name, minutes, price, buffer_minutes, active, version)"
    " VALUES ('Massage ' || :n, 60, 500, 0, true, 1)",
    "INSERT INTO localities (name, zone_id) SELECT 'Town ' || :n, min(id) FROM zones",
    "INSERT INTO payments (appointment_id, kind, method, amount, happened_at, verified_by_id)"
    " SELECT min(id), 'payment', 'cash', 100, :at, :operator FROM appointments",
    "INSERT INTO receipts (appointment_id, payment_id, sha256, content_type, size, stored_as, uploaded_by_id)"
    " SELECT appointment_id, id, repeat('a', 64), 'image/png', 9, 'file ' || id, :operator FROM payments"
    " WHERE id NOT IN (SELECT payment_id FROM receipts)",
)


def fill(firm: Firm, numbers: range) -> None:
    """One more of everything for each number: visits, answers, reviews, trips, notes, requests, notifications."""
    for number in numbers:
        visit = firm.book(number, start=time(20, 30), driver_needed=number % 2 == 0)
        firm.book(0, start=time(21 + (45 + 15 * number) // 60, (45 + 15 * number) % 60), minutes=15, driver_needed=True)
        with reading() as session:
            found = detail(session, visit, now=NOW)
        assert found is not None
        seat, own = found["places"][0]["assignment_id"], firm.therapist(number)
        if number % 2:
            run(lambda session, seat=seat, own=own: reject(session, own, seat, reason="It's a fever.", now=NOW))
        else:
            run(lambda session, seat=seat, own=own: accept(session, own, seat, now=NOW))
        values = {
            "n": number,
            "at": NOW,
            "operator": firm.operator.person_id,
            "therapist": firm.therapists[0],
            "client": firm.client,
            "locality": firm.locality,
        }
        with transaction() as session:
            for statement in _ROWS:
                session.execute(text(statement), values)
        run(lambda session, number=number: make_token(session, firm.operator, f"program {number}", days=9, now=NOW))
        with reading() as session:
            version = session.execute(text("SELECT coalesce(max(version), 0) FROM handover_notes")).scalar_one()
        run(
            lambda session, number=number, version=version: write(
                session, firm.operator, f"Note {number}", based_on=version, now=NOW + timedelta(minutes=number)
            )
        )
    run(lambda session: tell(session, now=NOW, limit=500))
