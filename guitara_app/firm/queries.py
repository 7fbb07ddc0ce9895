"""What the firm has set, and where it goes."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.kit.time import Calendar


class FirmSettings(BaseModel):
    """Everything an admin can set, with its default. A row in ``settings`` overrides the field of that name."""

    name: str = "Guitara"
    timezone: str = "Asia/Manila"
    day_starts: time = time(6)
    opens: time = time(13)
    closes: time = time(1)
    answer_minutes: int = Field(default=30, ge=3, le=600)
    answer_minutes_least: int = Field(default=3, ge=1)
    policy: str = Field(default="fifo", pattern="^(fifo|balanced)$")
    when_unanswered: str = Field(default="reassign", pattern="^(reassign|expire)$")
    overrun_step_minutes: int = Field(default=5, ge=1, le=60)
    leg_search_minutes: int = Field(default=90, ge=0)
    leg_answer_minutes: int = Field(default=10, ge=1)
    warn_minutes: int = Field(default=10, ge=1, le=600)
    release_by_operator: bool = False
    same_zone_minutes: int = Field(default=15, ge=0)
    other_zone_minutes: int = Field(default=35, ge=0)
    longest_visit_minutes: int = Field(default=12 * 60, ge=15, le=24 * 60)
    book_ahead_days: int = Field(default=60, ge=1)
    # So many weeks ahead the visits of a series are booked; later ones follow by themselves.
    series_weeks: int = Field(default=8, ge=1, le=52)
    commission_share: Decimal = Decimal("0.40")
    holiday_country: str = Field(default="PH", pattern="^([A-Z]{2})?$")
    holiday_rule: str = Field(default="as_usual", pattern="^(as_usual|closed)$")
    # By the holiday's name, so that it holds every year: as_usual, closed, or the open hours such as 15:00-22:00.
    holiday_hours: dict[str, str] = {}

    @property
    def calendar(self) -> Calendar:
        """How the firm reads a clock."""
        return Calendar(ZoneInfo(self.timezone), self.day_starts, self.opens, self.closes)


class LocalityChoice(NamedTuple):
    """A town a visit can be in."""

    id: int
    name: str
    zone: str


def firm_settings(session: Session) -> FirmSettings:
    """The settings in force; read once for each session."""
    known: FirmSettings | None = session.info.get("firm_settings")
    if known is None:
        rows = session.execute(text("SELECT key, value FROM settings")).all()
        ours = {row.key: row.value for row in rows if row.key in FirmSettings.model_fields}
        known = FirmSettings.model_validate(ours)
        session.info["firm_settings"] = known
    return known


def is_demo(session: Session) -> bool:
    """Whether this is the demo firm; a real one has no such row."""
    return session.execute(text("SELECT value FROM settings WHERE key = 'demo'")).scalar() is True


def localities(session: Session) -> list[LocalityChoice]:
    """Every town, by name."""
    rows = session.execute(
        text("SELECT l.id, l.name, z.name AS zone FROM localities l JOIN zones z ON z.id = l.zone_id ORDER BY l.name")
    )
    return [LocalityChoice(row.id, row.name, row.zone) for row in rows]
