"""What was wrong with the system, and for how long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Integer, text
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, one_of, word, words
from guitara_app.monitoring.words import Alarm


class SystemAlert(Table, table=True):
    """Something was wrong from one moment to another; admins were told when the row was made, and only then.

    ``times`` counts how often it opened: one that comes back soon after it closed is the same row again.
    """

    __tablename__ = "system_alerts"
    __table_args__ = (
        one_of("alarm", Alarm),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("closed_at >= opened_at", name="closed_at"),
        CheckConstraint("times > 0", name="times"),
        # However many processes measure by mistake, one alert of a kind is open.
        Index("uq_system_alerts_open", "alarm", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: int = identity()
    alarm: str = word()
    subject: str = words()
    words: str = word()
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    times: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
