"""Which services a therapist gives. Whoever has none listed gives every service, those that are added later as well."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Permission, Role, require
from guitara_app.accounts.services.others import STALE
from guitara_app.catalog.models import PersonService
from guitara_app.catalog.queries import skills_of
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

EVERY: frozenset[int] = frozenset()


def set_skills(
    session: Session, actor: Actor, person_id: int, services: Collection[int], *, version: int, now: datetime
) -> None:
    """Set the services that a therapist gives (``EVERY``: all there are), as their account was seen in ``version``.

    Visits that they have already stay theirs.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such account.
        Stale: somebody changed the account meanwhile.
        Invalid: they are no therapist, or a service is not there; its ``field`` is ``skill_`` and its number.
    """
    require(actor, Permission.MANAGE_STAFF)
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    before = skills_of(session, person.id)
    if set(services) == set(before):
        return
    if person.role != Role.THERAPIST:
        raise Invalid("Only therapists give services.", field="all_services")
    if person.version != version:
        raise Stale(STALE)
    known = sorted(number for number in set(services) if 0 < number < 2**63)
    rows = session.execute(text("SELECT id, name FROM services WHERE id = ANY(:ids)"), {"ids": known})
    after = {row.id: row.name for row in rows}
    if gone := set(services) - set(after):
        raise Invalid("This service is not there any more.", field=f"skill_{min(gone)}")
    session.execute(text("DELETE FROM person_services WHERE person_id = :person"), {"person": person.id})
    session.add_all(PersonService(person_id=person.id, service_id=number) for number in sorted(after))
    person.version += 1
    session.flush()
    record(
        session, "skills_changed", by=actor, now=now,
        topics=["accounts", "catalog", "desk", f"person:{person.id}"], person_id=person.id,
        before={"services": sorted(before.values()) or "every service"},
        after={"services": sorted(after.values()) or "every service"},
    )  # fmt: skip
