"""Who works here: the desk sees it, managers change it."""

from guitara_app.pages.staff.page import staff_page

__all__ = ["staff_page"]
