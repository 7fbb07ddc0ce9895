"""Lists are put together in the browser as they are here: whatever has changed, the same list comes out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guitara_app.live.patches import ROWS, difference, merged
from guitara_app.live.states import KEYED, PUSHED

_ROWS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 12), "words": st.sampled_from(["", "O'Brien", "late"])}),
    max_size=12,
    unique_by=lambda row: row["id"],
)


@given(_ROWS, _ROWS)
def test_what_is_put_together_is_what_was_meant(before: list[Any], after: list[Any]) -> None:
    sent = json.loads(json.dumps(difference(before, after, "id")))
    assert merged(before, sent) == after


def test_of_many_rows_only_the_changed_one_is_sent() -> None:
    before = [{"id": number, "words": "as it was"} for number in range(60)]
    after = [{**row, "words": "late"} if row["id"] == 7 else row for row in before]
    sent = difference(before, after, "id")
    assert sent == {"~key": "id", ROWS: [{"id": 7, "words": "late"}]}


def test_rows_that_cannot_be_told_apart_are_sent_whole() -> None:
    after = [{"id": 1, "words": "early"}, {"id": 1, "words": "late"}]
    assert difference(after[:1], after, "id") == after
    assert difference(["plain"], ["plain", "words"], "id") == ["plain", "words"]


def test_the_keys_are_those_of_the_rows() -> None:
    assert KEYED[next(kind for kind in PUSHED if kind == "desk")]["waiting"] == "id"
    assert all(name in PUSHED[kind].get_fields() for kind, keys in KEYED.items() for name in keys)
