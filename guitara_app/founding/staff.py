"""Who works here: found page by page, and changed with what they can do in one step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.accounts.services import PersonDetails, change_person
from guitara_app.accounts.services.others import STALE
from guitara_app.catalog.queries import skills_of
from guitara_app.catalog.skills import set_skills
from guitara_app.clients.models import FOLDED_FROM, FOLDED_TO
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotFound, Stale
from guitara_app.kit.statements import text


class InUse(StrEnum):
    """Which accounts a list holds."""

    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"
    ALL = "all"


class MemberRow(NamedTuple):
    """Somebody who works or worked here; ``skills`` is empty for whoever gives every service.

    ``disabled`` is empty, or since when and by whom; ``invited`` are those who have not chosen a password yet.
    """

    id: int
    name: str
    username: str
    role: str
    email: str
    phone: str
    vehicle: str
    skills: str
    disabled: str
    invited: bool


class MemberPage(NamedTuple):
    """One page of a list: its rows, its number from 0, how many fit in all, and how many accounts there are."""

    rows: list[MemberRow]
    page: int
    found: int
    total: int


_FITS = """
(CAST(:role AS text) = '' OR p.role = :role)
AND CASE :in_use WHEN 'active' THEN p.disabled_at IS NULL WHEN 'disabled' THEN p.disabled_at IS NOT NULL
  WHEN 'invited' THEN p.disabled_at IS NULL AND p.password_hash IS NULL ELSE true END
AND NOT EXISTS (SELECT 1 FROM unnest(CAST(:terms AS text[])) AS term WHERE position(term IN
  translate(lower(p.name), :folded_from, :folded_to) || ' ' || p.username || ' ' || coalesce(p.email, '') || ' '
  || coalesce(p.phone, '')) = 0)
"""
_COUNT = text(f"SELECT count(*) FILTER (WHERE {_FITS}) AS found, count(*) AS total FROM people p")  # noqa: S608
_ROWS = text(
    "SELECT p.id, p.name, p.username, p.role, p.email, p.phone, p.vehicle, p.disabled_at, b.name AS disabled_by,"  # noqa: S608
    " p.password_hash IS NULL AS invited,"
    " (SELECT string_agg(v.name, ', ' ORDER BY lower(v.name)) FROM person_services k"
    "  JOIN services v ON v.id = k.service_id WHERE k.person_id = p.id) AS skills"
    f" FROM people p LEFT JOIN people b ON b.id = p.disabled_by_id WHERE {_FITS}"
    " ORDER BY lower(p.name), p.id LIMIT :size OFFSET :skipped"
)


def member_page(
    session: Session, *, terms: Sequence[str], role: str, in_use: InUse, page: int, size: int
) -> MemberPage:
    """Page number ``page`` (from 0), or the last there is, of those in whom each of ``terms`` occurs, by name.

    ``terms`` are folded like clients' names (``clients.rules.search_terms``); ``role`` is empty for everybody.
    """
    # A phone is kept with its country, so without the 0 that it begins with here.
    digits = [term.removeprefix("0") if term.isdecimal() else term for term in terms]
    values = {
        "role": role,
        "in_use": in_use,
        "terms": digits,
        "folded_from": FOLDED_FROM,
        "folded_to": FOLDED_TO,
    }
    counted = session.execute(_COUNT, values).one()
    page = max(0, min(page, (counted.found - 1) // size))
    calendar = firm_settings(session).calendar
    rows = [
        MemberRow(
            id=row.id,
            name=row.name,
            username=row.username,
            role=row.role,
            email=row.email or "",
            phone=row.phone or "",
            vehicle=row.vehicle or "",
            skills=row.skills or "",
            disabled=f"{calendar.moment_label(row.disabled_at)} by {row.disabled_by or 'the system'}"
            if row.disabled_at
            else "",
            invited=row.invited,
        )
        for row in session.execute(_ROWS, {**values, "size": size, "skipped": page * size})
    ]
    return MemberPage(rows, page, counted.found, counted.total)


def change_member(
    session: Session,
    actor: Actor,
    person_id: int,
    wanted: PersonDetails,
    skills: Collection[int],
    *,
    version: int,
    now: datetime,
) -> None:
    """Set somebody's details and the services they give (none: every one), as both were seen in ``version``.

    Raises:
        NotAllowed, NotFound, NotPossible, Stale, Invalid: see ``accounts.services.change_person`` and
            ``catalog.skills.set_skills``.
    """
    require(actor, Permission.MANAGE_STAFF)
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    if person.version != version and set(skills) != set(skills_of(session, person.id)):
        raise Stale(STALE)
    change_person(session, actor, person.id, wanted, version=version, now=now)
    set_skills(session, actor, person.id, skills, version=person.version, now=now)
