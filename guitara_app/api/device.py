"""What a browser or program calls itself, in words its user knows it by."""

from __future__ import annotations

from collections.abc import Mapping

# The first that fits counts: browsers name each other.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device_of(headers: Mapping[str, str]) -> str:
    """``Chrome on Windows``, or the program's own first word."""
    said = headers.get("user-agent", "")[:500]
    browser, system = (next((name for sign, name in known if sign in said), "") for known in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or (said.split() or ["A program"])[0]
