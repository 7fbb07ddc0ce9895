"""Notifications: what one was told, newest first."""

from guitara_app.pages.notifications.page import notifications_page

__all__ = ["notifications_page"]
