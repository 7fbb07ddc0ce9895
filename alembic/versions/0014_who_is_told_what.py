"""Who is told what: every event waits, from its own transaction on, until its people have been told."""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untold_events",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_untold_events_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_untold_events")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "about IN ('visits', 'trips', 'money', 'hours', 'materials', 'desk')", name=op.f("ck_notifications_about")
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_notifications_title")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_notifications_event_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notifications_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("uq_notifications_event_id", "notifications", ["event_id", "person_id"], unique=True)
    op.create_index("ix_notifications_person_id", "notifications", ["person_id", "id"])
    op.create_index(
        "ix_notifications_unread", "notifications", ["person_id", "id"], postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index(
        "ix_notifications_mail_due",
        "notifications",
        ["mail_due_at"],
        postgresql_where=sa.text("mail_due_at IS NOT NULL"),
    )
    op.create_index("ix_notifications_told_at", "notifications", ["told_at"])
    op.create_table(
        "mail_choices",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.CheckConstraint("choice IN ('none', 'urgent', 'all')", name=op.f("ck_mail_choices_choice")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mail_choices_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_choices")),
    )
    op.execute("GRANT DELETE ON untold_events, notifications TO guitara_app")
    # History that is written afterwards has been published, and tells nobody; nor do the events that tell of telling.
    op.execute("""
        CREATE FUNCTION leave_untold() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO untold_events (event_id) VALUES (NEW.id);
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER leave_untold AFTER INSERT ON events FOR EACH ROW
        WHEN (NEW.published_at IS NULL AND NEW.kind NOT IN ('people_told', 'notifications_read'))
        EXECUTE FUNCTION leave_untold()
    """)
