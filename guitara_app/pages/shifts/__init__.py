"""Who works when, for the desk: an evening of everybody, and everything about one person's hours."""

from guitara_app.pages.shifts.page import shifts_page
from guitara_app.pages.shifts.person import hours_page

__all__ = ["hours_page", "shifts_page"]
