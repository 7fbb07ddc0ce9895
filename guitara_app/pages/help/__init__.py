"""The guides, one's own first, and the tour of the first sign-in."""

from guitara_app.pages.help.page import guide_page, help_page

__all__ = ["guide_page", "help_page"]
