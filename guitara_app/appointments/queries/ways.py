"""The ways out of what needs somebody now: where a button leads, and whom it calls.

A button opens the visit with the action to begin in the address (``?do=replace&place=12``); the visit's page asks for
the rest. The actions are those of ``appointments.lifecycle``.
"""

from __future__ import annotations

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.views import Way

SWAP = "swap"


def way(label: str, appointment_id: int, do: str = "", *, first: bool = False, place: int = 0, leg: int = 0) -> Way:
    """A button that opens the visit where ``do`` begins; ``first`` marks the one thing usually done next."""
    query = "&".join(f"{name}={value}" for name, value in (("do", do), ("place", place), ("leg", leg)) if value)
    return Way(label=label, to=f"/appointments/{appointment_id}{'?' if query else ''}{query}", first=first)


def call(who: str, phone: str | None) -> list[Way]:
    """A button that dials ``who``, and says only the name beside its sign; none without a number."""
    return [Way(label=who, to=f"tel:{phone}", first=False)] if phone else []


def first_name(name: str) -> str:
    """``Ana`` of Ana Cruz, ``Ma. Teresa`` of Ma. Teresa Cruz: what fits on a button."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest.split()[0]}" if first.endswith(".") and rest else first


def after_refusal(appointment_id: int, place: int, *, group: bool) -> list[Way]:
    """Out of a review: somebody else, the same person after all, or without them."""
    last = ("Drop", Action.DROP) if group else ("Cancel", Action.CANCEL)
    return [
        way("Replace", appointment_id, Action.REPLACE, first=True, place=place),
        way("Insist", appointment_id, Action.INSIST, place=place),
        way(last[0], appointment_id, last[1], place=place if group else 0),
    ]
