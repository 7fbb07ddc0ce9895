"""What pages and programs are given of notifications: plain words, instants in ISO form."""

from __future__ import annotations

from typing import TypedDict


class Notice(TypedDict):
    """One notification; ``when`` is ``Fri night, 00:30``, ``at`` the same instant in ISO form."""

    id: int
    about: str
    urgent: bool
    title: str
    body: str
    link: str
    when: str
    at: str
    unread: bool


class Inbox(TypedDict):
    """What stands on every page: how many are unread, and the newest urgent ones among them.

    ``stamp`` is another whenever anything of the list may be. ``toured`` says that they need not be
    shown around.
    """

    unread: int
    urgent: int
    alerts: list[Notice]
    stamp: str
    toured: bool
