"""Every question about clients."""

from guitara_app.clients.queries.card import (
    AddressChoice,
    ClientCard,
    PastVisit,
    card,
    changes_since,
    check_not_taken,
    client_page,
    living_id,
    visits,
)
from guitara_app.clients.queries.duplicates import duplicates, merge_preview, topics_of_client
from guitara_app.clients.queries.listing import ClientLines, client_lines
from guitara_app.clients.queries.search import ClientHit, ClientPage, search, search_page

__all__ = [
    "AddressChoice",
    "ClientCard",
    "ClientHit",
    "ClientLines",
    "ClientPage",
    "PastVisit",
    "card",
    "changes_since",
    "check_not_taken",
    "client_lines",
    "client_page",
    "duplicates",
    "living_id",
    "merge_preview",
    "search",
    "search_page",
    "topics_of_client",
    "visits",
]
