"""What an amount and a receipt may be."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from guitara_app.kit.errors import Invalid

LARGEST_RECEIPT = 8 * 1024 * 1024
HIGHEST_AMOUNT = Decimal("999999.99")
_CENTAVO = Decimal("0.01")
_NOTHING = (Decimal(0), Decimal(0))

Amounts = tuple[Decimal, Decimal]
"""Pesos for the visit itself, and for its extensions."""


class Method(StrEnum):
    """How somebody can pay."""

    CASH = "cash"
    GCASH = "gcash"
    BANK_TRANSFER = "bank_transfer"
    CARD = "card"


def method_of(word: str) -> Method:
    """The method of this name.

    Raises:
        Invalid: there is none.
    """
    try:
        return Method(word)
    except ValueError:
        raise Invalid("Choose cash, GCash, bank transfer or card.", field="method") from None


def check_amount(amount: Decimal, *, field: str) -> None:
    """Refuse what cannot be an amount of money.

    Raises:
        Invalid: it is below 0, too high, or finer than a centavo.
    """
    if not amount.is_finite() or not Decimal(0) <= amount <= HIGHEST_AMOUNT or amount != amount.quantize(_CENTAVO):
        raise Invalid("Type pesos, 0 or more, with at most two decimals.", field=field)


def differences(recorded: Mapping[str, Amounts], method: Method, right: Amounts) -> dict[str, Amounts]:
    """What must be added for each method, so that everything is by ``method`` and comes to ``right``."""
    wanted = dict.fromkeys(recorded, _NOTHING) | {method.value: right}
    found: dict[str, Amounts] = {}
    for name, (amount, extension) in wanted.items():
        has = recorded.get(name, _NOTHING)
        if (amount, extension) != has:
            found[name] = (amount - has[0], extension - has[1])
    return found


def commission(received: Amounts, share: Decimal, among: int, extended: Decimal) -> Decimal:
    """What one therapist earns of a visit, in pesos.

    Args:
        received: what the client paid.
        share: the part of the price that goes to the therapists.
        among: how many of them worked, who share it equally.
        extended: this therapist's part of the extensions, 0 to 1; all of what they brought in is theirs.
    """
    price, extension = received
    return (price * share / among + extension * extended).quantize(_CENTAVO)


def receipt_type(content: bytes) -> str:
    """The media type that the first bytes of a file say it is; whatever it is called does not count.

    Raises:
        Invalid: it is no picture or PDF.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    raise Invalid("A receipt is a picture (PNG, JPEG, WebP) or a PDF. Choose another file.", field="receipt")
