"""The first run, and the page an invitation leads to."""

from guitara_app.pages.setup.page import invitation_page, setup_page

__all__ = ["invitation_page", "setup_page"]
