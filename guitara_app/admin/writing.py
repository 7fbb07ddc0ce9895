"""What the console may write, and by which service. A table without an entry here is only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import anyio.to_thread
import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from starlette.requests import Request

from guitara_app.accounts import rules as people_rules
from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import NewPerson, PersonDetails, add_person, change_person
from guitara_app.catalog.rules import ServiceDetails
from guitara_app.catalog.services import add_service, change_service
from guitara_app.clients import services as clients
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.rules import ClientChange, NewClient, normal_phone
from guitara_app.kit.database import run, sqlstate
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.stock.keeping import ItemDetails, add_item, change_item
from guitara_app.stock.models import ItemKind

log = structlog.get_logger(__name__)

T = TypeVar("T")
Data = dict[str, Any]
Add = Callable[[Session, Actor, Data, datetime], int]
Change = Callable[[Session, Actor, int, Data, datetime], None]

_REFUSED = {
    "23505": "Another row has this already, and no two may share it. Nothing was saved.",
    "23503": "This points at something that is not there. Nothing was saved.",
    "23502": "Something that is needed is empty. Nothing was saved.",
    "23514": "The database refuses this value: it cannot be right. Nothing was saved.",
    "22": "The database cannot keep a value like this. Nothing was saved.",
}
_REFUSED_SOMEHOW = "The database refused this. Nothing was saved."


@dataclass(frozen=True, slots=True)
class Written:
    """Which fields are added and changed, and the services that do it."""

    one: str
    change: Change | None = None
    changed: tuple[str, ...] = ()
    add: Add | None = None
    added: tuple[str, ...] = ()


async def carry_out(request: Request, work: Callable[[Session, Actor, datetime], T]) -> T:
    """Do ``work`` in a transaction of its own, as the pages do.

    Raises:
        GuitaraError: whatever it is refused for, also what only the database saw, in a sentence.
    """
    actor: Actor = request.state.actor
    at = now()
    # What was read for the page is of before, and its connection is not needed meanwhile.
    await anyio.to_thread.run_sync(request.state.session.rollback)
    try:
        return await in_thread(run, lambda session: work(session, actor, at))
    except DBAPIError as error:
        code = sqlstate(error)
        if not isinstance(error, IntegrityError) and code[:2] != "22":
            raise
        log.info("the database refused what the console wrote", code=code)
        raise Invalid(_REFUSED.get(code) or _REFUSED.get(code[:2]) or _REFUSED_SOMEHOW) from error


# Clients.


def _add_client(session: Session, actor: Actor, data: Data, at: datetime) -> int:
    new = NewClient(**{field: _text(data, field) for field in ("name", "phone", "email", "notes")})
    client = clients.create(session, actor, new, now=at)
    if wishes := {field: value for field, value in _preferences(data).items() if value}:
        clients.edit(session, actor, client.id, ClientChange(**wishes), version=client.version, now=at)
    return client.id


def _change_client(session: Session, actor: Actor, client_id: int, data: Data, at: datetime) -> None:
    typed = {field: _text(data, field) for field in ("name", "phone", "email", "notes")}
    client = session.get(Client, client_id)
    if client is not None and typed["phone"] == client.phone:
        # A number from before numbers were checked is no reason to refuse another field.
        typed.pop("phone")
    change = ClientChange(**typed, **_preferences(data))
    clients.edit(session, actor, client_id, change, version=_version(data), now=at)


def _preferences(data: Data) -> Data:
    return {
        "preferred_gender": _text(data, "preferred_gender"),
        "preferred_pressure": _text(data, "preferred_pressure"),
        "preferred_therapist_id": _text(data, "preferred_therapist"),
    }


def _change_address(session: Session, actor: Actor, address_id: int, data: Data, at: datetime) -> None:
    address = session.get(ClientAddress, address_id)
    client = session.get(Client, address.client_id) if address else None
    if client is None:
        raise NotFound("There is no such address.")
    clients.change_address(
        session,
        actor,
        address_id,
        line=_text(data, "line"),
        locality_id=_number(data, "locality"),
        notes=_text(data, "notes"),
        # The form names no version of the client; two who correct one address at once see the last one's.
        version=client.version,
        now=at,
    )


# People.


def _add_person(session: Session, actor: Actor, data: Data, at: datetime) -> int:
    found = _person(data)
    new = NewPerson(found.name, found.username, found.role, found.email, found.phone, found.vehicle)
    return add_person(session, actor, new, now=at).id


def _change_person(session: Session, actor: Actor, person_id: int, data: Data, at: datetime) -> None:
    change_person(session, actor, person_id, _person(data), version=_version(data), now=at)


def _person(data: Data) -> PersonDetails:
    phone, vehicle = _text(data, "phone"), _text(data, "vehicle")
    return PersonDetails(
        name=people_rules.normal_name(_text(data, "name")),
        username=people_rules.normal_username(_text(data, "username")),
        role=_one_of(Role, data, "role", "Choose what they are."),
        email=people_rules.normal_email(_text(data, "email")),
        phone=normal_phone(phone) if phone else None,
        vehicle=_one_of(Vehicle, data, "vehicle", "Choose what they drive.") if vehicle else None,
    )


# What is sold and carried.


def _add_service(session: Session, actor: Actor, data: Data, at: datetime) -> int:
    return add_service(session, actor, _service(data), now=at).id


def _change_service(session: Session, actor: Actor, service_id: int, data: Data, at: datetime) -> None:
    change_service(session, actor, service_id, _service(data), version=_version(data), now=at)


def _service(data: Data) -> ServiceDetails:
    return ServiceDetails(
        name=_line(data, "name"),
        minutes=_whole(data, "minutes"),
        price=_pesos(data, "price"),
        buffer_minutes=_whole(data, "buffer_minutes"),
        active=bool(data.get("active")),
    )


def _add_item(session: Session, actor: Actor, data: Data, at: datetime) -> int:
    return add_item(session, actor, _item(data), now=at).id


def _change_item(session: Session, actor: Actor, item_id: int, data: Data, at: datetime) -> None:
    change_item(session, actor, item_id, _item(data), version=_version(data), now=at)


def _item(data: Data) -> ItemDetails:
    return ItemDetails(
        name=_line(data, "name"),
        unit=_line(data, "unit"),
        kind=_one_of(ItemKind, data, "kind", "Choose a kind."),
        minimum=_whole(data, "minimum"),
        cost=_pesos(data, "cost"),
        expires_on=data.get("expires_on"),
        active=bool(data.get("active")),
    )


_CLIENT = ("name", "phone", "email", "notes", "preferred_gender", "preferred_pressure", "preferred_therapist")
_PERSON = ("username", "email", "name", "role", "phone", "vehicle")
_SERVICE = ("name", "minutes", "price", "buffer_minutes", "active")
_ITEM = ("name", "unit", "kind", "minimum", "cost", "expires_on", "active")

WRITTEN: dict[str, Written] = {
    "clients": Written("Client", _change_client, (*_CLIENT, "version"), _add_client, _CLIENT),
    "client_addresses": Written("Address", _change_address, ("line", "locality", "notes")),
    "people": Written("Person", _change_person, (*_PERSON, "version"), _add_person, _PERSON),
    "services": Written("Service", _change_service, (*_SERVICE, "version"), _add_service, _SERVICE),
    "items": Written("Material", _change_item, (*_ITEM, "version"), _add_item, _ITEM),
}


def _text(data: Data, field: str) -> str:
    value = data.get(field)
    return "" if value is None else str(value)


def _line(data: Data, field: str) -> str:
    return " ".join(people_rules.plain(_text(data, field)).split())


def _number(data: Data, field: str) -> int | None:
    words = _text(data, field)
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else None


def _version(data: Data) -> int:
    return _number(data, "version") or 0


def _whole(data: Data, field: str) -> int:
    value = data.get(field)
    if not isinstance(value, int) or abs(value) >= 2**31:
        raise Invalid("Type a whole number.", field=field)
    return value


def _pesos(data: Data, field: str) -> Decimal:
    value = data.get(field)
    if not isinstance(value, Decimal):
        raise Invalid("An amount in pesos, such as 500.", field=field)
    return value


def _one_of(kind: Callable[[str], T], data: Data, field: str, otherwise: str) -> T:
    try:
        return kind(_text(data, field))
    except ValueError:
        raise Invalid(otherwise, field=field) from None
