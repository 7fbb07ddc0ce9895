"""When the bags of an evening are packed at once, what runs short is one line at the desk, not one for each visit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from guitara_app.notifications.queries import Untold
from guitara_app.notifications.rules import Told

_SHORT = "stock_short"
_News = tuple[Untold, Told]


def gathered(news: Iterable[_News]) -> list[tuple[int, Told]]:
    """The number of the event and the line for each; shortages of one thing, told at once, stand with the first."""
    lines: list[list[_News]] = []
    short: dict[tuple[int, int], list[_News]] = defaultdict(list)
    for one, line in news:
        if one.happened.kind != _SHORT or line.person_id not in one.happened.desk:
            lines.append([(one, line)])
            continue
        same = short[line.person_id, one.happened.data["item_id"]]
        if not same:
            lines.append(same)
        same.append((one, line))
    return [(same[0][0].event_id, _line(same)) for same in lines]


def _line(same: list[_News]) -> Told:
    (first, line), *others = same
    if not others:
        return line
    missing = sum(one.happened.data["missing"] for one, _ in same)
    visits = {one.happened.visit.id for one, _ in same if one.happened.visit}
    return line._replace(
        title=f"{first.happened.data['item']}: {missing} missing",
        body=f"For {len(visits)} visit{'s' if len(visits) > 1 else ''}, the first: {line.body}",
        link=line.link if len(visits) == 1 else "/board",
    )
