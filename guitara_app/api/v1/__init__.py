"""``/api/v1``: the same rights and services as the pages, for programs. It speaks JSON, also when it says no."""

from guitara_app.api.v1.app import METHODS, api, nothing_here
from guitara_app.api.v1.rights import needs

__all__ = ["METHODS", "api", "needs", "nothing_here"]
