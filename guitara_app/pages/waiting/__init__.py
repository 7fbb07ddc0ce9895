"""The waiting list: who waits for a slot, and which has been found."""

from guitara_app.pages.waiting.page import waiting_page

__all__ = ["waiting_page"]
