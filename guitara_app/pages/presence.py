"""Who else has a page open, as the desk sees it."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.words import role_word
from guitara_app.live import PresenceLive, Scope
from guitara_app.live.present import Colleague

ColleagueVar = rx.vars.ObjectVar[Colleague]

_KNOWN = PresenceLive.scope == Scope.presence().topic


def colleagues(person_id: rx.Var[int]) -> rx.Component:
    """The others of the desk who are here now, by their first letters."""
    return rx.el.ul(
        rx.cond(_KNOWN, rx.foreach(PresenceLive.desk, lambda one: _chip(one, person_id))),
        class_name="colleagues only-desk",
        aria_label="At the desk now",
    )


def _chip(one: ColleagueVar, person_id: rx.Var[int]) -> rx.Component:
    return rx.cond(
        one["person_id"] != person_id,
        rx.el.li(
            rx.el.span(one["name"].to(str)[0], aria_hidden=True),
            rx.el.span(one["name"], class_name="unseen"),
            title=f"{one['name']}, {role_word(one['role'])}, is here",
            data_colleague=one["person_id"],
        ),
    )


def also_looking(topic: rx.Var[str], person_id: rx.Var[int]) -> rx.Component:
    """A line for each of the others of the desk who look at the same thing."""
    return rx.cond(
        _KNOWN,
        rx.el.div(
            rx.foreach(
                PresenceLive.desk,
                lambda one: rx.cond(
                    (one["person_id"] != person_id) & one["at"].to(list[str]).contains(topic),
                    rx.el.span(rx.icon("eye", size=14), one["name"], " is looking at this too", class_name="looking"),
                ),
            ),
            class_name="also-looking",
            role="status",
        ),
    )


def online_dot(person_id: rx.Var[int]) -> rx.Component:
    """Whether this person has the application open, on any device."""
    here = _KNOWN & PresenceLive.online[person_id.to_string()].to(bool)
    return rx.el.span(
        class_name="online",
        data_online=rx.cond(here, "true", "false"),
        title=rx.cond(here, "Has Guitara open", "Guitara is closed on their phone"),
        role="img",
        aria_label=rx.cond(here, "has Guitara open", "Guitara closed"),
    )
