"""The board's columns with a few visits read anew, for whoever should not wait until all of the board is."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.board import COLUMNS, ENDED_SHOWN, by_end, card_of, column_of
from guitara_app.appointments.queries.rows import visits
from guitara_app.appointments.views import Card
from guitara_app.firm.queries import firm_settings


def board_news(
    session: Session, before: Mapping[str, Any], numbers: Collection[int], *, now: datetime
) -> dict[str, Any]:
    """Those columns of the board ``before`` that are others once the visits ``numbers`` are read.

    It tells only where these visits stand and what is on their cards. What else follows from a change (warnings, bars,
    counts, whoever is free) is as it was until the whole board is read.
    """
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    shown: dict[int, Card] = {card["id"]: card for name in (*COLUMNS, "ended") for card in before[name]}
    columns: dict[str, list[Card]] = {
        name: [card for card in before[name] if card["id"] not in numbers] for name in (*COLUMNS, "ended")
    }
    for visit in visits(session, "a.id = ANY(:numbers)", {"numbers": sorted(numbers)}):
        known = shown.get(visit.row.id)
        if known is None and visit.row.business_date != day:
            continue
        warnings = {visit.row.id: known["warnings"]} if known else {}
        card, column = card_of(visit, calendar, warnings, now), column_of(visit)
        if column == "ended":
            columns[column].insert(0, card)
        else:
            insort(columns[column], card, key=by_end if column == "in_session" else _by_start)
    columns["ended"] = columns["ended"][:ENDED_SHOWN]
    return {name: cards for name, cards in columns.items() if cards != before[name]}


def _by_start(card: Card) -> tuple[str, int]:
    return card["starts_at"], card["id"]
