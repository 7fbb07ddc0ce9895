"""One's own account: details, password, where one is signed in, and API tokens."""

from guitara_app.pages.profile.page import profile_page

__all__ = ["profile_page"]
