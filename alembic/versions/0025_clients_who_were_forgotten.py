"""Clients who asked to be forgotten, and what the log says of them in words, which only its owner may empty."""

import sqlalchemy as sa

from alembic import op

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        CREATE FUNCTION erase_event_details(client bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        BEGIN
          IF NOT EXISTS (SELECT FROM clients c WHERE c.id = client AND c.erased_at IS NOT NULL) THEN
            RAISE EXCEPTION 'client % is not erased', client;
          END IF;
          UPDATE event_details d SET reason = '', before = NULL, after = NULL
          FROM events e LEFT JOIN appointments a ON a.id = e.appointment_id
          WHERE d.event_id = e.id AND (e.client_id = client OR a.client_id = client);
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION erase_event_details(bigint) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION erase_event_details(bigint) TO guitara_app")
