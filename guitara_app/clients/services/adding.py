"""Adding clients and their addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.queries import check_not_taken
from guitara_app.clients.rules import NewClient, clean_text, normal_email, normal_name, normal_note, normal_phone
from guitara_app.kit.database import lock_words
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import record
from guitara_app.kit.statements import text


def create(session: Session, actor: Actor, new: NewClient, *, now: datetime) -> Client:
    """Add a client.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid: a field cannot be right, or the phone or e-mail belongs to a client who is named.
    """
    require(actor, Permission.BOOK)
    client = Client(
        name=normal_name(new.name),
        phone=normal_phone(new.phone),
        email=normal_email(new.email),
        notes=normal_note(new.notes),
    )
    lock_words(session, [client.phone])
    check_not_taken(session, phone=client.phone, email=client.email)
    try:
        with session.begin_nested():
            session.add(client)
    except IntegrityError as error:
        # Two operators typed the same new client at once: the second learns of it as if it had been there.
        raise Invalid(
            "A colleague added a client with this phone or e-mail a moment ago. Search for it.", field="phone"
        ) from error
    record(session, "client_added", by=actor, now=now, topics=[f"client:{client.id}"], client_id=client.id)
    return client


def add_address(
    session: Session, client_id: int, *, line: str, locality_id: int | None, notes: str, now: datetime
) -> ClientAddress:
    """Remember a place; the same line in the same town is the same place.

    Raises:
        Invalid: the line is empty or too long, or there is no such town.
    """
    line, locality_id = place_of(session, line, locality_id)
    address_id = session.execute(
        text(
            "SELECT id FROM client_addresses WHERE client_id = :client AND locality_id = :locality"
            " AND lower(line) = lower(:line) ORDER BY retired_at NULLS FIRST, last_used_at DESC NULLS LAST, id LIMIT 1"
        ),
        {"client": client_id, "locality": locality_id, "line": line},
    ).scalar()
    address = session.get(ClientAddress, address_id) if address_id else None
    if address is None:
        address = ClientAddress(client_id=client_id, line=line, locality_id=locality_id)
        session.add(address)
    address.notes = normal_note(notes, field="address_notes") or address.notes or ""
    address.last_used_at = now
    address.retired_at = None
    session.flush()
    return address


def place_of(session: Session, line: str, locality_id: int | None) -> tuple[str, int]:
    """An address line as it is kept, and its town.

    Raises:
        Invalid: the line is empty or too long, or there is no such town.
    """
    line = " ".join(clean_text(line).split())
    if not line:
        raise Invalid("Type the street and number, or choose one of the client's addresses.", field="address_line")
    if len(line) > 300:
        raise Invalid("An address line has at most 300 characters; put the rest into its notes.", field="address_line")
    known = session.execute(
        text("SELECT 1 FROM localities WHERE id = :id"), {"id": locality_id if _is_id(locality_id) else None}
    ).scalar()
    if known is None or locality_id is None:
        raise Invalid("Choose the town.", field="locality_id")
    return line, locality_id


def living(session: Session, client_id: int) -> Client:
    """The client, or whom they were merged into; nobody can merge them until the transaction ends.

    Raises:
        NotFound: there is no such client.
    """
    wanted: int | None = client_id
    while _is_id(wanted):
        client = session.get(Client, wanted, with_for_update={"read": True, "key_share": True})
        if client is None:
            break
        if client.merged_into_id is None:
            return client
        wanted = client.merged_into_id
    raise NotFound("This client is not there any more. Search again.", field="client")


def use_address(session: Session, client_id: int, address_id: int, *, now: datetime) -> ClientAddress:
    """Take one of the client's own places.

    Raises:
        NotFound: it is not one of this client's.
    """
    address = session.get(ClientAddress, address_id) if _is_id(address_id) else None
    if address is None or address.client_id != client_id:
        raise NotFound("This address is not one of the client's. Choose another or type a new one.", field="address_id")
    address.last_used_at = now
    return address


def _is_id(value: int | None) -> bool:
    return value is not None and 0 < value < 2**63
