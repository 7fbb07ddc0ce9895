"""Who works when, for the desk."""

from guitara_app.pages.shifts.page import shifts_page

__all__ = ["shifts_page"]
