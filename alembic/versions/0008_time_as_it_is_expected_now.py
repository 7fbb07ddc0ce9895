"""What a job takes of somebody's time follows from its pause, the way to the next job and what really happens."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LIVE_SEAT = "answer IN ('offered', 'accepted') AND released_at IS NULL"


def upgrade() -> None:
    _number("assignments", "buffer_minutes")
    _number("assignments", "extension_minutes")
    _number("legs", "turnaround_minutes")
    op.execute("UPDATE assignments SET buffer_minutes = turnaround_minutes WHERE turnaround_minutes <> 0")
    op.create_index(
        "ix_assignments_live_until", "assignments", [sa.text("upper(occupied)")], postgresql_where=sa.text(_LIVE_SEAT)
    )
    op.add_column("legs", sa.Column("planned_start", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE legs SET planned_start = coalesce(departed_at, lower(occupied), wanted_at) WHERE driver_id IS NOT NULL"
    )
    op.add_column("stock_movements", sa.Column("assignment_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_stock_movements_appointment_id",
        "stock_movements",
        ["appointment_id"],
        postgresql_where=sa.text("appointment_id IS NOT NULL"),
    )
    # A change of services writes them anew.
    op.execute("GRANT DELETE ON appointment_services TO guitara_app")


def _number(table: str, column: str) -> None:
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
