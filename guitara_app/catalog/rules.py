"""What a service must look like."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from guitara_app.kit.errors import Invalid

LONGEST_NAME = 80
_MOST_PESOS = Decimal(100_000)
_MOST_MINUTES = 600
_MOST_BUFFER = 240


@dataclass(frozen=True, slots=True)
class ServiceDetails:
    """A service as it is sold: minutes of the session and of the rest after it, pesos for each therapist."""

    name: str
    minutes: int
    price: Decimal
    buffer_minutes: int = 0
    active: bool = True


def check_service(wanted: ServiceDetails) -> None:
    """Refuse what cannot be sold.

    Raises:
        Invalid: names the field.
    """
    if not wanted.name:
        raise Invalid("Type a name.", field="name")
    if len(wanted.name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if not 5 <= wanted.minutes <= _MOST_MINUTES:
        raise Invalid(f"A session takes 5 to {_MOST_MINUTES} minutes.", field="minutes")
    if not 0 <= wanted.buffer_minutes <= _MOST_BUFFER:
        raise Invalid(f"The rest after a session takes 0 to {_MOST_BUFFER} minutes.", field="buffer_minutes")
    price = wanted.price
    if not (price.is_finite() and 0 <= price <= _MOST_PESOS and price == round(price, 2)):
        raise Invalid(f"A price in pesos, such as 500, at most {_MOST_PESOS:,.0f}.", field="price")
