"""How this process logs: one line of JSON each, and never anything that belongs to a person.

Libraries log what they were handed: Reflex prints an unknown event with all its headers, database drivers print the
values of a failed statement. So what reaches the log is cut here, once, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from guitara_app.settings import settings

_HIDDEN = "[hidden]"

_SECRET_KEYS = re.compile(
    r"cookie|password|token|secret|authorization|phone|email|address|client_ip|headers|router_data|payload|notes?$",
    re.I,
)

# From here on a line holds somebody's data: an event with its headers, the values of a statement, a rejected input.
_CUT = re.compile(
    r"\bEvent\(|Event data|event argument|'?router_data'?|'?headers'?\s*[:=]|\[SQL:|\[parameters:|\bDETAIL:"
    r"|\binput_value=|\b(?:cookie|authorization)[\"']?\s*[:=]",
    re.I,
)

_MASKS = (
    re.compile(r"\b(?:__Host-)?sid=[^;\s\"']+", re.I),
    re.compile(r"(?:password|token|secret)[\"']?\s*[:=]\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"',;)}\]&]+)", re.I),
    re.compile(r"://[^/\s:@]*:[^/\s@]+@"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    re.compile(r"(?<![\w:.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])"),
    re.compile(r"(?<![\w.+:-])(?:\+?63|0)[\s-]?9(?:[\s-]?\d){9}(?!\d)"),
)
_MAYBE_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.I)


def scrub(text: str) -> str:
    """``text`` without secrets, addresses or phone numbers; cut off where somebody else's data begins."""
    return "\n".join(_scrub_line(line) for line in text.splitlines())


def _scrub_line(line: str) -> str:
    found = _CUT.search(line)
    kept = f"{line[: found.start()]}{_HIDDEN}" if found else line
    for mask in _MASKS:
        kept = mask.sub(_HIDDEN, kept)
    return _MAYBE_IPV6.sub(_hide_ipv6, kept)


def _hide_ipv6(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]  # a time of day, for example
    return _HIDDEN


def _scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _scrub_value(key, value) for key, value in event.items()}


def _scrub_value(key: str, value: Any) -> Any:
    if _SECRET_KEYS.search(key):
        return _HIDDEN
    if isinstance(value, bool | int | float) or value is None or key.startswith("_"):
        return value
    if isinstance(value, dict):
        return {str(inner): _scrub_value(str(inner), item) for inner, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_scrub_value("", item) for item in value]
    return scrub(str(value))


def configure() -> None:
    """Send every record of this process, our own and the libraries', through the scrubber to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _scrub_event,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)
    # A handler of its own on some library's logger would print around the scrubber.
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # The first prints client addresses; the others give themselves a handler unless they find a level.
    # What the console's library says of its requests holds what was typed into them.
    quiet = ("granian.access", "engineio.server", "engineio.client", "socketio.server", "socketio.client")
    for name in (*quiet, "starlette_admin"):
        logging.getLogger(name).setLevel(logging.ERROR)
