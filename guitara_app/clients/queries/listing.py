"""The list of clients, page by page."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.clients.queries.search import search_page
from guitara_app.clients.views import ClientLine
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text


class ClientLines(NamedTuple):
    """Some lines of the list, and where the next ones begin (empty: there are no more)."""

    lines: list[ClientLine]
    after: str


def client_lines(session: Session, typed: str, *, after: str = "", limit: int = 50) -> ClientLines:
    """Clients found for ``typed``, or everybody by name, with their e-mail and their last visit.

    Raises:
        Invalid: ``after`` is not what the page before said.
    """
    page = search_page(session, typed, after=after, limit=limit)
    calendar = firm_settings(session).calendar
    more = {
        row.id: row
        for row in session.execute(
            text(
                "SELECT c.id, c.email, (SELECT max(a.starts_at) FROM appointments a WHERE a.client_id = c.id) AS last"
                " FROM clients c WHERE c.id = ANY(:ids)"
            ),
            {"ids": [hit.id for hit in page.hits]},
        )
    }
    lines = [
        ClientLine(
            id=hit.id,
            name=hit.name,
            phone=hit.phone,
            email=more[hit.id].email or "",
            place=hit.place,
            last_visit=f"{calendar.local(last):%-d %b %Y}" if (last := more[hit.id].last) else "",
        )
        for hit in page.hits
    ]
    return ClientLines(lines, page.after)
