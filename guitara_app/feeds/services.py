"""Making, renewing and revoking a private calendar address, and telling a calendar what there is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.feeds.models import CalendarFeed
from guitara_app.feeds.queries import feed_of_hash, jobs_of, told_of
from guitara_app.feeds.rules import Told, calendar_text, reconcile
from guitara_app.kit.errors import NotFound
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_READ_EVERY = timedelta(minutes=5)
_LONGEST_TOKEN = 200

_KEEP = text(
    "INSERT INTO calendar_entries"
    " (person_id, job, uid, sequence, mark, title, starts_at, ends_at, changed_at, cancelled_at)"
    " VALUES (:person, :job, :uid, :sequence, :mark, :title, :starts_at, :ends_at, :changed_at, :cancelled_at)"
    " ON CONFLICT (person_id, job) DO UPDATE SET sequence = excluded.sequence, mark = excluded.mark,"
    " title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at,"
    " changed_at = excluded.changed_at, cancelled_at = excluded.cancelled_at"
)


class NewFeed(NamedTuple):
    """An address that was just made: ``token`` is known only here and to whoever asked for it."""

    person_id: int
    token: str


def make_feed(session: Session, actor: Actor, *, now: datetime) -> NewFeed:
    """Make the private address of the actor's own jobs; the one before ends at once.

    Raises:
        NotAllowed: the actor is no therapist or driver.
    """
    require(actor, Permission.SEE_OWN_JOBS)
    # Whoever renews twice at once has one address in the end, the later one.
    person = session.get_one(Person, actor.person_id, with_for_update=True)
    _end(session, person.id, now)
    token = new_token()
    session.add(CalendarFeed(person_id=person.id, token_hash=token_hash(token), made_at=now))
    session.flush()
    _record(session, "calendar_feed_made", actor, person.id, now=now)
    return NewFeed(person.id, token)


def revoke_feed(session: Session, actor: Actor, *, now: datetime) -> None:
    """End the actor's private address: nothing answers there any more.

    Raises:
        NotAllowed: the actor is no therapist or driver.
        NotFound: there is none.
    """
    require(actor, Permission.SEE_OWN_JOBS)
    person = session.get_one(Person, actor.person_id, with_for_update=True)
    if not _end(session, person.id, now):
        raise NotFound("There is no calendar address any more.")
    _record(session, "calendar_feed_revoked", actor, person.id, now=now)


def read_feed(session: Session, token: str, *, now: datetime) -> bytes | None:
    """The calendar at this address, as RFC 5545; None when there is none.

    What is told is kept: whoever asks next is told under a higher number what has changed since.
    """
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    holder = feed_of_hash(session, token_hash(token))
    if holder is None:
        return None
    jobs = {job.key: job for job in jobs_of(session, holder, now=now)}
    known = told_of(session, holder.person_id)
    told = reconcile(known, jobs.values(), now=now, new_uid=lambda: f"{uuid4()}@guitara")
    new = [_row(holder.person_id, entry) for key, entry in told.items() if known.get(key) != entry]
    if new:
        session.execute(_KEEP, new)
    if gone := known.keys() - told.keys():
        session.execute(
            text("DELETE FROM calendar_entries WHERE person_id = :person AND job = ANY(:jobs)"),
            {"person": holder.person_id, "jobs": sorted(gone)},
        )
    session.execute(
        text("UPDATE calendar_feeds SET read_at = :now WHERE id = :id AND (read_at IS NULL OR read_at < :before)"),
        {"id": holder.feed_id, "now": now, "before": now - _READ_EVERY},
    )
    return calendar_text(f"Guitara: {holder.name}", told.values(), jobs)


def _end(session: Session, person_id: int, now: datetime) -> bool:
    ended = session.execute(
        text(
            "UPDATE calendar_feeds SET revoked_at = :now WHERE person_id = :person AND revoked_at IS NULL RETURNING id"
        ),
        {"person": person_id, "now": now},
    )
    return ended.first() is not None


def _row(person_id: int, entry: Told) -> dict[str, object]:
    return {
        "person": person_id,
        "job": entry.key,
        "uid": entry.uid,
        "sequence": entry.sequence,
        "mark": entry.mark,
        "title": entry.title,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "changed_at": entry.changed_at,
        "cancelled_at": entry.cancelled_at,
    }


def _record(session: Session, kind: str, actor: Actor, person_id: int, *, now: datetime) -> None:
    record(session, kind, by=actor, now=now, topics=[f"profile:{person_id}"], person_id=person_id)
