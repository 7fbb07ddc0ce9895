"""Taking steps of a visit in a few words: each in a transaction of its own, at a moment of the test's evening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.services import accept, end_session, request_payment, start_session
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from tests.support.firm import NOW, Firm, manila

Service = Callable[..., Any]


def take(service: Service, actor: Any, target: int, *, now: datetime = NOW, **more: Any) -> Any:
    """Take one step."""
    return run(lambda session: service(session, actor, target, now=now, **more))


def refused(kind: type[GuitaraError], service: Service, actor: Any, target: int, **more: Any) -> str:
    """The sentence it is refused with."""
    with pytest.raises(kind) as error:
        take(service, actor, target, **more)
    assert error.value.sentence.endswith("."), error.value.sentence
    return error.value.sentence


def row(statement: str, **values: Any) -> Any:
    """The one row of a statement."""
    with reading() as session:
        return session.execute(text(statement), values).one()


def seat_of(firm: Firm, visit: int, therapist: int = 0) -> int:
    """The newest place of a therapist (by index) in a visit."""
    person = firm.therapists[therapist]
    found = "SELECT max(id) AS id FROM assignments WHERE appointment_id = :visit AND person_id = :person"
    return int(row(found, visit=visit, person=person).id)


def seat_row_of(firm: Firm, visit: int, therapist: int = 0) -> Any:
    """That place as it stands."""
    return row("SELECT * FROM assignments WHERE id = :id", id=seat_of(firm, visit, therapist))


def visit_of(visit: int) -> Any:
    """The visit as it stands."""
    return row("SELECT * FROM appointments WHERE id = :id", id=visit)


def agreed(firm: Firm, *therapists: int, start: time = time(21), **more: Any) -> int:
    """Booked, and everybody said yes."""
    visit = firm.book(*therapists, start=start, **more)
    for one in therapists:
        take(accept, firm.therapist(one), seat_of(firm, visit, one))
    return visit


def running(firm: Firm, *therapists: int, at: datetime | None = None, **more: Any) -> int:
    """Everybody is in session, since 21:00."""
    visit = agreed(firm, *therapists, **more)
    for one in therapists:
        take(start_session, firm.therapist(one), seat_of(firm, visit, one), now=at or manila(21))
    return visit


def awaiting(firm: Firm, *therapists: int, **more: Any) -> int:
    """The bill is on the table, at 22:01."""
    visit = running(firm, *therapists, **more)
    for one in therapists:
        take(end_session, firm.therapist(one), seat_of(firm, visit, one), now=manila(22))
    take(request_payment, firm.therapist(therapists[0]), seat_of(firm, visit, therapists[0]), now=manila(22, 1))
    return visit
