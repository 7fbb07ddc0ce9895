"""The sign-in page."""

from guitara_app.pages.login.page import login_page

__all__ = ["login_page"]
