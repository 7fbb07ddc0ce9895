"""The kinds of values that requests are made of. Stricter than a form: a number is a number, a date only a date."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

# What every program that speaks JSON can count to.
_LARGEST = 2**53 - 1
_DATE = (
    r"20([0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|[0-9]{2}-(0[13-9]|1[0-2])-(29|30)"
    r"|[0-9]{2}-(0[13578]|1[02])-31|([02468][048]|[13579][26])-02-29)"
)
_DAY = rf"^{_DATE}$"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_INSTANT = rf"^{_DATE}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
_MONEY = r"^[0-9]{1,6}(\.[0-9]{1,2})?$"


def _like(pattern: str, words: str) -> BeforeValidator:
    known = re.compile(pattern.removesuffix("$") + r"\Z", re.ASCII)

    def check(value: Any) -> Any:
        # Python's own objects come from defaults and tests, never from a request.
        if isinstance(value, date | time | Decimal):
            return value
        if not isinstance(value, str) or not known.match(value):
            raise ValueError(f"Write it like {words}.")
        return value

    return BeforeValidator(check)


def _whole(value: Any) -> Any:
    """In JSON 7.0 is the number 7, but "7" and true are none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else "no number"


WHOLE = BeforeValidator(_whole)
Id = Annotated[int, Field(ge=1, le=_LARGEST), WHOLE]
_DIGITS = BeforeValidator(
    lambda value: value if isinstance(value, int) or re.fullmatch(r"[0-9]{1,16}", value) else "no number"
)
QueryId = Annotated[int, Field(ge=1, le=_LARGEST), _DIGITS]
PathId = Annotated[int, Path(ge=1, le=_LARGEST), _DIGITS]
Yes = Annotated[bool, Field(strict=True)]
Day = Annotated[
    date,
    _like(_DAY, "2026-11-23"),
    WithJsonSchema({"type": "string", "pattern": _DAY, "examples": ["2026-11-23"]}),
]
Clock = Annotated[
    time,
    _like(_CLOCK, "21:30 or 00:30"),
    WithJsonSchema({"type": "string", "pattern": _CLOCK, "examples": ["21:30", "00:30"]}),
]
Money = Annotated[
    Decimal,
    _like(_MONEY, '"500" or "500.50", in quotes'),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _MONEY, "examples": ["500.00"]}),
]
Instant = Annotated[
    AwareDatetime,
    _like(_INSTANT, "2026-11-23T21:30:00+08:00"),
    WithJsonSchema({"type": "string", "pattern": _INSTANT, "examples": ["2026-11-23T21:30:00+08:00"]}),
]
Reason = Annotated[str, Field(max_length=1000, description="Kept in the history.")]
Note = Annotated[str, Field(max_length=4000)]


class Body(BaseModel):
    """What a request carries: nothing that is not asked for."""

    model_config = ConfigDict(extra="forbid")
