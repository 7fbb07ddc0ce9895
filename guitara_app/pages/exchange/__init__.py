"""Clients, services and staff in and out as files, for managers; staff for admins alone."""

from guitara_app.pages.exchange.page import import_page

__all__ = ["import_page"]
