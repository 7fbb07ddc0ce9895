"""Hours by hand for one evening stand beside the shifts they give; breaks in the week; who asked for time off, and the answer."""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift_exceptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("set_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(starts IS NULL) = (ends IS NULL)", name=op.f("ck_shift_exceptions_both_ends")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shift_exceptions_person_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["people.id"], name=op.f("fk_shift_exceptions_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_exceptions")),
        sa.UniqueConstraint("person_id", "business_date", name=op.f("uq_shift_exceptions_person_id_business_date")),
    )
    op.execute("GRANT DELETE ON shift_exceptions TO guitara_app")
    # Until now a row by hand was all there was of an evening's hours.
    op.execute(
        "INSERT INTO shift_exceptions (person_id, business_date, starts, ends)"
        " SELECT person_id, business_date, CAST(min(lower(period)) AT TIME ZONE zone AS time),"
        " CAST(max(upper(period)) AT TIME ZONE zone AS time) FROM shifts, (SELECT coalesce((SELECT value #>> '{}'"
        " FROM settings WHERE key = 'timezone'), 'Asia/Manila') AS zone) z WHERE source = 'by_hand'"
        " GROUP BY person_id, business_date, zone"
    )
    op.add_column("weekly_patterns", sa.Column("break_starts", sa.Time(), nullable=True))
    op.add_column("weekly_patterns", sa.Column("break_ends", sa.Time(), nullable=True))
    op.create_check_constraint(
        op.f("ck_weekly_patterns_whole_break"), "weekly_patterns", "(break_starts IS NULL) = (break_ends IS NULL)"
    )
    op.drop_index("ix_weekly_patterns_person_id", "weekly_patterns")
    op.create_index("uq_weekly_patterns_person_id_weekday", "weekly_patterns", ["person_id", "weekday"], unique=True)
    op.add_column(
        "time_off", sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    )
    op.add_column("time_off", sa.Column("asked_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_time_off_asked_by_id"), "time_off", "people", ["asked_by_id"], ["id"])
    op.add_column("time_off", sa.Column("answer", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_time_off_asked", "time_off", ["asked_at"], postgresql_where=sa.text("state = 'asked'"))
