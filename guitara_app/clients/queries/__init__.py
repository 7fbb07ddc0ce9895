"""Every question about clients."""

from guitara_app.clients.queries.card import (
    AddressChoice,
    ClientCard,
    PastVisit,
    card,
    check_not_taken,
)
from guitara_app.clients.queries.search import ClientHit, ClientPage, search, search_page

__all__ = [
    "AddressChoice",
    "ClientCard",
    "ClientHit",
    "ClientPage",
    "PastVisit",
    "card",
    "check_not_taken",
    "search",
    "search_page",
]
