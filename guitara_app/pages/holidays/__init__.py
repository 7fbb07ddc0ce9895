"""What the firm does on public holidays."""

from guitara_app.pages.holidays.page import holidays_page

__all__ = ["holidays_page"]
