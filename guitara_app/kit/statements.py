"""Statements as they are written: what SQLAlchemy makes of one is made once, and not each time it is sent."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause


@lru_cache(maxsize=1024)
def text(statement: str) -> TextClause:
    """SQLAlchemy's ``text`` of it, for statements that are sent again and again."""
    return sqlalchemy.text(statement)
