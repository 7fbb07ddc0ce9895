"""Headers that go with every answer, and the content security policy of this build."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from guitara_app.api.origin import host_of, is_secure

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}

_SECURE = {"strict-transport-security": "max-age=31536000"}

_HOST = re.compile(r"[a-z0-9.:\[\]-]+")


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and not dict(attrs).get("src"):
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def script_hashes(html: str) -> set[str]:
    """CSP sources for the inline scripts of one page."""
    parser = _InlineScripts()
    parser.feed(html)
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in parser.found
        if script
    }


def policy_of(pages: Path) -> str:
    """The content security policy of the build in ``pages``, open at its end for more ``connect-src``.

    React Router starts from inline scripts, and Reflex shows toasts through eval.
    """
    hashes = {found for page in pages.rglob("*.html") for found in script_hashes(page.read_text("utf-8"))}
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' {' '.join(sorted(hashes))}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'; "
        "base-uri 'self'; form-action 'self'; object-src 'none'; manifest-src 'self'; worker-src 'self'; "
        "connect-src 'self'"
    )


def headers_of_pages(pages: Path) -> dict[str, str]:
    """What a server in front sends with the build in ``pages`` over https; the policy is open as above."""
    return {"content-security-policy": policy_of(pages), **_ALWAYS, **_SECURE}


def add_security_headers(headers: MutableHeaders, scope: Scope, policy: str) -> None:
    """Put the headers every answer carries on ``headers``."""
    secure = is_secure(scope)
    host = host_of(scope)
    # 'self' does not cover web sockets in every browser; a host that is not one must not be able to add to the policy.
    socket = f" {'wss' if secure else 'ws'}://{host}" if _HOST.fullmatch(host) else ""
    # What is not one of the built pages, such as the console, may bring a stricter one.
    headers.setdefault("content-security-policy", policy + socket)
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if secure:
        headers.update(_SECURE)
