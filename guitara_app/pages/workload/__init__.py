"""How work is shared: who had how much of it, and what that is made of."""

from guitara_app.pages.workload.page import workload_page

__all__ = ["workload_page"]
