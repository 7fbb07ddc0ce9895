"""The audit trail, for admins."""

from guitara_app.pages.audit.page import audit_page

__all__ = ["audit_page"]
