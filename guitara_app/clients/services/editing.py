"""Changing what is known of a client. Two who edit different fields at once do not disturb each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, Role, require
from guitara_app.clients.models import Client, ClientAddress, ClientPhone
from guitara_app.clients.queries import check_not_taken, topics_of_client
from guitara_app.clients.rules import (
    FIELD_WORDS,
    ClientChange,
    listed_phones,
    normal_email,
    normal_name,
    normal_note,
    normal_phone,
    shown_phone,
)
from guitara_app.clients.services.adding import place_of
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_words
from guitara_app.kit.errors import FieldClash, Invalid, NotFound, NotPossible, Stale
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar


def edit(session: Session, actor: Actor, client_id: int, change: ClientChange, *, version: int, now: datetime) -> int:
    """Change the fields that ``change`` holds, as they were seen in ``version``; returns the version they have now.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such client.
        NotPossible: the client was merged into somebody else.
        Invalid: a field cannot be right, or the phone or e-mail belongs to a client who is named.
        Stale: somebody changed the same fields meanwhile; they are named, with what stands there now.
    """
    require(actor, Permission.EDIT_CLIENTS)
    client = open_client(session, client_id)
    before = _stands(session, client)
    wanted = _wanted(session, change)
    after = {field: value for field, value in wanted.items() if value != before[field]}
    if not after:
        return client.version
    _check_not_stale(session, client, after, before, version)
    _check_free(session, client, after)
    try:
        with session.begin_nested():
            _write(session, client, after)
    except IntegrityError as error:
        raise Invalid(
            "A colleague gave this phone or e-mail to a client a moment ago. Search for it.", field="phone"
        ) from error
    _note(session, actor, client, after, before, now=now)
    return client.version


def change_address(
    session: Session,
    actor: Actor,
    address_id: int,
    *,
    line: str,
    locality_id: int | None,
    notes: str,
    version: int,
    now: datetime,
) -> None:
    """Correct a place; past visits show it corrected. ``version`` is the client's.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such place.
        NotPossible: its client was merged, or it is not used any more.
        Invalid: the line is empty or too long, or there is no such town.
        Stale: somebody changed it meanwhile.
    """
    require(actor, Permission.EDIT_CLIENTS)
    client, address = _open_address(session, address_id)
    line, locality = place_of(session, line, locality_id)
    after: dict[str, Any] = {"line": line, "locality_id": locality, "address_notes": normal_note(notes)}
    before = {"line": address.line, "locality_id": address.locality_id, "address_notes": address.notes}
    if after == before:
        return
    field = f"address:{address.id}"
    _check_not_stale(session, client, {field: ""}, {field: address.line}, version)
    address.line, address.locality_id, address.notes = line, locality, after["address_notes"]
    _note(session, actor, client, {field: after}, {field: before}, now=now)


def retire_address(session: Session, actor: Actor, address_id: int, *, now: datetime) -> None:
    """Offer a place no more; the visits that were there keep it.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such place.
        NotPossible: its client was merged, or it is not used any more.
    """
    require(actor, Permission.EDIT_CLIENTS)
    client, address = _open_address(session, address_id)
    session.execute(
        text(
            "UPDATE client_addresses SET retired_at = :now WHERE client_id = :client AND retired_at IS NULL"
            " AND locality_id = :locality AND lower(line) = lower(:line)"
        ),
        {"now": now, "client": client.id, "locality": address.locality_id, "line": address.line},
    )
    field = f"address:{address.id}"
    _note(session, actor, client, {field: None}, {field: address.line}, now=now)


def open_client(session: Session, client_id: int) -> Client:
    """The client, locked until the transaction ends.

    Raises:
        NotFound: there is none of this number.
        NotPossible: they were merged into somebody else, who is named.
    """
    client = session.get(Client, client_id, with_for_update=True) if 0 < client_id < 2**63 else None
    if client is None:
        raise NotFound("There is no such client.")
    if client.merged_into_id is not None:
        into = session.get_one(Client, client.merged_into_id)
        raise NotPossible(f"{client.name} was merged into {into.name} ({shown_phone(into.phone)}). Change that client.")
    return client


def _open_address(session: Session, address_id: int) -> tuple[Client, ClientAddress]:
    found = session.get(ClientAddress, address_id) if 0 < address_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such address.")
    client = open_client(session, found.client_id)
    session.refresh(found)
    if found.client_id != client.id or found.retired_at is not None:
        raise NotPossible("This address is not used any more. Reload the page.")
    return client, found


def _stands(session: Session, client: Client) -> dict[str, Any]:
    numbers = session.scalars(
        select(ClientPhone.phone).where(ClientPhone.client_id == client.id).order_by(col(ClientPhone.id))
    )
    return {
        "name": client.name,
        "phone": client.phone,
        "other_phones": list(numbers),
        "email": client.email,
        "notes": client.notes,
        "preferred_gender": client.preferred_gender,
        "preferred_pressure": client.preferred_pressure,
        "preferred_therapist_id": client.preferred_therapist_id,
    }


def _wanted(session: Session, change: ClientChange) -> dict[str, Any]:
    """The fields that were given, as they are kept."""
    wanted: dict[str, Any] = {}
    if change.name is not None:
        wanted["name"] = normal_name(change.name)
    if change.phone is not None:
        wanted["phone"] = normal_phone(change.phone)
    if change.other_phones is not None:
        wanted["other_phones"] = listed_phones(change.other_phones)
    if change.email is not None:
        wanted["email"] = normal_email(change.email)
    if change.notes is not None:
        wanted["notes"] = normal_note(change.notes)
    if change.preferred_gender is not None:
        wanted["preferred_gender"] = change.preferred_gender
    if change.preferred_pressure is not None:
        wanted["preferred_pressure"] = change.preferred_pressure
    if change.preferred_therapist_id is not None:
        wanted["preferred_therapist_id"] = _therapist(session, change.preferred_therapist_id)
    return wanted


def _therapist(session: Session, typed: str) -> int | None:
    if not typed:
        return None
    known = session.execute(
        text("SELECT id FROM people WHERE role = :role AND id::text = :id"), {"role": Role.THERAPIST, "id": typed[:20]}
    ).scalar()
    if known is None:
        raise Invalid("Choose the therapist from the list.", field="preferred_therapist_id")
    return int(known)


def _check_not_stale(
    session: Session, client: Client, after: Mapping[str, Any], before: Mapping[str, Any], version: int
) -> None:
    """Refuse when somebody changed one of the same fields after ``version``."""
    if version == client.version:
        return
    rows = session.execute(
        text(
            "SELECT e.data, e.happened_at, p.name FROM events e LEFT JOIN people p ON p.id = e.actor_id"
            " WHERE e.client_id = :id AND e.appointment_id IS NULL AND (e.data->>'version')::int > :version"
            " ORDER BY e.id"
        ),
        {"id": client.id, "version": version},
    ).all()
    calendar = firm_settings(session).calendar
    by_field = {field: (row.name, row.happened_at) for row in rows for field in row.data["fields"]}
    # A change that nobody recorded may have touched anything.
    all_told = {row.data["version"] for row in rows} >= set(range(version + 1, client.version + 1))
    clashes = [
        _clash(session, field, before[field], by_field.get(field), calendar)
        for field in after
        if field in by_field or not all_told
    ]
    if not clashes:
        return
    first = clashes[0]
    named = ", ".join(FIELD_WORDS.get(clash.field, "the address") for clash in clashes)
    raise Stale(
        f"Changed by {first.by} at {first.at} while you were editing: {named}. Nothing was saved and nothing you typed "
        "is lost. Compare, then save again to keep yours.",
        clashes,
    )


def _clash(
    session: Session, field: str, stands: Any, told: tuple[str | None, datetime] | None, calendar: Calendar
) -> FieldClash:
    by, at = told or (None, None)
    return FieldClash(
        field=field,
        by=by or "somebody else",
        at=calendar.moment_label(at) if at else "an unknown time",
        stands=_in_words(session, field, stands),
    )


def _in_words(session: Session, field: str, stands: Any) -> str:
    if field == "phone":
        return shown_phone(stands)
    if field == "other_phones":
        return ", ".join(shown_phone(phone) for phone in stands)
    if field == "preferred_therapist_id" and stands:
        return str(session.execute(text("SELECT name FROM people WHERE id = :id"), {"id": stands}).scalar_one())
    return str(stands or "")


def _check_free(session: Session, client: Client, after: Mapping[str, Any]) -> None:
    """Refuse phones and an e-mail that others have; nobody else can take them until the transaction ends."""
    numbers = [*([after["phone"]] if "phone" in after else []), *after.get("other_phones", [])]
    lock_words(session, numbers)
    for number in numbers:
        check_not_taken(session, phone=number, but=client.id)
    check_not_taken(session, email=after.get("email"), but=client.id)


def _write(session: Session, client: Client, after: Mapping[str, Any]) -> None:
    for field, value in after.items():
        if field != "other_phones":
            setattr(client, field, value)
    session.flush()
    wanted: list[str] | None = after.get("other_phones")
    known = list(session.scalars(select(ClientPhone).where(ClientPhone.client_id == client.id)))
    for row in known:
        # The first phone is not another phone as well.
        if row.phone == client.phone or (wanted is not None and row.phone not in wanted):
            session.delete(row)
    missing = set(wanted or ()) - {row.phone for row in known} - {client.phone}
    session.add_all(ClientPhone(client_id=client.id, phone=number) for number in wanted or () if number in missing)
    session.flush()


def _note(
    session: Session, actor: Actor, client: Client, after: dict[str, Any], before: Mapping[str, Any], *, now: datetime
) -> None:
    client.version += 1
    session.flush()
    record(
        session,
        "client_changed",
        by=actor,
        now=now,
        topics=topics_of_client(session, client.id),
        client_id=client.id,
        data={"version": client.version, "fields": sorted(after)},
        before={field: before[field] for field in after},
        after=after,
    )
