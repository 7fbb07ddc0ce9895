"""The road from the desk: who can drive, what waits for a driver, and who is still out."""

from guitara_app.pages.drivers.closing import closing_page
from guitara_app.pages.drivers.page import drivers_page

__all__ = ["closing_page", "drivers_page"]
