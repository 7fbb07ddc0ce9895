"""The word that always goes with a state's colour. The colour itself follows the state in the style sheet."""

from __future__ import annotations

import reflex as rx

STATES = {
    "pending": "waiting for an answer",
    "therapist_confirmed": "confirmed",
    "driver_confirmed": "confirmed, with driver",
    "in_transit": "on the way",
    "arrived": "arrived",
    "dropped_off": "dropped off",
    "in_session": "in session",
    "awaiting_payment": "payment due",
    "paid": "paid",
    "completed": "completed",
    "cancelled": "cancelled",
    "expired": "expired",
    "no_show": "no-show",
    "offered": "no answer yet",
    "accepted": "accepted",
    "rejected": "rejected",
    "lapsed": "answer too late",
    "withdrawn": "withdrawn",
    "released": "done",
    "planned": "planned",
    "searching": "searching a driver",
    "under_way": "under way",
    "driving": "driving",
    "free": "free",
    "silent": "silent",
    "done": "done",
    "waiting": "waiting",
    "ended": "ended",
}

ROLES = {
    "operator": "Operator",
    "therapist": "Therapist",
    "driver": "Driver",
    "manager": "Manager",
    "admin": "Admin",
}


def state_word(state: rx.Var[str]) -> rx.Var[str]:
    """What people call ``state``."""
    return rx.match(state, *STATES.items(), state)


def state_tag(state: rx.Var[str], **props: object) -> rx.Component:
    """The word on its colour."""
    return rx.el.span(state_word(state), data_state=state, class_name="tag", **props)


def role_word(role: rx.Var[str]) -> rx.Var[str]:
    """What people call ``role``."""
    return rx.match(role, *ROLES.items(), role)
