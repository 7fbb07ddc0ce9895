"""The hand-over note: every wording is kept, and who has read it."""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_handover_notes_version")),
        sa.ForeignKeyConstraint(["written_by_id"], ["people.id"], name=op.f("fk_handover_notes_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_notes")),
    )
    op.create_index("uq_handover_notes_version", "handover_notes", ["business_date", "version"], unique=True)
    op.create_table(
        "handover_readings",
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["handover_notes.id"], name=op.f("fk_handover_readings_note_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_handover_readings_person_id")),
        sa.PrimaryKeyConstraint("note_id", "person_id", name=op.f("pk_handover_readings")),
    )
    # A wording that was saved is never changed, and a reading never undone.
    op.execute("REVOKE UPDATE ON handover_notes, handover_readings FROM guitara_app")
