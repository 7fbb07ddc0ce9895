"""Being shown around at the first sign-in, and the sections of the guides."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser
from guitara_app.help.tour import Step

_LIBRARY = browser("tour.jsx")


class Tour(rx.Component):
    """Points at the parts of the page that ``steps`` name, once it is ``ready``.

    That is when it is ``due``, or when the address says ``?tour``.

    ``on_seen`` is told when somebody has ended it. Its library is fetched only then, and the page works on beneath it.
    """

    library = _LIBRARY
    tag = "Tour"
    lib_dependencies: list[str] = ["driver.js@1.8.0"]

    steps: rx.Var[list[Step]]
    due: rx.Var[bool]
    ready: rx.Var[bool]

    on_seen: rx.EventHandler[rx.event.no_args_event_spec]


class GuideSection(BaseHTML):
    """A section that the address names by ``#name``."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = _LIBRARY
    tag = "Section"

    name: rx.Var[str]


tour = Tour.create
guide_section = GuideSection.create
