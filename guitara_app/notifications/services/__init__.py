"""Telling people, what they do with what they were told, and sending it to them."""

from guitara_app.notifications.services.mailing import Letter, letter_refused, letter_sent, take_letters
from guitara_app.notifications.services.own import AT_MOST, choose_mail, mark_all_read, mark_read, purge_notifications
from guitara_app.notifications.services.telling import TOLD, Telling, tell

__all__ = [
    "AT_MOST",
    "TOLD",
    "Letter",
    "Telling",
    "choose_mail",
    "letter_refused",
    "letter_sent",
    "mark_all_read",
    "mark_read",
    "purge_notifications",
    "take_letters",
    "tell",
]
