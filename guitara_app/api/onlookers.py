"""Who may see how the system itself is doing: its figures, and the names of its workers."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import Request

from guitara_app.api.origin import host_of, is_loopback_name
from guitara_app.settings import settings

REFUSED = (
    "The figures are shown on this machine itself, and to whoever sends the token that GUITARA_METRICS_TOKEN names."
)
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def may_look(request: Request) -> bool:
    """Whether the request comes from this machine, through no proxy, or carries the token."""
    if settings().opens_metrics(request.headers.get("authorization", "")):
        return True
    # A page of another site can name this machine its own: then the name it asks for is not one of this machine's.
    return _is_here(request) and is_loopback_name(host_of(request.scope))


def _is_here(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
