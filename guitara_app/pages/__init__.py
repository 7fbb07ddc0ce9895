"""One package per page. A page registers itself with ``@rx.page`` when it is imported; the list names them all."""

from importlib import import_module

from guitara_app import tables  # noqa: F401  rows point at tables that no page itself imports

PAGES = (
    "login",
    "setup",
    "board",
    "drivers",
    "appointment",
    "tonight",
    "hours",
    "staff",
    "audit",
    "shifts",
    "team",
    "holidays",
    "workload",
    "calendar",
    "timeline",
    "clients",
    "waiting",
    "catalog",
    "exchange",
    "notifications",
    "profile",
    "help",
    "settings",
    "system",
    "missing",
)


def register() -> None:
    """Import every page, which adds it and its state to the app."""
    for page in PAGES:
        import_module(f"{__name__}.{page}")
