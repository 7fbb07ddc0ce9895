"""What the firm has set, and where it goes."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.kit.planned import planned_once
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

FIRM, ANSWERS, BOOKING, DRIVING, MONEY = "The firm", "Offers and answers", "Booking", "Drivers and ways", "Money"
KEEPING = "What is forgotten by itself"


def _set(title: str, about: str, heading: str, unit: str = "", **more: Any) -> Any:
    return Field(title=title, description=about, json_schema_extra={"heading": heading, "unit": unit}, **more)


class FirmSettings(BaseModel):
    """Everything an admin can set, with its default. A row in ``settings`` overrides the field of that name.

    A field that has a title is set on the settings page, under the heading and with the unit that it names.
    """

    # Shared by whoever asks while nothing is changed.
    model_config = ConfigDict(frozen=True)

    name: str = _set("Name", "Where people sign in.", FIRM, default="Guitara")
    timezone: str = _set("Time zone", "Whose clock every time is read on.", FIRM, default="Asia/Manila")
    day_starts: time = _set(
        "The business day turns at", "What is earlier belongs to the evening before.", FIRM, default=time(6)
    )
    opens: time = _set("Opens at", "Offers are answered, and slots looked for, in open hours.", FIRM, default=time(13))
    closes: time = _set("Closes at", "May be past midnight.", FIRM, default=time(1))
    answer_minutes: int = _set(
        "Therapists answer within",
        "Of an offer, in open hours; at most half the time that is left to the start.",
        ANSWERS,
        "minutes",
        default=30,
        ge=3,
        le=600,
    )
    answer_minutes_least: int = _set(
        "They are given at least", "However soon the visit starts.", ANSWERS, "minutes", default=3, ge=1, le=60
    )
    when_unanswered: Literal["reassign", "expire"] = _set(
        "When nobody answers",
        "The next candidate is asked, and the desk decides when none is left; or the visit expires at once.",
        ANSWERS,
        default="reassign",
    )
    warn_minutes: int = _set(
        "Whoever was asked is reminded",
        "Once, so long before the time to answer is over.",
        ANSWERS,
        "minutes before",
        default=10,
        ge=1,
        le=600,
    )
    policy: Literal["fifo", "balanced"] = _set(
        "Therapists are suggested by",
        "Longest idle: whoever has waited longest. Balanced: whoever had the fewest hours and jobs in seven days.",
        BOOKING,
        default="fifo",
    )
    longest_visit_minutes: int = _set(
        "A visit takes at most", "With all its extensions.", BOOKING, "minutes", default=12 * 60, ge=15, le=24 * 60
    )
    book_ahead_days: int = _set(
        "Visits are booked up to", "And hours are planned so far.", BOOKING, "days ahead", default=60, ge=1, le=366
    )
    series_weeks: int = _set(
        "Of a series are booked", "Later visits follow by themselves.", BOOKING, "weeks ahead", default=8, ge=1, le=52
    )
    overrun_step_minutes: int = _set(
        "What runs late grows by",
        "A job or trip that should be over takes so much longer each time the clock is looked at.",
        BOOKING,
        "minutes",
        default=5,
        ge=1,
        le=60,
    )
    leg_search_minutes: int = _set(
        "A driver is looked for", "So long before a visit starts.", DRIVING, "minutes before", default=90, ge=0, le=1440
    )
    leg_answer_minutes: int = _set(
        "Drivers answer within", "Then the next in the queue is asked.", DRIVING, "minutes", default=10, ge=1, le=240
    )
    release_by_operator: bool = _set(
        "The desk releases each trip", "A driver may start only when the desk has said so.", DRIVING, default=False
    )
    same_zone_minutes: int = _set(
        "A way within a zone takes", "Where no coordinates are known.", DRIVING, "minutes", default=15, ge=0, le=240
    )
    other_zone_minutes: int = _set(
        "A way to another zone takes", "Where no coordinates are known.", DRIVING, "minutes", default=35, ge=0, le=480
    )
    commission_share: Decimal = _set(
        "Therapists earn",
        "Of what a client paid for the service; whoever went shares it.",
        MONEY,
        "%",
        default=Decimal("0.40"),
        ge=0,
        le=1,
        decimal_places=4,
    )
    keep_clients_months: int = _set(
        "Clients are erased after",
        "Counted from their last visit or wish, or from when they were added; nobody who has something to come."
        " Who they were is gone for good, while visits and money stay; at most 200 a day. 0: never, else 6 or more.",
        KEEPING,
        "months without a visit",
        default=0,
        ge=0,
        le=240,
    )
    keep_read_notices_days: int = _set(
        "Notifications that were read", "0: they stay.", KEEPING, "days kept", default=30, ge=0, le=3650
    )
    keep_notices_days: int = _set(
        "Notifications nobody read", "0: they stay.", KEEPING, "days kept", default=90, ge=0, le=3650
    )
    keep_sign_ins_days: int = _set(
        "Sign-ins in the audit trail",
        "When somebody signed in or out, and who failed to. 0: they stay, else 30 or more.",
        KEEPING,
        "days kept",
        default=0,
        ge=0,
        le=3650,
    )
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


_SETTINGS = planned_once("SELECT key, value FROM settings")
_last_validated: tuple[dict[str, Any], FirmSettings] | None = None


def _validated(values: dict[str, Any]) -> FirmSettings:
    """They hardly ever change, and every piece of work asks for them."""
    global _last_validated  # noqa: PLW0603
    last = _last_validated
    if last is None or last[0] != values:
        last = _last_validated = values, FirmSettings.model_validate(values)
    return last[1]


def firm_settings(session: Session) -> FirmSettings:
    """The settings in force; read once for each session."""
    known: FirmSettings | None = session.info.get("firm_settings")
    if known is None:
        rows = session.execute(_SETTINGS)
        known = _validated({row.key: row.value for row in rows if row.key in FirmSettings.model_fields})
        session.info["firm_settings"] = known
    return known


def is_demo(session: Session) -> bool:
    """Whether this is the demo firm; a real one has no such row."""
    return session.execute(text("SELECT value FROM settings WHERE key = 'demo'")).scalar() is True


def zone_names(session: Session) -> dict[int, str]:
    """Every zone by its number, in the order of their names."""
    rows = session.execute(text("SELECT id, name FROM zones ORDER BY lower(name)"))
    return {row.id: row.name for row in rows}


def localities(session: Session) -> list[LocalityChoice]:
    """Every town, by name."""
    rows = session.execute(
        text("SELECT l.id, l.name, z.name AS zone FROM localities l JOIN zones z ON z.id = l.zone_id ORDER BY l.name")
    )
    return [LocalityChoice(row.id, row.name, row.zone) for row in rows]
