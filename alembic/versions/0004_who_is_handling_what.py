"""Who is handling an entry of needs-me-now, in one table for entries of every kind; and alarms."""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("reviews", "clashes"):
        op.drop_column(table, "claimed_by_id")
        op.drop_column(table, "claimed_at")
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome = '')", name=op.f("ck_alarms_outcome")),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name=op.f("ck_alarms_settled_by")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_alarms_appointment_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_alarms_assignment_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_alarms_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    still_open = sa.text("settled_at IS NULL")
    op.create_index("uq_alarms_open", "alarms", ["assignment_id"], unique=True, postgresql_where=still_open)
    op.create_index("ix_alarms_open", "alarms", ["raised_at"], postgresql_where=still_open)
    op.create_index("ix_alarms_appointment_id", "alarms", ["appointment_id"])
    op.create_table(
        "attention_claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attention_claims_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_claims")),
    )
    op.create_index("uq_attention_claims_entry_key", "attention_claims", ["entry_key"], unique=True)
    op.execute("GRANT DELETE ON attention_claims TO guitara_app")
