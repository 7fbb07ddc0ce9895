"""Everybody who phones: the list, and the card of each."""

from guitara_app.pages.clients.card import client_page
from guitara_app.pages.clients.listing import clients_page

__all__ = ["client_page", "clients_page"]
