"""The operator's board: this evening by state, what needs somebody now, the drivers."""

from guitara_app.pages.board.page import board_page

__all__ = ["board_page"]
