"""The own hours of a therapist or driver, on a phone."""

from guitara_app.pages.hours.page import own_hours_page

__all__ = ["own_hours_page"]
