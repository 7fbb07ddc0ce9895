"""The staff: found, filtered, turned page by page, and changed with the services they give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts import services as accounts
from guitara_app.accounts.models import Person, Vehicle
from guitara_app.accounts.permissions import DESK, Actor, Permission, Role, allowed
from guitara_app.accounts.rules import normal_email, normal_name, normal_username
from guitara_app.accounts.services import PersonDetails
from guitara_app.catalog.queries import kept_services, skills_of
from guitara_app.clients.rules import normal_phone, search_terms, shown_phone
from guitara_app.components.words import ROLES
from guitara_app.founding.staff import InUse, MemberPage, change_member, member_page
from guitara_app.kit.database import reading, run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking.views import Choice
from guitara_app.pages.catalog.editing import (
    Event,
    Number,
    RowDraft,
    RowForm,
    Sheet,
    Stands,
    Typed,
    Values,
    read,
)

PAGE = 50
VEHICLES = {Vehicle.CAR: "Car", Vehicle.MOTORCYCLE: "Motorcycle"}
_FIELDS = {
    "name": "Name",
    "username": "User name",
    "email": "E-mail",
    "phone": "Phone",
    "role": "Role",
    "vehicle": "Vehicle",
    "all_services": "Gives every service",
}
_SKILL = "skill_"

AnyRole = Annotated[str, Field(pattern=f"^(|{'|'.join(Role)})$")]
AnyUse = Annotated[str, Field(pattern=f"^({'|'.join(InUse)})$")]


class MemberLine(TypedDict):
    """Somebody in the list; ``does`` is what they give or drive, in words."""

    id: int
    name: str
    username: str
    role: str
    email: str
    phone: str
    does: str
    disabled: str
    invited: bool
    mine: bool
    """Whether whoever looks may change them."""


class SkillLine(TypedDict):
    """A service that a therapist may give; ``field`` is its name in the form."""

    field: str
    name: str
    active: bool


class StaffState(RowForm, rx.State):
    """A page of those who match what is typed and chosen, and the form of one."""

    lines: list[MemberLine] = []
    role: str = ""
    in_use: str = InUse.ACTIVE.value
    page: int = 0
    pages: int = 1

    kind: str = ""
    """What whoever the form is of is."""
    roles: list[Choice] = []
    skills: list[SkillLine] = []

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def load(self) -> None:
        """Begin with everybody in use."""
        await live.watch(self, current_actor(), None)
        self.typed, self.role, self.in_use, self.page = "", "", InUse.ACTIVE.value, 0
        await self._read()
        self.loaded = True

    @rx.event(supersedes=True)
    @allow(Permission.SEE_SHIFTS)
    async def find(self, typed: Typed) -> None:
        """Show only those in whom every word typed occurs."""
        self.typed, self.page = typed, 0
        await self._read()

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def only_role(self, role: AnyRole) -> None:
        """Show one role, or all."""
        self.role, self.page = role, 0
        await self._read()

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def only_in_use(self, in_use: AnyUse) -> None:
        """Show those in use, the others, or all."""
        self.in_use, self.page = in_use, 0
        await self._read()

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def turn(self, forward: bool) -> None:
        """Show the next page, or the one before."""
        self.page = max(0, self.page + (1 if forward else -1))
        await self._read()

    @rx.event(temporal=True)
    @allow(Permission.SEE_SHIFTS)
    async def refresh(self) -> None:
        """Somebody changed something about somebody."""
        await self._read()

    @rx.event
    @allow(Permission.MANAGE_STAFF)
    async def begin(self, number: Number) -> None:
        """Open somebody's form."""
        self.kind, self.roles, self.skills = "", [], []
        self._begin(number)

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.MANAGE_STAFF)
    async def consider(self, draft: RowDraft) -> None:
        """Show what stands there, and what a colleague changed meanwhile."""
        self.kind, self.roles, self.skills = await in_thread(_choices, draft.visit_id, current_actor())
        await self._consider(SHEET, draft)

    @rx.event
    @allow(Permission.MANAGE_STAFF)
    async def save(self, draft: RowDraft) -> Event:
        """Keep it. When refused, say why beside the field it is about; nothing typed is lost."""
        return await self._save(SHEET, draft)

    @rx.event
    @allow(Permission.MANAGE_STAFF)
    async def enable(self, person_id: Number, reason: Typed) -> Event:
        """Open a disabled account again."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: accounts.enable(session, actor, person_id, reason=reason, now=at))
        return rx.toast.success("Active again: they can sign in and be booked.", close_button=True)

    async def _read(self) -> None:
        shown = await in_thread(_page, self.typed, self.role, InUse(self.in_use), self.page)
        self.lines = _lines(shown, current_actor())
        self.page, self.found, self.total = shown.page, shown.found, shown.total
        self.pages = max(1, -(-shown.found // PAGE))


def _page(typed: str, role: str, in_use: InUse, page: int) -> MemberPage:
    with reading() as session:
        return member_page(session, terms=search_terms(typed), role=role, in_use=in_use, page=page, size=PAGE)


def _lines(shown: MemberPage, actor: Actor) -> list[MemberLine]:
    whole = allowed(actor.role, Permission.MANAGE_ACCOUNTS)
    some = allowed(actor.role, Permission.MANAGE_STAFF)
    return [
        MemberLine(
            id=row.id,
            name=row.name,
            username=row.username,
            role=row.role,
            email=row.email,
            phone=shown_phone(row.phone),
            does=_does(row.role, row.skills, row.vehicle),
            disabled=row.disabled,
            invited=row.invited,
            mine=whole or (some and row.role != Role.ADMIN),
        )
        for row in shown.rows
    ]


def _does(role: str, skills: str, vehicle: str) -> str:
    if role == Role.THERAPIST:
        return skills or "gives every service"
    return VEHICLES[Vehicle(vehicle)] if vehicle else ""


def _choices(number: int, actor: Actor) -> tuple[str, list[Choice], list[SkillLine]]:
    with reading() as session:
        person = session.get(Person, number)
        if person is None:
            return "", [], []
        role = Role(person.role)
        given = role in DESK and person.id != actor.person_id and allowed(actor.role, Permission.MANAGE_ACCOUNTS)
        roles = [one for one in Role if one == role or (given and one in DESK)]
        skills = _skills(session, person)
    return role.value, [Choice(value=one.value, label=ROLES[one]) for one in roles], skills


def _skills(session: Session, person: Person) -> list[SkillLine]:
    if person.role != Role.THERAPIST:
        return []
    given = skills_of(session, person.id)
    return [
        SkillLine(field=f"{_SKILL}{one.id}", name=one.name, active=one.active)
        for one in kept_services(session)
        if one.active or one.id in given
    ]


def _look(session: Session, number: int) -> Stands | None:
    person = session.get(Person, number) if number > 0 else None
    if person is None:
        return None
    given = skills_of(session, person.id)
    skills: dict[str, str | bool] = {}
    if person.role == Role.THERAPIST:
        skills["all_services"] = not given
        skills |= {one["field"]: int(one["field"].removeprefix(_SKILL)) in given for one in _skills(session, person)}
    return Stands(
        {
            "name": person.name,
            "username": person.username,
            "email": person.email or "",
            "phone": shown_phone(person.phone or ""),
            "role": person.role,
            "vehicle": person.vehicle or "",
            **skills,
        },
        person.version,
    )


def _parse(values: Values) -> tuple[PersonDetails, set[int], dict[str, str]]:
    problems: dict[str, str] = {}
    phone, role = str(values["phone"]).strip(), Role(str(values["role"]))
    vehicle = str(values["vehicle"]) if role == Role.DRIVER else ""
    if role == Role.DRIVER and vehicle not in set(Vehicle):
        problems["vehicle"] = "Choose what they drive."
    details = PersonDetails(
        name=read(problems, lambda: normal_name(str(values["name"])), "", "name"),
        username=read(problems, lambda: normal_username(str(values["username"])), "", "username"),
        role=role,
        email=read(problems, lambda: normal_email(str(values["email"])), None, "email"),
        phone=read(problems, lambda: normal_phone(phone) if phone else None, None, "phone"),
        vehicle=Vehicle(vehicle) if vehicle in set(Vehicle) else None,
    )
    if "name" in problems:
        problems["name"] = problems["name"].replace("your name", "their name")
    skills: set[int] = set()
    if role == Role.THERAPIST and values.get("all_services") is not True:
        skills = {
            int(number)
            for field, on in values.items()
            if on is True and (number := field.removeprefix(_SKILL)) != field and number.isdecimal()
        }
        if not skills:
            problems["all_services"] = "Choose what they give, or every service."
    return details, skills, problems


def _check(values: Values) -> dict[str, str]:
    return _parse(values)[2]


def _keep(session: Session, actor: Actor, number: int | None, values: Values, stands: Stands, at: datetime) -> None:
    details, skills, _ = _parse(values)
    change_member(session, actor, number or 0, details, skills, version=stands.version, now=at)


def _label(session: Session, field: str) -> str:
    number = field.removeprefix(_SKILL)
    if number != field and number.isdecimal():
        return next((one.name for one in kept_services(session, only=int(number[:18]))), "A service")
    return _FIELDS.get(field, field)


def _say(_session: Session, field: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "role":
        return ROLES.get(value, value)
    return VEHICLES.get(Vehicle(value), value) if field == "vehicle" and value in set(Vehicle) else value


SHEET = Sheet("person", _look, _check, _keep, _label, ("account_changed", "skills_changed", "profile_changed"), _say)
