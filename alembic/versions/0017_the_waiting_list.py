"""Who waits for a slot, and what has been found for them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0017"
down_revision = "0020"
branch_labels = None
depends_on = None

NUMBERS = postgresql.ARRAY(sa.BigInteger())


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("service_ids", NUMBERS, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("first_evening", sa.Date(), nullable=False),
        sa.Column("last_evening", sa.Date(), nullable=False),
        sa.Column("earliest", sa.Time(), nullable=True),
        sa.Column("latest", sa.Time(), nullable=True),
        sa.Column("not_evenings", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("therapist_id", sa.BigInteger(), nullable=True),
        sa.Column("only_therapist", sa.Boolean(), nullable=False),
        sa.Column("driver_needed", sa.Boolean(), nullable=False),
        sa.Column("car_needed", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("cardinality(service_ids) > 0", name=op.f("ck_wishes_service_ids")),
        sa.CheckConstraint("people > 0", name=op.f("ck_wishes_people")),
        sa.CheckConstraint("last_evening >= first_evening", name=op.f("ck_wishes_last_evening")),
        sa.CheckConstraint("state IN ('waiting', 'booked', 'withdrawn', 'over')", name=op.f("ck_wishes_state")),
        sa.CheckConstraint("(state = 'waiting') = (closed_at IS NULL)", name=op.f("ck_wishes_closed_at")),
        sa.CheckConstraint("(state = 'booked') = (appointment_id IS NOT NULL)", name=op.f("ck_wishes_appointment_id")),
        sa.CheckConstraint("therapist_id IS NOT NULL OR NOT only_therapist", name=op.f("ck_wishes_only_therapist")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_wishes_client_id")),
        sa.ForeignKeyConstraint(["address_id"], ["client_addresses.id"], name=op.f("fk_wishes_address_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["people.id"], name=op.f("fk_wishes_therapist_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name=op.f("fk_wishes_made_by_id")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_wishes_appointment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
    )
    op.create_index("ix_wishes_client_id", "wishes", ["client_id"])
    op.create_index("ix_wishes_waiting", "wishes", ["made_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "wish_offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("wish_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("therapist_ids", NUMBERS, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_wish_offers_ends_at")),
        sa.CheckConstraint("cardinality(therapist_ids) > 0", name=op.f("ck_wish_offers_therapist_ids")),
        sa.CheckConstraint(
            "outcome IN ('', 'booked', 'declined', 'gone', 'withdrawn', 'changed', 'over')",
            name=op.f("ck_wish_offers_outcome"),
        ),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome = '')", name=op.f("ck_wish_offers_settled_at")),
        sa.ForeignKeyConstraint(["wish_id"], ["wishes.id"], name=op.f("fk_wish_offers_wish_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_offers")),
    )
    # One slot is found for a wish at a time, however many look.
    op.create_index(
        "uq_wish_offers_open", "wish_offers", ["wish_id"], unique=True, postgresql_where=sa.text("settled_at IS NULL")
    )
