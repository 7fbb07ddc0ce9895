"""The whole lifecycle of a visit, from the client to the payment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Integer(), nullable=False),
        sa.Column("empty", sa.Integer(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=10, scale=2), server_default="0", nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('container', 'reusable')", name=op.f("ck_items_kind")),
        sa.CheckConstraint("available >= 0 AND in_use >= 0 AND empty >= 0", name=op.f("ck_items_counters")),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_items_minimum")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index("uq_items_name", "items", ["name"], unique=True)
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("vehicle", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(role = 'driver') = (vehicle IS NOT NULL)", name=op.f("ck_people_driver_has_vehicle")),
        sa.CheckConstraint(
            "email IS NULL OR (email = lower(email) AND email <> '')", name=op.f("ck_people_email_lower")
        ),
        sa.CheckConstraint(
            "role IN ('operator', 'therapist', 'driver', 'manager', 'admin')", name=op.f("ck_people_role")
        ),
        sa.CheckConstraint("username = lower(username) AND username <> ''", name=op.f("ck_people_username_lower")),
        sa.CheckConstraint("vehicle IN ('car', 'motorcycle')", name=op.f("ck_people_vehicle")),
        sa.ForeignKeyConstraint(["disabled_by_id"], ["people.id"], name=op.f("fk_people_disabled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(
        "ix_people_role_active", "people", ["role"], unique=False, postgresql_where=sa.text("disabled_at IS NULL")
    )
    op.create_index("uq_people_email", "people", ["email"], unique=True)
    op.create_index("uq_people_username", "people", ["username"], unique=True)
    op.create_table(
        "services",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("buffer_minutes BETWEEN 0 AND 240", name=op.f("ck_services_buffer")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 600", name=op.f("ck_services_minutes")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_services_price")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
    )
    op.create_index("uq_services_name", "services", ["name"], unique=True)
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "zones",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
    )
    op.create_index("uq_zones_name", "zones", ["name"], unique=True)
    op.create_table(
        "account_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'password_reset')", name=op.f("ck_account_tokens_purpose")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_tokens")),
    )
    op.create_index("uq_account_tokens_token_hash", "account_tokens", ["token_hash"], unique=True)
    op.create_table(
        "check_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("out_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("out_at IS NULL OR out_at >= in_at", name=op.f("ck_check_ins_order")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_check_ins_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint("person_id", "business_date", name=op.f("uq_check_ins_person_id_business_date")),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("preferred_gender", sa.Text(), server_default="", nullable=False),
        sa.Column("preferred_pressure", sa.Text(), server_default="", nullable=False),
        sa.Column("preferred_therapist_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "search",
            sa.Text(),
            sa.Computed("lower(name) || ' ' || phone || coalesce(' ' || email, '')", persisted=True),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "email IS NULL OR (email = lower(email) AND email <> '')", name=op.f("ck_clients_email_lower")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_clients_name")),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_clients_phone_e164")),
        sa.CheckConstraint("preferred_gender IN ('', 'female', 'male')", name=op.f("ck_clients_preferred_gender")),
        sa.CheckConstraint(
            "preferred_pressure IN ('', 'light', 'medium', 'hard')", name=op.f("ck_clients_preferred_pressure")
        ),
        sa.ForeignKeyConstraint(["merged_into_id"], ["clients.id"], name=op.f("fk_clients_merged_into_id")),
        sa.ForeignKeyConstraint(
            ["preferred_therapist_id"], ["people.id"], name=op.f("fk_clients_preferred_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index(
        "ix_clients_name_prefix", "clients", [sa.literal_column("lower(name) text_pattern_ops")], unique=False
    )
    op.create_index(
        "ix_clients_search",
        "clients",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_index("uq_clients_email", "clients", ["email"], unique=True)
    op.create_index("uq_clients_phone", "clients", ["phone"], unique=True)
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("on_behalf_of_id", sa.BigInteger(), nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("leg_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_events_actor_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["people.id"], name=op.f("fk_events_on_behalf_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_appointment_id",
        "events",
        ["appointment_id", "id"],
        unique=False,
        postgresql_where=sa.text("appointment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_events_person_id",
        "events",
        ["person_id", "id"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "ix_events_unpublished", "events", ["id"], unique=False, postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_idempotency_keys_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("actor_id", "key", name=op.f("uq_idempotency_keys_actor_id_key")),
    )
    op.create_table(
        "localities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_localities_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_localities")),
    )
    op.create_index("uq_localities_name", "localities", ["name"], unique=True)
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_login_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    op.create_index("ix_login_sessions_expires_at", "login_sessions", ["expires_at"], unique=False)
    op.create_index("ix_login_sessions_person_id", "login_sessions", ["person_id"], unique=False)
    op.create_index("uq_login_sessions_token_hash", "login_sessions", ["token_hash"], unique=True)
    op.create_table(
        "person_services",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_services_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_person_services_service_id")),
        sa.PrimaryKeyConstraint("person_id", "service_id", name=op.f("pk_person_services")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index("uq_recovery_codes_person_id_code_hash", "recovery_codes", ["person_id", "code_hash"], unique=True)
    op.create_table(
        "service_materials",
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_service_materials_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_service_materials_item_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_service_materials_service_id")),
        sa.PrimaryKeyConstraint("service_id", "item_id", name=op.f("pk_service_materials")),
    )
    op.create_table(
        "shifts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("person_id"), "="),
            (sa.column("period"), "&&"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="shifts_never_overlap",
        ),
        sa.CheckConstraint("source IN ('by_hand', 'pattern')", name=op.f("ck_shifts_source")),
        sa.CheckConstraint(
            "period IS NOT NULL AND NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND isfinite(lower(period)) IS TRUE AND isfinite(upper(period)) IS TRUE",
            name=op.f("ck_shifts_period_bounded"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shifts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_business_date", "shifts", ["business_date", "person_id"], unique=False)
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("available_change", sa.Integer(), nullable=False),
        sa.Column("in_use_change", sa.Integer(), nullable=False),
        sa.Column("empty_change", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('opening', 'take', 'give_back', 'use_up', 'refill', 'restock', 'correct', 'discard')",
            name=op.f("ck_stock_movements_kind"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_stock_movements_item_id")),
        sa.ForeignKeyConstraint(["moved_by_id"], ["people.id"], name=op.f("fk_stock_movements_moved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    op.create_index("ix_stock_movements_item_id", "stock_movements", ["item_id", "id"], unique=False)
    op.create_table(
        "time_off",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'taken_back')", name=op.f("ck_time_off_state")),
        sa.CheckConstraint(
            "period IS NOT NULL AND NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND isfinite(lower(period)) IS TRUE AND isfinite(upper(period)) IS TRUE",
            name=op.f("ck_time_off_period_bounded"),
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_time_off_decided_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_time_off_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index("ix_time_off_person_id", "time_off", ["person_id"], unique=False)
    op.create_table(
        "weekly_patterns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_patterns_weekday")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_weekly_patterns_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_patterns")),
    )
    op.create_index("ix_weekly_patterns_person_id", "weekly_patterns", ["person_id", "weekday"], unique=False)
    op.create_table(
        "client_addresses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("locality_id", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("line <> ''", name=op.f("ck_client_addresses_line")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_client_addresses_coordinates")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_addresses_client_id")),
        sa.ForeignKeyConstraint(["locality_id"], ["localities.id"], name=op.f("fk_client_addresses_locality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_addresses")),
    )
    op.create_index("ix_client_addresses_client_id", "client_addresses", ["client_id"], unique=False)
    op.create_table(
        "event_details",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_details_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_details")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("driver_needed", sa.Boolean(), nullable=False),
        sa.Column("car_needed", sa.Boolean(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("extension_price", sa.Numeric(precision=10, scale=2), server_default="0", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("ending_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('cancelled', 'completed', 'expired', 'no_show')) = (closed_at IS NOT NULL)",
            name=op.f("ck_appointments_closed_at"),
        ),
        sa.CheckConstraint("ends_at <= starts_at + interval '24 hours'", name=op.f("ck_appointments_length")),
        sa.CheckConstraint(
            "state <> 'cancelled' OR ending_reason <> ''", name=op.f("ck_appointments_cancelled_with_reason")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'therapist_confirmed', 'driver_confirmed', 'in_transit', 'arrived', 'dropped_off', 'in_session', 'awaiting_payment', 'paid', 'completed', 'cancelled', 'expired', 'no_show')",
            name=op.f("ck_appointments_state"),
        ),
        sa.CheckConstraint("NOT car_needed OR driver_needed", name=op.f("ck_appointments_car_means_driver")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_order")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_appointments_price")),
        sa.ForeignKeyConstraint(["address_id"], ["client_addresses.id"], name=op.f("fk_appointments_address_id")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["people.id"], name=op.f("fk_appointments_booked_by_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_appointments_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index("ix_appointments_business_date", "appointments", ["business_date", "starts_at"], unique=False)
    op.create_index("ix_appointments_client_id", "appointments", ["client_id", "starts_at"], unique=False)
    op.create_index(
        "ix_appointments_open",
        "appointments",
        ["starts_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_appointments_state_starts_at", "appointments", ["state", "starts_at"], unique=False)
    op.create_table(
        "appointment_services",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_appointment_services_minutes")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_appointment_services_price")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_appointment_services_appointment_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_appointment_services_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_services")),
    )
    op.create_index("ix_appointment_services_appointment_id", "appointment_services", ["appointment_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen_because", sa.Text(), server_default="", nullable=False),
        sa.Column("planned_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turnaround_minutes", sa.Integer(), nullable=False),
        sa.Column("occupied", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_early_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("materials_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_urgent", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("override_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("person_id"), "="),
            (sa.column("occupied"), "&&"),
            where=sa.text("answer IN ('offered', 'accepted') AND released_at IS NULL"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="assignments_never_overlap",
        ),
        sa.CheckConstraint(
            "(answer = 'released') = (released_at IS NOT NULL)", name=op.f("ck_assignments_released_at")
        ),
        sa.CheckConstraint(
            "NOT (answer IN ('offered', 'accepted') AND released_at IS NULL) OR (occupied IS NOT NULL AND NOT isempty(occupied) AND lower_inc(occupied) AND NOT upper_inc(occupied) AND isfinite(lower(occupied)) IS TRUE AND isfinite(upper(occupied)) IS TRUE)",
            name=op.f("ck_assignments_occupied_bounded"),
        ),
        sa.CheckConstraint(
            "answer IN ('offered', 'accepted', 'rejected', 'lapsed', 'withdrawn', 'released')",
            name=op.f("ck_assignments_answer"),
        ),
        sa.CheckConstraint(
            "answer NOT IN ('rejected', 'withdrawn') OR answer_reason <> ''",
            name=op.f("ck_assignments_refused_with_reason"),
        ),
        sa.CheckConstraint(
            "progress <> 'in_session' OR (session_started_at IS NOT NULL AND session_ended_at IS NULL)",
            name=op.f("ck_assignments_in_session"),
        ),
        sa.CheckConstraint(
            "progress = 'waiting' OR answer <> 'offered'", name=op.f("ck_assignments_only_accepted_moves")
        ),
        sa.CheckConstraint(
            "progress IN ('waiting', 'in_transit', 'arrived', 'dropped_off', 'in_session', 'ended')",
            name=op.f("ck_assignments_progress"),
        ),
        sa.CheckConstraint(
            "session_ended_at IS NULL OR session_ended_at >= session_started_at",
            name=op.f("ck_assignments_session_order"),
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_assignments_appointment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_assignments_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index("ix_assignments_appointment_id", "assignments", ["appointment_id"], unique=False)
    op.create_index(
        "ix_assignments_due",
        "assignments",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("answer = 'offered' AND released_at IS NULL"),
    )
    op.create_index("ix_assignments_person_id_planned", "assignments", ["person_id", "planned_start"], unique=False)
    op.create_index(
        "uq_assignments_in_session",
        "assignments",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("progress = 'in_session'"),
    )
    op.create_index(
        "uq_assignments_live",
        "assignments",
        ["appointment_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("answer IN ('offered', 'accepted') AND released_at IS NULL"),
    )
    op.create_table(
        "legs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("to_appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("vehicle_needed", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("occupied", postgresql.TSTZRANGE(), nullable=True),
        sa.Column("search_number", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("driver_id"), "="),
            (sa.column("occupied"), "&&"),
            where=sa.text("state IN ('offered', 'accepted', 'under_way')"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="legs_never_overlap",
        ),
        sa.CheckConstraint(
            "NOT (state IN ('offered', 'accepted', 'under_way')) OR (occupied IS NOT NULL AND NOT isempty(occupied) AND lower_inc(occupied) AND NOT upper_inc(occupied) AND isfinite(lower(occupied)) IS TRUE AND isfinite(upper(occupied)) IS TRUE)",
            name=op.f("ck_legs_occupied_bounded"),
        ),
        sa.CheckConstraint(
            "NOT (state IN ('offered', 'accepted', 'under_way')) OR driver_id IS NOT NULL",
            name=op.f("ck_legs_live_has_driver"),
        ),
        sa.CheckConstraint("state <> 'done' OR finished_at IS NOT NULL", name=op.f("ck_legs_done")),
        sa.CheckConstraint("state <> 'under_way' OR departed_at IS NOT NULL", name=op.f("ck_legs_under_way")),
        sa.CheckConstraint(
            "state IN ('planned', 'searching', 'offered', 'accepted', 'under_way', 'done', 'cancelled')",
            name=op.f("ck_legs_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('planned', 'searching') OR driver_id IS NULL", name=op.f("ck_legs_open_has_no_driver")
        ),
        sa.CheckConstraint("vehicle_needed IN ('any', 'car')", name=op.f("ck_legs_vehicle_needed")),
        sa.CheckConstraint("from_appointment_id IS DISTINCT FROM to_appointment_id", name=op.f("ck_legs_moves")),
        sa.CheckConstraint(
            "from_appointment_id IS NOT NULL OR to_appointment_id IS NOT NULL", name=op.f("ck_legs_leads_somewhere")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["people.id"], name=op.f("fk_legs_driver_id")),
        sa.ForeignKeyConstraint(["from_appointment_id"], ["appointments.id"], name=op.f("fk_legs_from_appointment_id")),
        sa.ForeignKeyConstraint(["to_appointment_id"], ["appointments.id"], name=op.f("fk_legs_to_appointment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legs")),
    )
    op.create_index("ix_legs_driver_id_business_date", "legs", ["driver_id", "business_date"], unique=False)
    op.create_index("ix_legs_from_appointment_id", "legs", ["from_appointment_id"], unique=False)
    op.create_index("ix_legs_to_appointment_id", "legs", ["to_appointment_id"], unique=False)
    op.create_index(
        "ix_legs_waiting",
        "legs",
        [sa.literal_column("urgent DESC"), "wanted_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'searching')"),
    )
    op.create_index(
        "uq_legs_under_way", "legs", ["driver_id"], unique=True, postgresql_where=sa.text("state = 'under_way'")
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("extension_amount", sa.Numeric(precision=10, scale=2), server_default="0", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("verified_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(method = 'none') = (kind = 'write_off')", name=op.f("ck_payments_write_off_has_no_method")
        ),
        sa.CheckConstraint(
            "kind <> 'payment' OR (amount >= 0 AND extension_amount >= 0)", name=op.f("ck_payments_amount")
        ),
        sa.CheckConstraint("kind = 'payment' OR reason <> ''", name=op.f("ck_payments_reason")),
        sa.CheckConstraint("kind IN ('payment', 'correction', 'write_off')", name=op.f("ck_payments_kind")),
        sa.CheckConstraint(
            "method IN ('cash', 'gcash', 'bank_transfer', 'card', 'none')", name=op.f("ck_payments_method")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_payments_appointment_id")),
        sa.ForeignKeyConstraint(["verified_by_id"], ["people.id"], name=op.f("fk_payments_verified_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_appointment_id", "payments", ["appointment_id"], unique=False)
    op.create_table(
        "clashes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("next_assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("leg_id", sa.BigInteger(), nullable=True),
        sa.Column("next_leg_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(assignment_id IS NULL) <> (leg_id IS NULL)", name=op.f("ck_clashes_one_job")),
        sa.CheckConstraint(
            "(next_assignment_id IS NULL) <> (next_leg_id IS NULL)", name=op.f("ck_clashes_one_next_job")
        ),
        sa.CheckConstraint(
            "assignment_id IS NULL OR next_assignment_id IS NOT NULL", name=op.f("ck_clashes_same_kind")
        ),
        sa.CheckConstraint("leg_id IS NULL OR next_leg_id IS NOT NULL", name=op.f("ck_clashes_same_kind_of_leg")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_clashes_minutes")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_clashes_assignment_id")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["people.id"], name=op.f("fk_clashes_claimed_by_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["legs.id"], name=op.f("fk_clashes_leg_id")),
        sa.ForeignKeyConstraint(["next_assignment_id"], ["assignments.id"], name=op.f("fk_clashes_next_assignment_id")),
        sa.ForeignKeyConstraint(["next_leg_id"], ["legs.id"], name=op.f("fk_clashes_next_leg_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_clashes_person_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_clashes_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clashes")),
    )
    op.create_index(
        "ix_clashes_open", "clashes", ["opened_at"], unique=False, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_index(
        "uq_clashes_open_assignments",
        "clashes",
        ["assignment_id", "next_assignment_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "uq_clashes_open_legs",
        "clashes",
        ["leg_id", "next_leg_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "leg_offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("leg_id", sa.BigInteger(), nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("search_number", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "answer IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name=op.f("ck_leg_offers_answer")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["people.id"], name=op.f("fk_leg_offers_driver_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["legs.id"], name=op.f("fk_leg_offers_leg_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_offers")),
    )
    op.create_index("ix_leg_offers_driver_id", "leg_offers", ["driver_id", "offered_at"], unique=False)
    op.create_index(
        "ix_leg_offers_due", "leg_offers", ["due_at"], unique=False, postgresql_where=sa.text("answer = 'open'")
    )
    op.create_index("uq_leg_offers_once", "leg_offers", ["leg_id", "driver_id", "search_number"], unique=True)
    op.create_index(
        "uq_leg_offers_open", "leg_offers", ["leg_id"], unique=True, postgresql_where=sa.text("answer = 'open'")
    )
    op.create_table(
        "leg_passengers",
        sa.Column("leg_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_leg_passengers_assignment_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["legs.id"], name=op.f("fk_leg_passengers_leg_id")),
        sa.PrimaryKeyConstraint("leg_id", "assignment_id", name=op.f("pk_leg_passengers")),
    )
    op.create_index("ix_leg_passengers_assignment_id", "leg_passengers", ["assignment_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_as", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_receipts_sha256")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_receipts_appointment_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_receipts_payment_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["people.id"], name=op.f("fk_receipts_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index("ix_receipts_appointment_id", "receipts", ["appointment_id"], unique=False)
    op.create_index("ix_receipts_sha256", "receipts", ["sha256"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("cause IN ('rejected', 'withdrawn', 'lapsed')", name=op.f("ck_reviews_cause")),
        sa.CheckConstraint(
            "decision IS NULL OR decision IN ('insist', 'replace', 'drop', 'cancel', 'settled')",
            name=op.f("ck_reviews_decision"),
        ),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_reviews_decided_at")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_reviews_appointment_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_reviews_assignment_id")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["people.id"], name=op.f("fk_reviews_claimed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_reviews_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_appointment_id", "reviews", ["appointment_id"], unique=False)
    op.create_index(
        "ix_reviews_waiting", "reviews", ["opened_at"], unique=False, postgresql_where=sa.text("decision IS NULL")
    )
    op.create_index(
        "uq_reviews_open", "reviews", ["assignment_id"], unique=True, postgresql_where=sa.text("decision IS NULL")
    )
