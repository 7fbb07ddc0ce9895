"""How passwords, cookies and API tokens are kept, when an account locks, and what its details must look like."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from guitara_app.kit.errors import Invalid

WRONG_PASSWORDS_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=5)
SESSION_LASTS = timedelta(days=7)
INVITATION_LASTS = timedelta(days=7)
LONGEST_USERNAME = 40
LONGEST_PASSWORD = 1024
SHORTEST_PASSWORD = 10
LONGEST_NAME = 120
LONGEST_EMAIL = 254
LONGEST_DEVICE = 80
API_TOKEN_PREFIX = "gui_"  # noqa: S105  # says what a token is when one is found lying about
API_TOKENS_AT_MOST = 20

_USERNAME = re.compile(r"[^\W_][\w.-]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

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


def check_new_password(password: str, *, username: str) -> None:
    """Refuse what would be guessed.

    Raises:
        Invalid: too short, too long, one letter repeated, or the user name.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"A password needs {SHORTEST_PASSWORD} characters or more; a few words do well.", field="new")
    if len(password) > LONGEST_PASSWORD or not _encodable(password):
        raise Invalid(f"A password has at most {LONGEST_PASSWORD} characters that a keyboard can type.", field="new")
    if len(set(password)) < 4 or username.lower() in password.lower():
        raise Invalid("This would be guessed. Use a few words that do not hold your user name.", field="new")


def normal_name(typed: str) -> str:
    """A person's name as kept.

    Raises:
        Invalid: nothing is left, or it is too long.
    """
    name = " ".join(plain(typed).split())
    if not name:
        raise Invalid("Type your name.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    return name


def normal_username(typed: str) -> str:
    """A user name as kept: lower case, no spaces.

    Raises:
        Invalid: nothing is left, it is too long, or it could be taken for an e-mail.
    """
    username = plain(typed).lower()
    if not _USERNAME.fullmatch(username) or len(username) > LONGEST_USERNAME:
        raise Invalid("A user name is letters, digits, dots and dashes, without spaces.", field="username")
    return username


def normal_email(typed: str) -> str | None:
    """An e-mail as kept, in lower case; None when nothing was typed.

    Raises:
        Invalid: it cannot be an e-mail address.
    """
    email = plain(typed).lower()
    if not email:
        return None
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address. Leave it empty if there is none.", field="email")
    return email


def plain(typed: str) -> str:
    """Without NULs, half characters and others that PostgreSQL refuses."""
    return "".join(letter if letter.isprintable() else " " for letter in typed).strip()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
