"""Making one client of two who are the same person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.clients.models import Client, ClientPhone
from guitara_app.clients.queries import topics_of_client
from guitara_app.clients.rules import shown_phone
from guitara_app.clients.services.editing import open_client
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_words
from guitara_app.kit.errors import NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_PREFERENCES = ("preferred_gender", "preferred_pressure", "preferred_therapist_id")


def merge(session: Session, actor: Actor, *, keep_id: int, gone_id: int, now: datetime) -> int:
    """Make one client of two; returns the number of the one that is left.

    Everything that points at the other follows: visits, addresses, phones, whoever was merged into it before. The
    other stays as a row that points at the survivor and keeps what it was; the event holds what moved.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: one of them is not there.
        NotPossible: it is one and the same client, or one was merged already.
    """
    require(actor, Permission.EDIT_CLIENTS)
    if keep_id == gone_id:
        raise NotPossible("This is one and the same client. Choose the other one.")
    both = {number: _locked(session, number) for number in sorted((keep_id, gone_id))}
    keep, gone = both[keep_id], both[gone_id]
    topics = topics_of_client(session, keep.id, gone.id)
    before = {"keep": _kept(keep), "gone": _kept(gone)}
    others = _other_phones(session, gone)
    moved = _move(session, keep, gone)
    gone.merged_into_id = keep.id
    gone.version += 1
    # First the old owner lets go of phone and e-mail, then the new one takes them.
    session.flush()
    _take_over(session, keep, gone, now=now)
    keep.version += 1
    session.flush()
    after = _kept(keep)
    changed = [field for field in after if after[field] != before["keep"][field]]
    record(
        session,
        "clients_merged",
        by=actor,
        now=now,
        topics=topics,
        client_id=keep.id,
        data={"gone": gone.id, "version": keep.version, "fields": sorted({*changed, "other_phones"})},
        before={**before, "other_phones": others, "moved": moved},
        after=after,
    )
    return keep.id


def _locked(session: Session, client_id: int) -> Client:
    try:
        return open_client(session, client_id)
    except NotFound as error:
        raise NotFound("One of the two clients is not there any more. Search again.") from error


def _kept(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "phone": client.phone,
        "email": client.email,
        "notes": client.notes,
        **{field: getattr(client, field) for field in _PREFERENCES},
    }


def _other_phones(session: Session, client: Client) -> list[str]:
    return list(session.scalars(select(ClientPhone.phone).where(col(ClientPhone.client_id) == client.id)))


def _move(session: Session, keep: Client, gone: Client) -> dict[str, list[int]]:
    """Let everything that points at ``gone`` point at ``keep``; which rows of which table that were.

    The catalogue says which tables those are, so that one added later is not forgotten.
    """
    pointing = session.execute(
        text(
            "SELECT c.conrelid::regclass::text AS table, quote_ident(a.attname) AS column FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.confrelid = 'clients'::regclass ORDER BY 1"
        )
    ).all()
    moved = {}
    for table, column in pointing:
        rows = session.execute(
            text(f"UPDATE {table} SET {column} = :keep WHERE {column} = :gone RETURNING id"),  # noqa: S608
            {"keep": keep.id, "gone": gone.id},
        )
        if numbers := sorted(rows.scalars()):
            moved[str(table)] = numbers
    return moved


def _take_over(session: Session, keep: Client, gone: Client, *, now: datetime) -> None:
    lock_words(session, [gone.phone])
    session.add(ClientPhone(client_id=keep.id, phone=gone.phone))
    told = [shown_phone(gone.phone)]
    if keep.email is None:
        keep.email = gone.email
    elif gone.email:
        told.append(gone.email)
    for field in _PREFERENCES:
        if not getattr(keep, field):
            setattr(keep, field, getattr(gone, field))
    if not gone.notes and keep.name_key == gone.name_key and len(told) == 1:
        return
    day = firm_settings(session).calendar.local(now)
    head = f"Merged on {day.day} {day:%b %Y}: {gone.name}, {', '.join(told)}"
    keep.notes = "\n".join(part for part in (keep.notes, head, gone.notes) if part)
