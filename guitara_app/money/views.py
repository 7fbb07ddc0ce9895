"""What pages are given of a visit's money, in words."""

from __future__ import annotations

from typing import TypedDict


class PaymentLine(TypedDict):
    """One entry: what was paid, corrected or written off, by whom and when; ``receipt`` is where its picture shows.

    ``warning`` says that the very same picture was kept for another payment.
    """

    id: int
    what: str
    amount: str
    by: str
    when: str
    words: str
    receipt: str
    warning: str
