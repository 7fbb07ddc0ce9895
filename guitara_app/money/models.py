"""Tables of what was paid. Entries are only ever added; a correction is an entry of its own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index

from guitara_app.kit.columns import Table, identity, moment, money, one_of, reference, word, words


class Payment(Table, table=True):
    """An amount that was verified, corrected or written off: how, when, by whom."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("kind", ("payment", "correction", "write_off")),
        one_of("method", ("cash", "gcash", "bank_transfer", "card", "none")),
        CheckConstraint("(method = 'none') = (kind = 'write_off')", name="write_off_has_no_method"),
        CheckConstraint("kind <> 'payment' OR (amount >= 0 AND extension_amount >= 0)", name="amount"),
        CheckConstraint("kind = 'payment' OR reason <> ''", name="reason"),
        Index("ix_payments_appointment_id", "appointment_id"),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    kind: str = word()
    method: str = word()
    amount: Decimal = money()
    extension_amount: Decimal = money(default="0")
    notes: str = words()
    reason: str = words()
    happened_at: datetime = moment()
    recorded_at: datetime = moment(recorded=True)
    verified_by_id: int = reference("people.id")


class Receipt(Table, table=True):
    """A picture that proves a payment; the same picture is recognised by its hash."""

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        Index("ix_receipts_sha256", "sha256"),
        Index("ix_receipts_appointment_id", "appointment_id"),
    )

    id: int = identity()
    appointment_id: int = reference("appointments.id")
    payment_id: int | None = reference("payments.id", nullable=True)
    sha256: str = word()
    content_type: str = word()
    size: int
    stored_as: str = word()
    uploaded_at: datetime = moment(recorded=True)
    uploaded_by_id: int = reference("people.id")
