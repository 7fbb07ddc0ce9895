"""Giving a client what is known of them, and forgetting them."""
# ruff: noqa: S608  only names of columns are put into statements

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.clients.queries import topics_of_client
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.privacy.queries import everything_of, same_client

_VISITS = "SELECT id FROM appointments WHERE client_id = ANY(:ids)"


def _blank(column: str) -> str:
    """That there was a reason stays; what it said is gone."""
    return f"CASE WHEN {column} = '' THEN '' ELSE 'erased' END"


# Numbers of no country: a phone says who a client is, so each keeps one.
_FORGET = (
    "UPDATE clients SET name = 'Erased ' || id, phone = '+999' || lpad(id::text, 11, '0'), email = NULL, notes = '',"
    " preferred_gender = '', preferred_pressure = '', preferred_therapist_id = NULL, erased_at = :now,"
    " version = version + 1 WHERE id = ANY(:ids)",
    "UPDATE client_phones SET phone = '+998' || lpad(id::text, 11, '0') WHERE client_id = ANY(:ids)",
    "UPDATE client_addresses SET line = 'erased', notes = '', latitude = NULL, longitude = NULL,"
    " retired_at = coalesce(retired_at, :now) WHERE client_id = ANY(:ids)",
    f"UPDATE appointments SET notes = '', ending_reason = {_blank('ending_reason')} WHERE client_id = ANY(:ids)",
    f"UPDATE assignments SET answer_reason = {_blank('answer_reason')}, override_reason = {_blank('override_reason')},"
    f" ended_early_reason = {_blank('ended_early_reason')} WHERE appointment_id IN ({_VISITS})",
    f"UPDATE leg_offers SET reason = {_blank('reason')} WHERE leg_id IN (SELECT id FROM legs"
    f" WHERE to_appointment_id IN ({_VISITS}) OR from_appointment_id IN ({_VISITS}))",
    f"UPDATE legs SET reason = {_blank('reason')} WHERE to_appointment_id IN ({_VISITS})"
    f" OR from_appointment_id IN ({_VISITS})",
    f"UPDATE reviews SET reason = {_blank('reason')} WHERE appointment_id IN ({_VISITS})",
    "UPDATE booking_series SET notes = '' WHERE client_id = ANY(:ids)",
    "UPDATE wishes SET notes = '' WHERE client_id = ANY(:ids)",
    "UPDATE notifications SET title = 'Erased', body = '', mail_due_at = NULL WHERE event_id IN ("
    " SELECT id FROM events WHERE client_id = ANY(:ids)"
    " UNION SELECT e.id FROM events e JOIN appointments a ON a.id = e.appointment_id WHERE a.client_id = ANY(:ids))",
    # Only the owner of the log may empty what it says in words: through a function that asks whether they are erased.
    "SELECT erase_event_details(id) FROM unnest(CAST(:ids AS bigint[])) AS id",
)
_IN_THE_WAY = (
    (
        "SELECT 1 FROM appointments WHERE client_id = ANY(:ids) AND closed_at IS NULL LIMIT 1",
        "a visit that is not over",
    ),
    ("SELECT 1 FROM booking_series WHERE client_id = ANY(:ids) AND ended_at IS NULL LIMIT 1", "a series that goes on"),
    ("SELECT 1 FROM wishes WHERE client_id = ANY(:ids) AND state = 'waiting' LIMIT 1", "a place on the waiting list"),
)


def take_along(session: Session, actor: Actor, client_id: int, *, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Everything that is known of a client, to be handed to them; that it was taken is written down.

    Raises:
        NotAllowed: the actor is no admin.
        NotFound: there is no such client.
    """
    require(actor, Permission.ERASE_CLIENTS)
    found = everything_of(session, client_id)
    record(session, "client_exported", by=actor, now=now, topics=[], client_id=client_id)
    return found


def erase_client(session: Session, actor: Actor, client_id: int, *, now: datetime, reason: str) -> None:
    """Forget who a client is: name, phones, e-mail, addresses, notes, and what the log says of them in words.

    That there were visits, when, in which town, by whom and for how much stays; so does what was paid, why a payment
    was corrected, and the photos of receipts. Nothing of it can be had back.

    Raises:
        NotAllowed: the actor is no admin.
        NotFound: there is no such client.
        NotPossible: they have something that is not over, or are a card that was merged.
    """
    require(actor, Permission.ERASE_CLIENTS)
    forget_client(session, actor, client_id, now=now, reason=reason)


def forget_client(session: Session, actor: Actor, client_id: int, *, now: datetime, reason: str) -> None:
    """``erase_client`` for whoever has asked for the right, or needs none: the system, as the firm has set it.

    Raises:
        NotFound, NotPossible: see ``erase_client``.
    """
    ids = same_client(session, client_id)
    session.execute(text("SELECT 1 FROM clients WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": ids})
    if session.execute(text("SELECT merged_into_id FROM clients WHERE id = :id"), {"id": client_id}).scalar_one():
        raise NotPossible("This card was merged into another. Erase that client.")
    for statement, what in _IN_THE_WAY:
        if session.execute(text(statement), {"ids": ids}).first():
            raise NotPossible(f"This client has {what}. Bring it to its end first.")
    topics = topics_of_client(session, *ids)
    for statement in _FORGET:
        session.execute(text(statement), {"ids": ids, "now": now})
    session.expire_all()
    record(
        session,
        "client_erased",
        by=actor,
        now=now,
        topics=topics,
        client_id=client_id,
        data={"cards": ids},
        reason=reason,
    )
