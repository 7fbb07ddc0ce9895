"""Keyed marks: to count by something without keeping it, and to trust a text that went through a browser."""

from __future__ import annotations

import hashlib
import hmac

from guitara_app.settings import settings


def mark(text: str) -> str:
    """A short stand-in for ``text``, the same in every process of this installation and useless to anybody else."""
    # Without a secret of its own an installation still has its database's random password.
    key = settings().secret.get_secret_value() or settings().database_url
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:24]


def seal(text: str) -> str:
    """``text`` with a mark that only this installation can make."""
    return f"{mark(text)}.{text}"


def unseal(sealed: str) -> str:
    """The text that was sealed; empty when anybody changed it or made it up."""
    given, _, text = sealed.partition(".")
    return text if hmac.compare_digest(given.encode(), mark(text).encode()) else ""
