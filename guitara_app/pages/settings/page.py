"""What the firm has set: each with what it means, what it may be, and what it is where nothing else is said."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

import reflex as rx

from guitara_app.components.parts import link, panel, skeleton
from guitara_app.firm.queries import FirmSettings
from guitara_app.founding.settings_rules import OF_EVERY_VISIT, SHOWN, choices_of, kind_of, more_of, range_of, words_of
from guitara_app.pages.settings.state import SettingsState
from guitara_app.pages.shell import Who, desk_title, shell

_CHOICES = {
    "yes": "Yes",
    "no": "No",
    "reassign": "Ask the next candidate",
    "expire": "Let the visit expire",
    "fifo": "Longest idle",
    "balanced": "Balanced",
}
_DEFAULTS = words_of(FirmSettings())
_ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


@rx.page(route="/settings", title="Settings · Guitara", on_load=[Who.load, SettingsState.load])
def settings_page() -> rx.Component:
    """What the firm has set."""
    return shell(
        rx.el.div(
            rx.cond(SettingsState.loaded, _form(), rx.el.section(skeleton(12), class_name="panel")),
            class_name="settings",
            aria_busy=~SettingsState.loaded,
        ),
        here="/settings",
        title=desk_title("Settings"),
    )


def _form() -> rx.Component:
    headings = groupby(SHOWN, key=lambda key: more_of(key)["heading"])
    return rx.el.form(
        rx.el.div(
            *(
                panel(heading, rx.el.div(*map(_field, list(keys)), class_name="settings-fields"))
                for heading, keys in headings
            ),
            panel(
                "Elsewhere",
                rx.el.p(
                    "Public holidays are set ",
                    link("with the shifts", to="/holidays"),
                    ", hours of people ",
                    link("there too", to="/shifts"),
                    ". What belongs to a machine (addresses, limits, e-mail) stands in its environment.",
                    class_name="field-hint panel-pad",
                ),
            ),
            class_name="settings-panels",
        ),
        rx.el.div(
            rx.el.p(SettingsState.problem, class_name="field-problem", role="alert"),
            rx.el.button("Save the settings", type="submit", class_name="button button-primary"),
            class_name="settings-foot",
        ),
        on_submit=SettingsState.keep,
        reset_on_submit=False,
        no_validate=True,
        class_name="stack",
    )


def _field(key: str) -> rx.Component:
    problem = rx.cond(SettingsState.problems.contains(key), SettingsState.problems[key], "")
    return rx.el.div(
        rx.el.label(SHOWN[key].title, html_for=f"setting-{key}", class_name="field-label"),
        rx.el.span(_input(key), *_unit(key), class_name="settings-value"),
        rx.el.p(problem, id=f"problem-{key}", class_name="field-problem", role="alert"),
        rx.el.p(_about(key), id=f"about-{key}", class_name="field-hint"),
        class_name="field settings-field",
        data_setting=key,
    )


def _unit(key: str) -> list[rx.Component]:
    unit = more_of(key)["unit"]
    return [rx.el.span(unit, class_name="mute")] if unit else []


def _input(key: str) -> rx.Component:
    kind = kind_of(key)
    more: dict[str, Any] = {
        "id": f"setting-{key}",
        "name": key,
        "default_value": SettingsState.values[key],
        # A field that is drawn anew takes up what was saved; one that could not be saved keeps what was typed.
        "key": f"{key} {SettingsState.values[key]}",
        "aria_describedby": f"problem-{key} about-{key}",
        "aria_invalid": rx.cond(SettingsState.problems.contains(key), "true", "false"),
    }
    if key in OF_EVERY_VISIT:
        more["disabled"] = SettingsState.fixed
    if kind in ("zone", "choice", "switch"):
        among = {"zone": _ZONES, "switch": ("yes", "no")}.get(kind) or choices_of(key)
        options = [rx.el.option(_CHOICES.get(one, one), value=one) for one in among]
        return rx.el.select(*options, class_name="input", **more)
    narrow = "" if kind == "text" else " num settings-short"
    return rx.el.input(
        auto_complete="off",
        max_length=80,
        input_mode="numeric" if kind == "number" else "decimal" if kind == "share" else "text",
        class_name=f"input{narrow}",
        **more,
    )


def _about(key: str) -> str:
    words = [SHOWN[key].description or ""]
    if kind_of(key) == "number":
        words.append("From {} to {}.".format(*range_of(key)))
    if kind_of(key) != "text":
        words.append(f"Default: {_CHOICES.get(_DEFAULTS[key], _DEFAULTS[key])}.")
    if key in OF_EVERY_VISIT:
        words.append("Fixed once there are visits: each belongs to an evening by it.")
    return " ".join(words)
