"""What the firm has set, for its admins."""

from guitara_app.pages.settings.page import settings_page

__all__ = ["settings_page"]
