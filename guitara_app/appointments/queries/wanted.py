"""What a visit that stands in the tables asks of a therapist."""

from __future__ import annotations

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.kit.errors import NotFound
from guitara_app.kit.statements import text
from guitara_app.travel.estimate import Place

_WANTED = text(
    "SELECT a.business_date, a.starts_at, a.ends_at, a.client_id, a.address_id, l.zone_id, d.latitude, d.longitude,"
    " coalesce(array_agg(s.id) FILTER (WHERE s.id IS NOT NULL), '{}') AS services,"
    " coalesce(max(s.buffer_minutes), 0) AS buffer_minutes FROM appointments a"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " LEFT JOIN appointment_services x ON x.appointment_id = a.id LEFT JOIN services s ON s.id = x.service_id"
    " WHERE a.id = :id GROUP BY a.id, l.zone_id, d.latitude, d.longitude"
)


def wanted_for(session: Session, appointment_id: int) -> Wanted:
    """When, where and for whom the visit is, and what of.

    Raises:
        NotFound: there is no such visit.
    """
    row = session.execute(_WANTED, {"id": appointment_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such visit.")
    return Wanted(
        day=row.business_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        buffer_minutes=row.buffer_minutes,
        place=Place(row.address_id, row.zone_id, row.latitude, row.longitude),
        client_id=row.client_id,
        service_ids=tuple(row.services),
    )
