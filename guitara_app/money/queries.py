"""What was paid for a visit, and with what proof."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import pesos
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.money.rules import Amounts
from guitara_app.money.views import PaymentLine

_KINDS = {"payment": "Paid", "correction": "Corrected", "write_off": "Written off"}
_METHODS = {"cash": "cash", "gcash": "GCash", "bank_transfer": "bank transfer", "card": "card"}


class Entry(NamedTuple):
    """One line of a visit's money; ``receipt_id`` is None without a receipt."""

    id: int
    kind: str
    method: str
    amount: Decimal
    extension_amount: Decimal
    notes: str
    reason: str
    happened_at: datetime
    by: str
    receipt_id: int | None


class Twin(NamedTuple):
    """The same picture, kept for another payment."""

    receipt_id: int
    appointment_id: int


class StoredReceipt(NamedTuple):
    """Where a receipt is kept, and what it is."""

    id: int
    appointment_id: int
    uploaded_by_id: int
    content_type: str
    size: int
    stored_as: str


def ledger(session: Session, appointment_id: int) -> list[Entry]:
    """Everything that was recorded of a visit's money, oldest first."""
    rows = session.execute(
        text(
            "SELECT y.id, y.kind, y.method, y.amount, y.extension_amount, y.notes, y.reason, y.happened_at, p.name,"
            " (SELECT min(r.id) FROM receipts r WHERE r.payment_id = y.id) FROM payments y"
            " JOIN people p ON p.id = y.verified_by_id WHERE y.appointment_id = :visit ORDER BY y.id"
        ),
        {"visit": appointment_id},
    )
    return [Entry(*row) for row in rows]


def payment_lines(session: Session, appointment_id: int) -> list[PaymentLine]:
    """The same in words, each receipt with a warning when its picture was kept before for something else."""
    calendar = firm_settings(session).calendar
    entries = ledger(session, appointment_id)
    again = _kept_elsewhere(session, [one.receipt_id for one in entries if one.receipt_id is not None])
    return [
        PaymentLine(
            id=one.id,
            what=f"{_KINDS[one.kind]}, {_METHODS[one.method]}" if one.method in _METHODS else _KINDS[one.kind],
            amount=pesos(one.amount) + (f" + {pesos(one.extension_amount)} extension" if one.extension_amount else ""),
            by=one.by,
            when=calendar.moment_label(one.happened_at),
            words=". ".join(words for words in (one.reason, one.notes) if words),
            receipt=f"/receipts/{one.receipt_id}" if one.receipt_id else "",
            warning=again.get(one.receipt_id or 0, ""),
        )
        for one in entries
    ]


def _kept_elsewhere(session: Session, receipt_ids: list[int]) -> dict[int, str]:
    rows = session.execute(
        text(
            "SELECT r.id, string_agg(DISTINCT '#' || o.appointment_id, ', ') AS visits FROM receipts r"
            " JOIN receipts o ON o.sha256 = r.sha256 AND o.id <> r.id WHERE r.id = ANY(:ids) GROUP BY r.id"
        ),
        {"ids": receipt_ids},
    )
    return {row.id: f"The same picture was kept before: {row.visits}." for row in rows}


def received(session: Session, appointment_id: int) -> dict[str, Amounts]:
    """What a visit brought in by each method, corrections counted; what was written off is not among it."""
    rows = session.execute(
        text(
            "SELECT method, sum(amount) AS amount, sum(extension_amount) AS extension FROM payments"
            " WHERE appointment_id = :visit AND kind <> 'write_off' GROUP BY method"
        ),
        {"visit": appointment_id},
    )
    return {row.method: (row.amount, row.extension) for row in rows}


def twins(session: Session, receipt_id: int) -> list[Twin]:
    """Other receipts with the very same content, oldest first."""
    rows = session.execute(
        text(
            "SELECT o.id, o.appointment_id FROM receipts r JOIN receipts o ON o.sha256 = r.sha256 AND o.id <> r.id"
            " WHERE r.id = :id ORDER BY o.id LIMIT 20"
        ),
        {"id": receipt_id},
    )
    return [Twin(*row) for row in rows]


def stored_receipt(session: Session, receipt_id: int) -> StoredReceipt | None:
    """The receipt of this number; None when there is none."""
    row = session.execute(
        text("SELECT id, appointment_id, uploaded_by_id, content_type, size, stored_as FROM receipts WHERE id = :id"),
        {"id": receipt_id if 0 < receipt_id < 2**63 else 0},
    ).one_or_none()
    return None if row is None else StoredReceipt(*row)
