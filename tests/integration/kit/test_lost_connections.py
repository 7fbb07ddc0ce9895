"""A connection that was lost while nobody used it troubles nobody; one that is lost in use says so once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from guitara_app.kit import database
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.errors import Unavailable
from tests.integration.conftest import Scratch

HERE = "SELECT pg_backend_pid()"


def lose_the_pooled(scratch: Scratch) -> set[int]:
    with reading() as one, transaction() as other:
        lost = {one.execute(text(HERE)).scalar_one(), other.execute(text(HERE)).scalar_one()}
    assert scratch.sql("SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM unnest(%s) AS pid", list(lost)) == [
        (True,)
    ]
    return lost


def test_what_was_lost_at_rest_is_replaced_before_it_is_used(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_SURELY_THERE_S", -1.0)
    lost = lose_the_pooled(scratch)
    with reading() as one, transaction() as other:
        assert one.execute(text(HERE)).scalar_one() not in lost
        assert other.execute(text(HERE)).scalar_one() not in lost


def test_what_was_lost_a_moment_ago_says_so_once_and_all_that_were_lost_with_it_are_replaced(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SURELY_THERE_S", float("inf"))
    lose_the_pooled(scratch)
    with pytest.raises(Unavailable, match="Nothing was saved"), transaction() as session:
        session.execute(text(HERE))
    with reading() as one, transaction() as other:
        assert one.execute(text(HERE)).scalar_one() != other.execute(text(HERE)).scalar_one()
