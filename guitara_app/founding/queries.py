"""Whether there is a firm yet."""

from __future__ import annotations

from sqlalchemy.orm import Session

from guitara_app.kit.statements import text


def is_founded(session: Session) -> bool:
    """Whether anybody has an account; until then the first-run page is open."""
    return bool(session.execute(text("SELECT EXISTS (SELECT FROM people)")).scalar())
