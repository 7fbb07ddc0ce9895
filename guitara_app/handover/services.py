"""Writing the hand-over note of tonight, and noting that it was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.clients.rules import clean_text
from guitara_app.firm.queries import firm_settings
from guitara_app.handover.models import HandoverNote
from guitara_app.kit.errors import Invalid, NotFound, Stale
from guitara_app.kit.events import keep_result, record, result_of_key
from guitara_app.kit.statements import text

LONGEST = 4000


def write(
    session: Session, actor: Actor, words: str, *, based_on: int, now: datetime, idempotency_key: str = ""
) -> int:
    """Save tonight's note; earlier wordings are kept. Returns its number.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        words: the whole note.
        based_on: the version that was on the screen when the actor began to type, 0 when there was none tonight.
        now: the present moment.
        idempotency_key: of one intention to save.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid: it is empty or too long.
        Stale: somebody else has saved meanwhile.
    """
    require(actor, Permission.HAND_OVER)
    words = clean_text(words).strip()
    if not words:
        raise Invalid("Write something for the next shift first.", field="text")
    if len(words) > LONGEST:
        raise Invalid(f"This note has {len(words)} characters; {LONGEST} fit. Shorten it.", field="text")
    writer = actor.person_id or 0
    saved = result_of_key(session, writer, idempotency_key)
    if saved is not None:
        return saved
    tonight = firm_settings(session).calendar.business_date(now)
    latest = session.execute(
        text("SELECT coalesce(max(version), 0) FROM handover_notes WHERE business_date = :day"), {"day": tonight}
    ).scalar_one()
    written = None
    if latest == based_on:
        # Of two who save at once, the second waits here for the first, and then finds the version taken.
        written = session.execute(
            text(
                "INSERT INTO handover_notes (business_date, version, text, written_at, written_by_id)"
                " VALUES (:day, :version, :words, :now, :writer) ON CONFLICT (business_date, version) DO NOTHING"
                " RETURNING id"
            ),
            {"day": tonight, "version": based_on + 1, "words": words, "now": now, "writer": writer},
        ).scalar()
    if written is None:
        raise Stale("Somebody else has changed the note while you were typing. Look at their text, then save again.")
    record(session, "handover_written", by=actor, now=now, topics=["desk"], data={"note": written})
    keep_result(session, writer, idempotency_key, written)
    return int(written)


def mark_read(session: Session, actor: Actor, note_id: int, *, now: datetime) -> None:
    """Note that the actor has read this version of a note; it is not shown to them again.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such note.
    """
    require(actor, Permission.HAND_OVER)
    if not 0 < note_id < 2**63 or session.get(HandoverNote, note_id) is None:
        raise NotFound("This note is not there any more.")
    first = session.execute(
        text(
            "INSERT INTO handover_readings (note_id, person_id, read_at) VALUES (:note, :person, :now)"
            " ON CONFLICT DO NOTHING RETURNING note_id"
        ),
        {"note": note_id, "person": actor.person_id, "now": now},
    ).scalar()
    if first is not None:
        record(session, "handover_read", by=actor, now=now, topics=["desk"], data={"note": note_id})
