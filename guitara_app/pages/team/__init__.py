"""Hours of several people at once."""

from guitara_app.pages.team.page import team_page

__all__ = ["team_page"]
