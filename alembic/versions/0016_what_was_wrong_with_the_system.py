"""What was wrong with the system, and telling its admins of it."""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ALARMS = (
    "part", "worker", "beat", "queue", "handlers", "routes", "pushes", "lag", "errors", "cache", "memory",
    "connections", "pool", "slow", "repeated",
)  # fmt: skip
ABOUT = ("visits", "trips", "money", "hours", "materials", "desk", "system")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.create_table(
        "system_alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alarm", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(_one_of("alarm", ALARMS), name=op.f("ck_system_alerts_alarm")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_system_alerts_words")),
        sa.CheckConstraint("closed_at >= opened_at", name=op.f("ck_system_alerts_closed_at")),
        sa.CheckConstraint("times > 0", name=op.f("ck_system_alerts_times")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_alerts")),
    )
    op.create_index(
        "uq_system_alerts_open",
        "system_alerts",
        ["alarm", "subject"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_constraint(op.f("ck_notifications_about"), "notifications", type_="check")
    op.create_check_constraint(op.f("ck_notifications_about"), "notifications", _one_of("about", ABOUT))
