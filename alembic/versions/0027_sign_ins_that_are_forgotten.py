"""Sign-ins can be forgotten after a while, by the log's owner alone, and never those of the last 30 days."""

from alembic import op

revision = "0027"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION forget_sign_ins(before timestamptz, most int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        DECLARE
          gone bigint[];
        BEGIN
          SELECT array_agg(id) INTO gone FROM (
            SELECT e.id FROM events e WHERE e.kind IN ('signed_in', 'signed_out', 'sign_in_failed')
              AND e.recorded_at < least(before, now() - interval '30 days') AND e.published_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM notifications n WHERE n.event_id = e.id)
            ORDER BY e.id LIMIT most FOR UPDATE SKIP LOCKED) found;
          DELETE FROM event_details WHERE event_id = ANY(gone);
          DELETE FROM events WHERE id = ANY(gone);
          RETURN coalesce(cardinality(gone), 0);
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION forget_sign_ins(timestamptz, int) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION forget_sign_ins(timestamptz, int) TO guitara_app")
