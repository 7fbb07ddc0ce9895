"""Visits that come again: series, the evenings of them without a visit, and which visit is of which."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0021"
down_revision = "0024"
branch_labels = None
depends_on = None

NUMBERS = postgresql.ARRAY(sa.BigInteger())
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "booking_series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=True),
        sa.Column("first_evening", sa.Date(), nullable=False),
        sa.Column("last_evening", sa.Date(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=True),
        sa.Column("start", sa.Time(), nullable=False),
        sa.Column("service_ids", NUMBERS, nullable=False),
        sa.Column("therapist_ids", NUMBERS, nullable=False),
        sa.Column("automatic", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("price", sa.Numeric(10, 2), nullable=True),
        sa.Column("driver_needed", sa.Boolean(), nullable=False),
        sa.Column("car_needed", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("next_evening", sa.Date(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("stops_before", sa.Date(), nullable=True),
        sa.Column("continues_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_booking_series_{name}"))
            for name, rule in (
                ("frequency", "frequency IN ('weekly', 'monthly')"),
                ("every", "every BETWEEN 1 AND 52"),
                ("weekdays", "cardinality(weekdays) BETWEEN 1 AND 7 AND weekdays <@ '{0,1,2,3,4,5,6}'::smallint[]"),
                ("monthly_nth", "(frequency = 'monthly') = (nth IS NOT NULL)"),
                ("nth", "nth IN (-1, 1, 2, 3, 4)"),
                ("monthly_weekday", "frequency = 'weekly' OR cardinality(weekdays) = 1"),
                ("one_end", "times IS NULL OR last_evening IS NULL"),
                ("times", "times BETWEEN 1 AND 520"),
                ("last_evening", "last_evening >= first_evening"),
                ("service_ids", "cardinality(service_ids) > 0"),
                ("people", "automatic >= 0 AND cardinality(therapist_ids) + automatic > 0"),
                ("minutes", "minutes > 0"),
                ("price", "price >= 0"),
                ("car_means_driver", "NOT car_needed OR driver_needed"),
                ("ended_at", "(ended_at IS NULL) = (stops_before IS NULL)"),
                ("next_evening", "ended_at IS NULL OR next_evening IS NULL"),
            )
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_booking_series_{column}"))
            for column, target in (
                ("client_id", "clients.id"),
                ("address_id", "client_addresses.id"),
                ("made_by_id", "people.id"),
                ("changed_by_id", "people.id"),
                ("continues_id", "booking_series.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_series")),
    )
    op.create_index("ix_booking_series_client_id", "booking_series", ["client_id"])
    op.create_index(
        "ix_booking_series_next",
        "booking_series",
        ["next_evening"],
        postgresql_where=sa.text("next_evening IS NOT NULL"),
    )
    op.create_table(
        "series_gaps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("instead", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'skipped', 'booked', 'ended', 'past')", name=op.f("ck_series_gaps_state")
        ),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f("ck_series_gaps_settled_at")),
        sa.ForeignKeyConstraint(["series_id"], ["booking_series.id"], name=op.f("fk_series_gaps_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_gaps")),
        sa.UniqueConstraint("series_id", "business_date", name=op.f("uq_series_gaps_series_id_business_date")),
    )
    op.create_index("ix_series_gaps_open", "series_gaps", ["business_date"], postgresql_where=sa.text("state = 'open'"))
    op.add_column("appointments", sa.Column("series_id", sa.BigInteger(), nullable=True))
    op.add_column("appointments", sa.Column("series_date", sa.Date(), nullable=True))
    op.create_foreign_key(op.f("fk_appointments_series_id"), "appointments", "booking_series", ["series_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_appointments_series_date"), "appointments", "(series_id IS NULL) = (series_date IS NULL)"
    )
    # An evening of a series is booked once, however many look at once.
    op.create_index(
        "uq_appointments_series",
        "appointments",
        ["series_id", "series_date"],
        unique=True,
        postgresql_where=sa.text("series_id IS NOT NULL"),
    )
    # Nothing of a series is deleted: both tables have what every table has, SELECT, INSERT and UPDATE (0002).
