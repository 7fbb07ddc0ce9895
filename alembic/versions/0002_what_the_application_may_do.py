"""What the application's role may do: change rows, but neither the schema nor the log.

Whatever has history is disabled, ended or cancelled, never deleted; only the tables listed below may lose rows.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MAY_LOSE_ROWS = (
    "account_tokens",
    "event_details",
    "idempotency_keys",
    "leg_passengers",
    "login_sessions",
    "person_services",
    "recovery_codes",
    "service_materials",
    "settings",
    "shifts",
    "time_off",
    "weekly_patterns",
)
ONLY_GROW = ("events", "payments", "stock_movements")


def upgrade() -> None:
    op.execute("GRANT USAGE ON SCHEMA public TO guitara_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, guitara_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO guitara_app")
    op.execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO guitara_app")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO guitara_app")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO guitara_app")
    op.execute(f"GRANT DELETE ON {', '.join(MAY_LOSE_ROWS)} TO guitara_app")
    op.execute(f"REVOKE UPDATE ON {', '.join(ONLY_GROW)} FROM guitara_app")
    op.execute("GRANT UPDATE (published_at) ON events TO guitara_app")
    op.execute("REVOKE INSERT, UPDATE ON alembic_version FROM guitara_app")
