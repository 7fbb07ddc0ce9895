"""The admins' database console: every table to look at, and what may be changed changed by the services."""

from guitara_app.admin.assembly import console

__all__ = ["console"]
