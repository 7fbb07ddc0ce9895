"""Brings a database to the schema of this version. Only the owner's login may do it."""

from __future__ import annotations

from alembic.config import Config
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import ProgrammingError

from alembic import command
from guitara_app.kit.database import APP_ROLE
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.statements import text
from guitara_app.settings import PROJECT, settings, with_driver


def config(connection: Connection | None) -> Config:
    """Alembic's configuration, bound to ``connection``."""
    made = Config()
    made.set_main_option("script_location", str(PROJECT / "alembic"))
    made.attributes["connection"] = connection
    return made


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Run what is missing, under a lock, so that two starts at once do it once.

    Raises:
        Unavailable: the login may not create the application's role.
    """
    engine = create_engine(with_driver(owner_url), connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(8)"))
            ensure_app_role(connection, owner_url)
            connection.commit()
            command.upgrade(config(connection), revision)
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(8)"))
            connection.commit()
    finally:
        engine.dispose()


def ensure_app_role(connection: Connection, owner_url: str) -> None:
    """The role the application works as: it may change rows, not the schema, and never the log.

    Where the application connects with the login of ``owner_url``, it steps down to the role by itself.
    """
    member = with_driver(owner_url) == settings().sqlalchemy_url
    try:
        if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}).scalar():
            connection.execute(text(f"CREATE ROLE {APP_ROLE} NOLOGIN"))
        is_member = text("SELECT pg_has_role(current_user, :role, 'MEMBER')")
        if member and not connection.execute(is_member, {"role": APP_ROLE}).scalar():
            connection.execute(text(f"GRANT {APP_ROLE} TO CURRENT_USER"))
    except ProgrammingError as error:
        raise Unavailable(
            f"This database login may not create the role {APP_ROLE}. As a superuser run: CREATE ROLE {APP_ROLE}"
            f" NOLOGIN; GRANT {APP_ROLE} TO <the login of GUITARA_DATABASE_URL>; then start again."
        ) from error
