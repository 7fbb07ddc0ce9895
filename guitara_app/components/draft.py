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


class DraftForm(rx.Component):
    """The form. It empties itself and closes its drawer once ``saved`` names its own idempotency key."""

    library = _LIBRARY
    tag = "DraftForm"

    name: rx.Var[str]
    owner: rx.Var[int]
    drawer: rx.Var[str]
    saved: rx.Var[str]
    answered: rx.Var[int]
    pulse: rx.Var[Any]
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

    is_: rx.Var[str]
    empty: rx.Var[bool]


class DraftMatch(_Part):
    """A list line that hides while what is typed in ``by`` is not in its ``text``, unless its ``value`` is picked."""

    tag = "DraftMatch"

    by: rx.Var[str]
    text: rx.Var[str]
    pick: rx.Var[str]
    value: rx.Var[int]


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
typeahead = Typeahead.create
