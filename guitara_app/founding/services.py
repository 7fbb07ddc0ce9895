"""Founding the firm: everything of its first day in one transaction, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import FIELD, Actor, Role
from guitara_app.accounts.services import (
    Invitation,
    NewPerson,
    SignedIn,
    add_person,
    insert_person,
    invite,
    sign_in,
)
from guitara_app.availability.rules import LONGEST_SHIFT, Hours
from guitara_app.availability.services import set_week
from guitara_app.catalog.models import Service
from guitara_app.firm.models import Locality, Setting, Zone
from guitara_app.firm.queries import firm_settings
from guitara_app.founding.queries import is_founded
from guitara_app.founding.rules import Plan
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.stock.models import Item, ServiceMaterial
from guitara_app.stock.services import restock

FOUNDING_LOCK = 9
"""Held while a firm is founded, the made-up one or a real one: there is only ever one."""

_WEEK = range(7)
_BY_THEN = "This firm has been set up already. Sign in."


@dataclass(frozen=True, slots=True)
class Founded:
    """The firm is there: its admin is signed in, and everybody without a password has an invitation."""

    signed_in: SignedIn
    invitations: tuple[Invitation, ...]


def found_firm(session: Session, plan: Plan, *, device: str, now: datetime) -> Founded:
    """Make the firm of ``plan``, and sign its admin in. Possible only as long as nobody has an account.

    Raises:
        NotPossible: somebody was quicker.
        Invalid: two people have the same user name or e-mail.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FOUNDING_LOCK})
    if is_founded(session):
        raise NotPossible(_BY_THEN)
    person = insert_person(session, plan.admin)
    admin = Actor(person.id, Role.ADMIN, person.name)
    _keep_settings(session, plan)
    _write_catalog(session, admin, plan, now)
    about: dict[str, Any] = {"name": plan.name, "timezone": plan.timezone}
    record(
        session,
        "firm_founded",
        by=admin,
        now=now,
        topics=["desk", "accounts", "firm"],
        person_id=person.id,
        after=about,
    )
    invitations = tuple(
        found for new in plan.staff if (found := add_member(session, admin, new, now=now)[1]) is not None
    )
    signed_in = sign_in(session, plan.admin.username, plan.admin.password, now=now, device=device)
    if not isinstance(signed_in, SignedIn):
        raise NotPossible(signed_in.sentence)
    return Founded(signed_in, invitations)


def add_member(session: Session, actor: Actor, new: NewPerson, *, now: datetime) -> tuple[Person, Invitation | None]:
    """Somebody new: an account, the firm's hours as their usual week, and an invitation unless they have a password.

    Raises:
        NotAllowed: see ``accounts.services.add_person``.
        Invalid: see ``accounts.services.add_person``.
    """
    person = add_person(session, actor, new, now=now)
    if new.role in FIELD:
        calendar = firm_settings(session).calendar
        hours = Hours(calendar.opens, calendar.closes)
        # Where it is open round the clock nobody works all of it: the desk says who works when.
        if timedelta(minutes=hours.minutes) <= LONGEST_SHIFT:
            set_week(session, actor, person.id, dict.fromkeys(_WEEK, hours), now=now)
    return person, None if new.password else invite(session, actor, person.id, now=now)


def _keep_settings(session: Session, plan: Plan) -> None:
    values = {
        "name": plan.name,
        "timezone": plan.timezone,
        "opens": f"{plan.opens:%H:%M}",
        "closes": f"{plan.closes:%H:%M}",
        "day_starts": f"{plan.day_starts:%H:%M}",
    }
    session.add_all(Setting(key=key, value=value) for key, value in values.items())
    session.flush()
    session.info.pop("firm_settings", None)


def _write_catalog(session: Session, admin: Actor, plan: Plan, now: datetime) -> None:
    for name, towns in plan.zones.items():
        zone = Zone(name=name)
        session.add(zone)
        session.flush()
        session.add_all(Locality(name=town, zone_id=zone.id) for town in towns)
    items = {one.name: Item(name=one.name, unit=one.unit, kind=one.kind, minimum=one.minimum) for one in plan.items}
    session.add_all(items.values())
    session.flush()
    for one in plan.items:
        if one.stock:
            restock(session, admin, items[one.name].id, quantity=one.stock, now=now, reason="First stock")
    for sold in plan.services:
        service = Service(name=sold.name, minutes=sold.minutes, price=sold.price)
        session.add(service)
        session.flush()
        session.add_all(
            ServiceMaterial(service_id=service.id, item_id=items[name].id, quantity=1) for name in sold.materials
        )
    session.flush()
