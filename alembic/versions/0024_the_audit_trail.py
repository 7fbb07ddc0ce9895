"""The door of each event, and what the audit trail is searched by; nobody but the owner erases details any more."""

import sqlalchemy as sa

from alembic import op

revision = "0024"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("door", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_events_actor_id", "events", ["actor_id", "id"])
    op.create_index("ix_events_kind", "events", ["kind", "id"])
    op.create_index("ix_events_recorded_at", "events", ["recorded_at"])
    op.create_index("ix_events_door", "events", ["door", "id"], postgresql_where=sa.text("door IN ('api', 'console')"))
    op.create_index(
        "ix_event_details_words",
        "event_details",
        [
            sa.text(
                "((to_tsvector('simple', reason) || jsonb_to_tsvector('simple', coalesce(before, '{}'), '[\"all\"]'))"
                " || jsonb_to_tsvector('simple', coalesce(after, '{}'), '[\"all\"]'))"
            )
        ],
        postgresql_using="gin",
    )
    op.execute("REVOKE UPDATE, DELETE ON event_details FROM guitara_app")
