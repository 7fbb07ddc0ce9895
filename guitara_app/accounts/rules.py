"""How passwords and session cookies are kept, and when an account locks."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

WRONG_PASSWORDS_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=5)
SESSION_LASTS = timedelta(days=7)
LONGEST_PASSWORD = 1024

# Parameters of OWASP's password storage advice for Argon2id (19 MiB, two passes), which keeps a sign-in near 30 ms.
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1),))
_HASH_OF_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """An Argon2id hash with its own salt."""
    return _hasher.hash(password)


def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes as long for an account that does not exist."""
    if len(password) > LONGEST_PASSWORD:
        return False
    # Half of a surrogate pair, which JSON can carry, is a wrong password and no crash.
    matches = _hasher.verify(password.encode("utf-8", "surrogatepass"), password_hash or _HASH_OF_NOBODY)
    return matches and password_hash is not None


def new_token() -> str:
    """A cookie value nobody can guess."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token. It is random, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
