"""Files of clients, services and staff that are being taken in, and what would become of each of their rows."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0026"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty, none = sa.text("'[]'::jsonb"), sa.text("'{}'::jsonb")
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), server_default=empty, nullable=False),
        sa.Column("sample", postgresql.JSONB(), server_default=empty, nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("mapping", postgresql.JSONB(), server_default=none, nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("counts", postgresql.JSONB(), server_default=none, nullable=False),
        sa.Column("leave_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("put_away_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("subject IN ('clients', 'services', 'staff')", name=op.f("ck_imports_subject")),
        sa.CheckConstraint(
            "state IN ('mapping', 'checking', 'checked', 'importing', 'done')", name=op.f("ck_imports_state")
        ),
        sa.CheckConstraint("file_name <> ''", name=op.f("ck_imports_file_name")),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name=op.f("fk_imports_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_made_by_id", "imports", ["made_by_id", "id"])
    op.create_index(
        "ix_imports_running", "imports", ["id"], postgresql_where=sa.text("state IN ('checking', 'importing')")
    )
    op.create_table(
        "import_files",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_files_import_id")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_files")),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("wanted", postgresql.JSONB(), server_default=none, nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=none, nullable=False),
        sa.Column("problems", postgresql.JSONB(), server_default=empty, nullable=False),
        sa.CheckConstraint("fate IN ('new', 'changed', 'same', 'refused')", name=op.f("ck_import_rows_fate")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_fate", "import_rows", ["import_id", "fate", "number"])
    op.execute("GRANT DELETE ON import_files, import_rows TO guitara_app")
    # Rows are compared in tables of the transaction alone. On most servers everybody may have such.
    op.execute(
        """
        DO $$ BEGIN
          IF NOT has_database_privilege('guitara_app', current_database(), 'TEMPORARY') THEN
            EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO guitara_app', current_database());
          END IF;
        END $$
        """
    )
