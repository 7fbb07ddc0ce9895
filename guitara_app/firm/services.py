"""Writing down what the firm has set; who may set it, and to what, is for the callers to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from guitara_app.firm.models import Setting


def keep_setting(session: Session, key: str, value: Any, *, now: datetime) -> None:
    """Let ``key`` have ``value`` from now on; a value is what JSON can hold."""
    row = insert(Setting).values(key=key, value=value, changed_at=now)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["key"], set_={"value": row.excluded.value, "changed_at": row.excluded.changed_at}
        )
    )
