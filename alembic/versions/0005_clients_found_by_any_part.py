"""Clients found by any part of a name, without accents and apostrophes; further phones; room for merging."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FROM = "áàâäãåÁÀÂÄÃÅéèêëÉÈÊËíìîïÍÌÎÏóòôöõøÓÒÔÖÕØúùûüÚÙÛÜñÑçÇ''\u2019`"
_TO = "aaaaaaaaaaaaeeeeeeeeiiiiiiiioooooooooooouuuuuuuunncc"
_NAME = f"translate(lower(name), '{_FROM}', '{_TO}')"


def upgrade() -> None:
    for name in ("uq_clients_phone", "uq_clients_email", "ix_clients_name_prefix"):
        op.drop_index(name, "clients")
    op.drop_index("ix_clients_search", "clients")
    op.drop_column("clients", "search")
    op.execute(
        f'ALTER TABLE clients ADD COLUMN name_key text COLLATE "C" GENERATED ALWAYS AS ({_NAME}) STORED NOT NULL,'
        f" ADD COLUMN search text GENERATED ALWAYS AS (' ' || {_NAME} || ' ' || phone"
        " || coalesce(' ' || split_part(email, '@', 1), ''))"
        " STORED NOT NULL"
    )
    living = sa.text("merged_into_id IS NULL")
    op.create_index("uq_clients_phone", "clients", ["phone"], unique=True, postgresql_where=living)
    op.create_index("uq_clients_email", "clients", ["email"], unique=True, postgresql_where=living)
    op.create_index(
        "ix_clients_search",
        "clients",
        ["search"],
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_index("ix_clients_name", "clients", ["name_key", "id"])
    surname_first = "((substring(name_key, '[^ ]+$') || ' ') || name_key)"
    op.create_index("ix_clients_surname", "clients", [sa.literal_column(f"({surname_first})"), "id"])
    op.create_index("ix_clients_phone_end", "clients", [sa.literal_column("reverse(phone) text_pattern_ops")])
    op.create_index("ix_clients_email_prefix", "clients", ["email"], postgresql_ops={"email": "text_pattern_ops"})
    op.create_index(
        "ix_clients_merged", "clients", ["merged_into_id"], postgresql_where=sa.text("merged_into_id IS NOT NULL")
    )
    op.create_table(
        "client_phones",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_client_phones_phone_e164")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_phones_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_phones")),
    )
    op.create_index("uq_client_phones_phone", "client_phones", ["phone"], unique=True)
    op.create_index("ix_client_phones_client_id", "client_phones", ["client_id"])
    op.create_index(
        "ix_client_phones_search",
        "client_phones",
        ["phone"],
        postgresql_using="gin",
        postgresql_ops={"phone": "gin_trgm_ops"},
    )
    op.execute("GRANT DELETE ON client_phones TO guitara_app")
    op.add_column("client_addresses", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_events_client_id",
        "events",
        ["client_id", "id"],
        postgresql_where=sa.text("client_id IS NOT NULL AND appointment_id IS NULL"),
    )
