"""Phones found by their first digits: the trigram index has too little to go on in the digits that all phones share."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_clients_phone_prefix", "clients", ["phone"], postgresql_ops={"phone": "text_pattern_ops"})
