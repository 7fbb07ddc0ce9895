"""A session that was stopped early says how it is paid; an extension says when it was recorded."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignments", sa.Column("ended_early", sa.Text(), nullable=True))
    op.add_column("assignments", sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_assignments_ended_early"),
        "assignments",
        "ended_early IS NULL OR ended_early IN ('pay_part', 'safety')",
    )
