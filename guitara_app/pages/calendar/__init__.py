"""The calendar: the visits of a month, a week or an evening, moved by hand."""

from guitara_app.pages.calendar.page import calendar_page

__all__ = ["calendar_page"]
