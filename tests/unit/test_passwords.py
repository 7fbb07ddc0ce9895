"""What a real password costs whoever guesses it; all other tests compare cheap ones."""

from __future__ import annotations

from tests.support.passwords import DEAR


def test_a_password_is_hashed_as_dearly_as_owasp_asks() -> None:
    assert DEAR.hash("seven quiet lanterns").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
