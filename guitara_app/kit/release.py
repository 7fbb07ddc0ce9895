"""Which release this is."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from guitara_app.settings import PROJECT


@lru_cache(maxsize=1)
def release() -> str:
    """The number of this release."""
    found: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    return found
