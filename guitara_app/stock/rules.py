"""When there is enough of an item, and what a typed quantity may be."""

from __future__ import annotations

from enum import IntEnum

from guitara_app.kit.errors import Invalid

_MOST_AT_ONCE = 100_000


class Level(IntEnum):
    """How the shelf looks, worst last."""

    ENOUGH = 0
    GETTING_LOW = 1
    LOW = 2


def level(available: int, minimum: int) -> Level:
    """Low at the minimum or below, getting low at one and a half times the minimum or below."""
    if available <= minimum:
        return Level.LOW
    return Level.GETTING_LOW if 2 * available <= 3 * minimum else Level.ENOUGH


def check_quantity(quantity: int, *, at_most: int = _MOST_AT_ONCE, least: int = 1, field: str = "quantity") -> None:
    """Refuse a number of things that cannot be meant.

    Raises:
        Invalid: it is below ``least`` or above ``at_most``.
    """
    if quantity < least:
        raise Invalid(f"Type a whole number, {least} or more.", field=field)
    if quantity > at_most:
        raise Invalid(f"There are only {at_most:,}. Type that many or fewer.", field=field)
