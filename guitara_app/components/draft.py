"""A form whose values live in the browser until the server has taken them.

Fields are plain inputs that belong to the ``DraftForm`` around them. The server hears the whole draft shortly after a
change, and once more when it is to be saved; nothing it answers, or fails to answer, changes what was typed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser

_LIBRARY = browser("draft.jsx")
_TIMES = browser("draft_times.jsx")


class DraftForm(rx.Component):
    """The form. It empties itself and closes its drawer once ``saved`` names its own idempotency key.

    To change what is there already, ``base`` says what stands on the server: ``of`` is the name of the form it is for,
    ``values`` are shown wherever nothing was typed, ``fields`` are what is noted as seen when a field is first changed.
    ``subject`` is the number of the thing; it goes along with the draft. ``choices`` is another word when other
    things can be chosen from; the draft tells it as ``offered``.
    """

    library = _LIBRARY
    tag = "DraftForm"

    name: rx.Var[str]
    owner: rx.Var[int]
    subject: rx.Var[int]
    base: rx.Var[dict[str, Any]]
    drawer: rx.Var[str]
    saved: rx.Var[str]
    answered: rx.Var[int]
    pulse: rx.Var[Any]
    choices: rx.Var[str]
    ready: rx.Var[bool]

    on_draft: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_save: rx.EventHandler[rx.event.passthrough_event_spec(dict)]


class _Part(BaseHTML):
    """Looks like an element of HTML, but is one of ours."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = _LIBRARY


class _Field(_Part):
    name: rx.Var[str]


class DraftField(_Field):
    """``element`` is input, textarea or select; ``resets`` is set along with it, ``fallback`` shows while untouched."""

    tag = "DraftField"

    element: rx.Var[str]
    fallback: rx.Var[str]
    resets: rx.Var[dict[str, Any]]
    type: rx.Var[str]
    placeholder: rx.Var[str]
    max_length: rx.Var[int]
    input_mode: rx.Var[str]
    list: rx.Var[str]
    rows: rx.Var[int]
    auto_complete: rx.Var[str]


class DraftCheck(_Field):
    """A yes or no."""

    tag = "DraftCheck"

    fallback: rx.Var[bool]


class DraftPick(_Field):
    """One of several that can be picked; the field holds the list, in the order of picking."""

    tag = "DraftPick"

    value: rx.Var[int]


class DraftSet(_Part):
    """A button that sets several fields at once."""

    tag = "DraftSet"

    patch: rx.Var[dict[str, Any]]


class DraftCopy(_Part):
    """A button that sets fields to what others hold: ``copies`` says from which, ``base`` what those show untouched."""

    tag = "DraftCopy"

    copies: rx.Var[dict[str, str]]
    base: rx.Var[dict[str, str]]


class DraftChoice(_Field):
    """A button that stays pressed while the field has its ``value``; ``resets`` is set along with it."""

    tag = "DraftChoice"

    value: rx.Var[int]
    resets: rx.Var[dict[str, Any]]


class DraftClear(_Part):
    """A button that empties the draft."""

    tag = "DraftClear"


class DraftVersion(_Part):
    """Notes in the draft which ``version`` of the thing was seen when its first field was changed."""

    tag = "DraftVersion"

    version: rx.Var[int]


class DraftTouched(_Part):
    """Shows its children while there is something typed that is not saved."""

    tag = "DraftTouched"


class DraftWhen(_Field):
    """Shows its children while the field has a value, is empty, or is one value."""

    tag = "DraftWhen"
    _rename_props: ClassVar[dict[str, str]] = {"is_": "is"}

    is_: rx.Var[Any]
    empty: rx.Var[bool]


class DraftMatch(_Part):
    """A list line that hides while what is typed in ``by`` is not in its ``text``, unless its ``value`` is picked.

    When it is ``folded``, it hides too until something is typed or the field ``unfold`` is set.
    """

    tag = "DraftMatch"

    by: rx.Var[str]
    text: rx.Var[str]
    pick: rx.Var[str]
    value: rx.Var[int]
    folded: rx.Var[bool]
    unfold: rx.Var[str]


class DraftSending(_Part):
    """Says what became of the save while that is not known: no connection, no answer."""

    tag = "DraftSending"


class DraftClock(_Field):
    """A time of day with a quarter hour less and more beside it; ``+`` and ``-`` do the same."""

    library = _TIMES
    tag = "DraftClock"

    placeholder: rx.Var[str]
    list: rx.Var[str]
    max_length: rx.Var[int]


class DraftEvening(_Field):
    """One of the next evenings, or any date up to ``last``."""

    library = _TIMES
    tag = "DraftEvening"

    choices: rx.Var[list[dict[str, Any]]]
    fallback: rx.Var[str]
    last: rx.Var[str]


class DraftClashes(rx.Component):
    """The fields a colleague changed as well, each with the choice between mine and theirs."""

    library = browser("draft_clashes.jsx")
    tag = "DraftClashes"

    clashes: rx.Var[list[dict[str, Any]]]


class Typeahead(_Field):
    """Finds a client among a million while typing; ``answers`` is the text that ``hits`` were found for."""

    library = browser("typeahead.jsx")
    tag = "Typeahead"

    hits: rx.Var[list[dict[str, Any]]]
    answers: rx.Var[str]
    nothing: rx.Var[str]
    make_new: rx.Var[str]
    placeholder: rx.Var[str]
    max_length: rx.Var[int]

    on_search: rx.EventHandler[rx.event.passthrough_event_spec(str)]


draft_form = DraftForm.create
draft_field = DraftField.create
draft_check = DraftCheck.create
draft_pick = DraftPick.create
draft_set = DraftSet.create
draft_choice = DraftChoice.create
draft_copy = DraftCopy.create
draft_clear = DraftClear.create
draft_version = DraftVersion.create
draft_touched = DraftTouched.create
draft_when = DraftWhen.create
draft_match = DraftMatch.create
draft_sending = DraftSending.create
draft_clock = DraftClock.create
draft_evening = DraftEvening.create
draft_clashes = DraftClashes.create
typeahead = Typeahead.create


def draft_save() -> rx.Component:
    """The button that sends the draft to be saved."""
    return rx.el.button(
        "Save",
        rx.el.kbd("Ctrl \u21b5", class_name="kbd only-desk"),
        type="submit",
        class_name="button button-primary",
    )
