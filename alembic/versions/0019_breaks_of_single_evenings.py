"""Breaks in the hours of a single evening, as in those of a weekday."""

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shift_exceptions", sa.Column("break_starts", sa.Time(), nullable=True))
    op.add_column("shift_exceptions", sa.Column("break_ends", sa.Time(), nullable=True))
    op.create_check_constraint(
        op.f("ck_shift_exceptions_whole_break"), "shift_exceptions", "(break_starts IS NULL) = (break_ends IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_shift_exceptions_break_in_hours"), "shift_exceptions", "break_starts IS NULL OR starts IS NOT NULL"
    )
