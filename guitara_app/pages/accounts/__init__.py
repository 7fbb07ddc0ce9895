"""Who may sign in, for admins."""

from guitara_app.pages.accounts.page import accounts_page

__all__ = ["accounts_page"]
