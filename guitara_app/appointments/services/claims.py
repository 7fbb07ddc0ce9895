"""Who at the desk handles what: taking an entry of needs-me-now on, over, and letting go of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.queries.attention import needs_me_now
from guitara_app.appointments.queries.waiting import Entry
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text


def claim(session: Session, actor: Actor, key: str, *, now: datetime, instead_of: int = 0) -> None:
    """Say that the actor handles the entry ``key``; everybody at the desk sees it.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        key: the entry, as ``AttentionRow.key``.
        now: the present moment.
        instead_of: the person it is taken over from, as the actor sees them named.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: nothing of that key waits any more.
        NotPossible: somebody else handles it, and it was not from them that it was to be taken over.
    """
    require(actor, Permission.HANDLE_ATTENTION)
    entries = needs_me_now(session, now=now)
    entry = entries.get(key)
    if entry is None:
        raise NotFound("This has been settled: nobody needs to handle it any more.")
    _forget_settled(session, list(entries))
    session.execute(
        text(
            "INSERT INTO attention_claims (entry_key, person_id, claimed_at) VALUES (:key, :person, :now)"
            " ON CONFLICT (entry_key) DO NOTHING"
        ),
        {"key": key, "person": actor.person_id, "now": now},
    )
    # Of two who claim at once the second waits above and then finds the first here.
    held = session.execute(
        text(
            "SELECT c.id, c.person_id, c.claimed_at, p.name FROM attention_claims c JOIN people p ON p.id = c.person_id"
            " WHERE c.entry_key = :key FOR UPDATE OF c"
        ),
        {"key": key},
    ).one()
    kind, counts = "attention_claimed", held.claimed_at >= entry.began
    if held.person_id == actor.person_id and counts and held.claimed_at != now:
        return
    if held.person_id != actor.person_id and counts:
        if instead_of != held.person_id:
            since = firm_settings(session).calendar.local(held.claimed_at)
            raise NotPossible(f"{held.name} is handling this since {since:%H:%M}. You can take it over.")
        kind = "attention_taken_over"
    session.execute(
        text("UPDATE attention_claims SET person_id = :person, claimed_at = :now WHERE id = :id"),
        {"person": actor.person_id, "now": now, "id": held.id},
    )
    _note(session, kind, actor, key, entry, now=now)


def release(session: Session, actor: Actor, key: str, *, now: datetime) -> None:
    """Let go of an entry, so that somebody else takes it on.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotPossible: the actor does not handle it.
    """
    require(actor, Permission.HANDLE_ATTENTION)
    released = session.execute(
        text("DELETE FROM attention_claims WHERE entry_key = :key AND person_id = :person RETURNING id"),
        {"key": key, "person": actor.person_id},
    ).scalar()
    if released is None:
        raise NotPossible("You are not handling this any more; somebody may have taken it over.")
    _note(session, "attention_released", actor, key, needs_me_now(session, now=now).get(key), now=now)


def _forget_settled(session: Session, waiting: list[str]) -> None:
    session.execute(
        text(
            "DELETE FROM attention_claims WHERE id IN (SELECT id FROM attention_claims"
            " WHERE entry_key <> ALL(:waiting) FOR UPDATE SKIP LOCKED)"
        ),
        {"waiting": waiting},
    )


def _note(session: Session, kind: str, actor: Actor, key: str, entry: Entry | None, *, now: datetime) -> None:
    visit = entry.visits[0] if entry and entry.visits else None
    topics = {"desk"} | ({f"appointment:{visit}"} if visit else set())
    record(session, kind, by=actor, now=now, topics=topics, appointment_id=visit, data={"entry": key})
