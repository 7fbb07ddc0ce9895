"""A sign-in costs what it must cost; somebody signs in for nearly every test, and there it costs nearly nothing.

What is hashed here is cheap for whoever compares it, web processes as well: a hash names its own cost.
"""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from guitara_app.accounts import rules

DEAR = rules._hasher


def make_cheap() -> None:
    """In this process, until it ends."""
    rules._hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    rules._HASH_OF_NOBODY = rules._hasher.hash("nobody's")
