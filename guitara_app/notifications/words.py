"""The words of notifications: what they are about, and what may be sent."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """What notifications are about, to choose from."""

    VISITS = "visits"
    TRIPS = "trips"
    MONEY = "money"
    HOURS = "hours"
    MATERIALS = "materials"
    DESK = "desk"
    SYSTEM = "system"


class Mail(StrEnum):
    """What somebody wants by e-mail."""

    NONE = "none"
    URGENT = "urgent"
    ALL = "all"
