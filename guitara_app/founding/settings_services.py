"""Changing what the firm has set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.firm.services import keep_setting
from guitara_app.founding.settings_rules import OF_EVERY_VISIT, SHOWN, check, words_of
from guitara_app.kit.errors import Invalid, Stale
from guitara_app.kit.events import plan_topics, record
from guitara_app.kit.statements import text


def change_settings(
    session: Session, actor: Actor, values: Mapping[str, Any], *, seen: Mapping[str, str], now: datetime
) -> FirmSettings:
    """Set ``values``, by the names of the fields of ``FirmSettings``; in force at once, in every process.

    Args:
        session: the caller's transaction.
        actor: an admin.
        values: what is to be other than it was.
        seen: how each stood, in words, when the actor decided; what another has changed since is not overwritten.
        now: the present moment.

    Raises:
        NotAllowed: the actor is no admin.
        Stale: another has changed one of these since; ``field`` is which.
        Invalid: a setting cannot change any more, or two contradict each other.
    """
    require(actor, Permission.SET_FIRM)
    # Two admins at once: the second decides with what the first has set before their eyes.
    session.execute(text("LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE"))
    session.info.pop("firm_settings", None)
    before = firm_settings(session)
    stands = words_of(before)
    for key in values:
        if stands[key] != seen.get(key, stands[key]):
            raise Stale(f"Somebody has set this to {stands[key]} meanwhile. Save again to insist.", field=key)
    after = FirmSettings.model_validate({**before.model_dump(), **values})
    changed = [key for key in SHOWN if getattr(before, key) != getattr(after, key)]
    if not changed:
        return before
    _refuse_fixed(session, changed)
    check(after)
    was, becomes = (firm.model_dump(mode="json", include=set(changed)) for firm in (before, after))
    for key in changed:
        keep_setting(session, key, becomes[key], now=now)
    session.info["firm_settings"] = after
    tonight = after.calendar.business_date(now)
    people = session.execute(
        text("SELECT id FROM people WHERE role IN ('therapist', 'driver') AND disabled_at IS NULL")
    ).scalars()
    record(
        session,
        "settings_set",
        by=actor,
        now=now,
        topics=[
            "desk",
            "queue",
            "firm",
            "accounts",
            f"shifts:{tonight.toordinal()}",
            *plan_topics(tonight),
            *(f"{what}:{person}" for person in people for what in ("hours", "person")),
        ],
        data={"settings": changed},
        before=was,
        after=becomes,
    )
    return after


def settings_fixed(session: Session) -> bool:
    """Whether there are visits, so that their evenings' clock cannot change any more."""
    return session.execute(text("SELECT EXISTS (SELECT 1 FROM appointments)")).scalar_one() is True


def _refuse_fixed(session: Session, changed: list[str]) -> None:
    fixed = [key for key in changed if key in OF_EVERY_VISIT]
    if fixed and settings_fixed(session):
        raise Invalid("This cannot change any more: each visit belongs to an evening by it.", field=fixed[0])
