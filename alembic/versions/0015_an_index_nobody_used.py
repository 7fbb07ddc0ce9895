"""Offers are found by their trip, never by whom they were made to."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_leg_offers_driver_id", table_name="leg_offers")
