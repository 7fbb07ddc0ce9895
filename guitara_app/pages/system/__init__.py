"""How the system is doing, for admins."""

from guitara_app.pages.system.page import system_page

__all__ = ["system_page"]
