"""Founding the firm, and inviting and adding staff: forms whose passwords and links stay in the browser."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser

_LIBRARY = browser("setup.jsx")
# Only imported by the other; it has to lie beside it.
_PARTS = browser("setup_parts.jsx")


class SetupForm(rx.Component):
    """The whole first-run form; it leads to the board, or away when the firm is there already."""

    library = _LIBRARY
    tag = "SetupForm"


class InvitationForm(rx.Component):
    """Choosing a password by the invitation behind the number sign of the address."""

    library = _LIBRARY
    tag = "InvitationForm"


class InviteButton(BaseHTML):
    """A button that makes an invitation for the account ``subject`` and shows its link."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = _LIBRARY
    tag = "InviteButton"

    subject: rx.Var[int]


class AddPerson(rx.Component):
    """A form for one more account of one of ``roles``; calls ``on_added`` when it is there."""

    library = _LIBRARY
    tag = "AddPerson"

    roles: rx.Var[list[str]]

    on_added: rx.EventHandler[rx.event.no_args_event_spec]


setup_form = SetupForm.create
invitation_form = InvitationForm.create
invite_button = InviteButton.create
add_person = AddPerson.create
