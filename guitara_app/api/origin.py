"""Where a request comes from, and whether that place may talk to us.

A page's own origin is whatever scheme, host and port its browser used, so one build serves on any of them. Behind a
proxy that ends TLS the request itself arrives as plain http. That the browser's side is encrypted is believed of a
proxy the settings trust, for a name among the configured origins; so is what the proxy says about the browser's
address. Whoever else sends such headers is taken for what they are themselves.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from guitara_app.kit.seal import mark
from guitara_app.settings import settings

SECURE_COOKIE = "__Host-sid"
PLAIN_COOKIE = "sid"


def host_of(scope: Scope) -> str:
    """The host and port the browser asked for, such as ``localhost:8000``."""
    return Headers(scope=scope).get("host", "").lower()


def is_secure(scope: Scope) -> bool:
    """Whether the browser's side of the connection is encrypted."""
    if scope["scheme"] in ("https", "wss"):
        return True
    through_plain_proxy = Headers(scope=scope).get("x-forwarded-proto", "https") != "https"
    return _behind_tls_proxy(scope) and not through_plain_proxy


def own_origin(scope: Scope) -> str:
    """The origin a page served by this request has."""
    return f"{'https' if is_secure(scope) else 'http'}://{host_of(scope)}"


def is_trusted_origin(origin: str | None, scope: Scope) -> bool:
    """Whether ``origin`` is the page's own, or one the installation names."""
    return bool(origin) and (origin == own_origin(scope) or origin in settings().allowed_origins)


def accepts_socket(origin: str | None, environ: dict[str, Any]) -> bool:
    """The same question as python-engineio asks it."""
    return is_trusted_origin(origin, environ["asgi.scope"])


def is_cross_site(scope: Scope) -> bool:
    """Whether a request that changes something was sent by another site's page."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None:
        return not is_trusted_origin(origin, scope)
    # Without Origin: browsers that send Sec-Fetch-Site tell; programs send neither and hold no browser's cookie.
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def plain_http_refused(scope: Scope) -> bool:
    """Whether this is plain http from where a password could be read on the way."""
    if is_secure(scope):
        return False
    client = client_address(scope)
    try:
        address = ip_address(client)
    except ValueError:
        return True
    if settings().lan:
        return not (address.is_private or address.is_loopback or address.is_link_local)
    return not (address.is_loopback and is_loopback_name(host_of(scope)))


def is_loopback_name(host: str) -> bool:
    """Whether ``host`` (with or without a port) always means this machine."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def client_address(scope: Scope) -> str:
    """Who is at the other end: the peer, or whom the trusted proxies in front of us saw. Never log or store it."""
    peer = _peer(scope)
    if not _behind_tls_proxy(scope):
        return peer
    # Some proxies add a line of their own below the one the browser made up.
    hops = [hop.strip() for hop in ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")]
    seen = [hop for hop in hops if hop]
    # From our side on, each proxy tells who called it; the first that is none of ours may have made up the rest.
    return next((hop for hop in reversed(seen) if not settings().trusts(hop)), seen[0] if seen else peer)


def client_mark(scope: Scope) -> str:
    """A stand-in for the client's address, to count by; of an IPv6 address for the network one customer is given."""
    client = client_address(scope)
    try:
        address = ip_address(client)
    except ValueError:
        return mark(client)
    if isinstance(address, IPv6Address):
        return mark(str(address.ipv4_mapped or IPv6Network((address, 64), strict=False)))
    return mark(client)


def cookie_name(scope: Scope) -> str:
    """The session cookie's name on this connection."""
    return SECURE_COOKIE if is_secure(scope) else PLAIN_COOKIE


def _peer(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])


def _behind_tls_proxy(scope: Scope) -> bool:
    named = scope["scheme"] in ("http", "ws") and f"https://{host_of(scope)}" in settings().allowed_origins
    return named and settings().trusts(_peer(scope))
