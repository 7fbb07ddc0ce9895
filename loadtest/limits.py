"""What a load test refuses before it starts: other people's hosts, and more sockets than this machine can hold."""

from __future__ import annotations

import ipaddress
import resource
from urllib.parse import urlsplit

from guitara_app.kit.errors import NotPossible, Unavailable

# Besides the sockets: logs, pipes, libraries, the database. One web process may come to hold all the sockets.
_SPARE = 300


def check_host(url: str, *, allowed: bool) -> str:
    """``url`` without what follows the host.

    Raises:
        NotPossible: it is no address of a site, or of another machine and nobody has said that this is meant.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotPossible("Give the address as http://127.0.0.1:8000.")
    if not allowed and not is_loopback(parts.hostname):
        raise NotPossible(
            f"{parts.hostname} is another machine. A load test books visits, cancels them and takes money, as real"
            " people would see it. If that is meant, say --i-know-this-is-not-local."
        )
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its very name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_room(sockets: int) -> None:
    """Let this process, and those it starts, open as many sockets.

    Raises:
        Unavailable: the machine does not allow it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sockets + _SPARE
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard not in (resource.RLIM_INFINITY,) and hard < needed:
        fits = max(1, hard - _SPARE)
        raise Unavailable(
            f"{sockets} open pages need {needed} open files in one process; this machine allows {hard}."
            f" Allow more (ulimit -n {needed}, as root, in the shell that starts this) or use --users {fits}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
