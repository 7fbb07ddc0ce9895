"""What managers and admins change about somebody's account."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person, Vehicle
from guitara_app.accounts.permissions import DESK, Actor, Permission, Role, allowed, require, require_staff
from guitara_app.accounts.services.people import taken
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible, Stale
from guitara_app.kit.events import record

STALE = "Somebody changed this account while you were editing. Compare with what stands there now."


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """Somebody's details as they are kept."""

    name: str
    username: str
    role: Role
    email: str | None = None
    phone: str | None = None
    vehicle: Vehicle | None = None


def change_person(
    session: Session, actor: Actor, person_id: int, wanted: PersonDetails, *, version: int, now: datetime
) -> None:
    """Set somebody's details, as they were seen in ``version``. Their open pages come back with their new rights.

    Raises:
        NotAllowed: the actor is no manager; or no admin, and it is about an admin or somebody's role.
        NotFound: there is no such account.
        NotPossible: the role cannot become this one: work of therapists and drivers hangs on it, or it is the own.
        Stale: somebody changed the account meanwhile.
        Invalid: the user name or e-mail is somebody else's, or a driver has no vehicle.
    """
    require(actor, Permission.MANAGE_STAFF)
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    require_staff(actor, person.role)
    before = {field: getattr(person, field) for field in asdict(wanted)}
    after = {field: value for field, value in asdict(wanted).items() if value != before[field]}
    if not after:
        return
    if person.version != version:
        raise Stale(STALE)
    _check_role(actor, person, wanted)
    try:
        with session.begin_nested():
            for field, value in after.items():
                setattr(person, field, value)
            person.version += 1
    except IntegrityError as error:
        raise taken(error) from error
    record(
        session,
        "account_changed",
        by=actor,
        now=now,
        topics=["accounts", "catalog", "desk", f"person:{person.id}", f"profile:{person.id}", f"revoke:{person.id}"],
        person_id=person.id,
        before={field: before[field] for field in after},
        after=after,
    )


def _check_role(actor: Actor, person: Person, wanted: PersonDetails) -> None:
    if (wanted.role == Role.DRIVER) != (wanted.vehicle is not None):
        raise Invalid("A driver has a vehicle, and nobody else has one.", field="vehicle")
    if wanted.role == person.role:
        return
    if not allowed(actor.role, Permission.MANAGE_ACCOUNTS):
        raise NotAllowed("Only an admin changes somebody's role. Ask one.", field="role")
    if person.id == actor.person_id:
        raise NotPossible("You cannot change your own role. Ask another admin.", field="role")
    if not {Role(person.role), wanted.role} <= DESK:
        raise NotPossible(
            "Therapists and drivers keep their role: their work hangs on it. Add a second account for the new one.",
            field="role",
        )
