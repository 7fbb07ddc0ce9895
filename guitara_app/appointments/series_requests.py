"""What the desk asks of a series: to book one, to change or cancel the visits of one, and what becomes of clashes."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from guitara_app.appointments.recurrence import Repeat
from guitara_app.appointments.requests import BookingRequest, ChangeRequest

Otherwise = Literal["refuse", "skip", "later"]
"""What becomes of an evening that cannot be had and about which nothing was decided."""


class Instead(BaseModel):
    """What becomes of one evening: no visit, none yet, all the same although outside the shift, or something else.

    ``anyway`` takes the reason from the booking; ``move`` keeps whatever it does not name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["skip", "later", "anyway", "move"]
    evening: date | None = None
    start: time | None = None
    therapist_ids: tuple[int, ...] | None = Field(default=None, max_length=20)


class SeriesRequest(BaseModel):
    """A booking that comes again from its evening on; ``instead`` says by evening what becomes of clashes."""

    model_config = ConfigDict(extra="forbid")

    booking: BookingRequest
    repeat: Repeat
    instead: dict[date, Instead] = Field(default_factory=dict, max_length=100)
    otherwise: Otherwise = "refuse"


class Reach(StrEnum):
    """How far a change of one visit of a series goes."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


class SeriesChange(BaseModel):
    """A change of one visit that others of its series are to share; ``instead`` is by the number of the visit.

    ``version`` is that of the series as the editor saw it.
    """

    model_config = ConfigDict(extra="forbid")

    reach: Reach
    version: int | None = None
    change: ChangeRequest
    instead: dict[int, Instead] = Field(default_factory=dict, max_length=100)
    otherwise: Literal["refuse", "keep"] = "refuse"
