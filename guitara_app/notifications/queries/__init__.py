"""What somebody was told, and what is to be told to whom."""

from guitara_app.notifications.queries.inbox import EVERYTHING, Filters, inbox, inboxes, mail_choice, notices
from guitara_app.notifications.queries.untold import Untold, happened, take_untold

__all__ = [
    "EVERYTHING",
    "Filters",
    "Untold",
    "happened",
    "inbox",
    "inboxes",
    "mail_choice",
    "notices",
    "take_untold",
]
