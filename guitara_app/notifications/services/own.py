"""What somebody does with their own notifications."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.notifications.words import Mail

_NEVER = datetime.min.replace(tzinfo=UTC)

READ = "notifications_read"
AT_MOST = 200
"""How many are named at once."""


def mark_read(session: Session, actor: Actor, notification_ids: Collection[int], *, now: datetime) -> int:
    """Mark these of one's own as read; returns how many were not. Whatever is somebody else's is left alone.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: too many at once.
    """
    require(actor, Permission.SIGNED_IN)
    wanted = [number for number in set(notification_ids) if 0 < number < 2**63]
    if len(wanted) > AT_MOST:
        raise Invalid(f"Mark at most {AT_MOST} at once.", field="ids")
    found = session.execute(
        text(
            "UPDATE notifications SET read_at = :now"
            " WHERE person_id = :person AND read_at IS NULL AND id = ANY(CAST(:ids AS bigint[])) RETURNING id"
        ),
        {"now": now, "person": actor.person_id, "ids": wanted},
    ).all()
    return _tell(session, actor, len(found), now=now)


def mark_all_read(session: Session, actor: Actor, *, up_to: int, now: datetime) -> int:
    """Mark everything as read that is not newer than the one numbered ``up_to``; returns how many were not.

    What came after somebody's last look at the list stays unread.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, Permission.SIGNED_IN)
    found = session.execute(
        text(
            "UPDATE notifications SET read_at = :now WHERE person_id = :person AND read_at IS NULL AND id <= :up_to"
            " RETURNING id"
        ),
        {"now": now, "person": actor.person_id, "up_to": up_to},
    ).all()
    return _tell(session, actor, len(found), now=now)


def choose_mail(session: Session, actor: Actor, choice: Mail, *, now: datetime) -> None:
    """Say what one wants by e-mail from now on.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, Permission.SIGNED_IN)
    changed = session.execute(
        text(
            "INSERT INTO mail_choices (person_id, choice) VALUES (:person, :choice) ON CONFLICT (person_id)"
            " DO UPDATE SET choice = excluded.choice WHERE mail_choices.choice <> excluded.choice RETURNING person_id"
        ),
        {"person": actor.person_id, "choice": choice.value},
    ).scalar()
    if changed is None:
        return
    person = actor.person_id
    record(
        session, "mail_chosen", by=actor, now=now, topics=[f"profile:{person}"], person_id=person,
        data={"choice": choice.value},
    )  # fmt: skip


def purge_notifications(session: Session, *, now: datetime, read_days: int, days: int, limit: int) -> int:
    """Forget what was read long ago, and what is older still, ``limit`` at most; how many. 0 days is for ever."""
    gone = session.execute(
        text(
            "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE told_at < :oldest"
            " OR (told_at < :read AND read_at < :read) ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id"
        ),
        {
            "oldest": now - timedelta(days=days) if days else _NEVER,
            "read": now - timedelta(days=read_days) if read_days else _NEVER,
            "limit": limit,
        },
    )
    return len(gone.all())


def _tell(session: Session, actor: Actor, changed: int, *, now: datetime) -> int:
    if changed:
        record(session, READ, by=actor, now=now, topics=[f"inbox:{actor.person_id}"])
    return changed
