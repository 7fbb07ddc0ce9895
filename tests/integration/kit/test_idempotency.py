"""A request is known again by its key, and a key that cannot be one is refused in words."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from guitara_app.kit.database import run
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import keep_result, result_of_key
from tests.support.firm import open_firm

pytestmark = pytest.mark.usefixtures("database")


def test_the_second_request_learns_what_the_first_made() -> None:
    actor = open_firm().operator.person_id or 0

    def ask(made: int) -> int | None:
        def work(session: Session) -> int | None:
            known = result_of_key(session, actor, "key-1")
            if known is None:
                keep_result(session, actor, "key-1", made)
            return known

        return run(work)

    assert ask(7) is None
    assert ask(8) == 7


@pytest.mark.parametrize("key", ["a\x00b", "\ud800", "é" * 3, "k" * 101])
def test_a_key_nobody_gave_out_is_refused(key: str) -> None:
    actor = open_firm().operator.person_id or 0
    with pytest.raises(Invalid):
        run(lambda session: result_of_key(session, actor, key))
