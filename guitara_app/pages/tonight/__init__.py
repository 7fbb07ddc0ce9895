"""The evening of a therapist or driver, on a phone."""

from guitara_app.pages.tonight.page import tonight_page

__all__ = ["tonight_page"]
