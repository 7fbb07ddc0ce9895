"""What browsers may call the socket's events."""

from __future__ import annotations

from typing import Any

import structlog

log = structlog.get_logger(__name__)

FROM_BROWSERS = frozenset({"event", "ping", "client_error"})


def take_only_browsers_events(sio: Any) -> None:
    """Drop every event of another name than browsers use.

    Socket.IO runs whatever handler an event names, also its own for ``connect`` and ``disconnect``. By sending those as
    plain events anybody could hand Reflex a handshake of their own making: headers, address, and the token of whichever
    page's state they wanted.
    """
    handle = sio._handle_event

    async def only_known(transport: str, namespace: str | None, number: int | None, data: list[Any]) -> None:
        if isinstance(data[0], str) and data[0] in FROM_BROWSERS:
            await handle(transport, namespace, number, data)
        else:
            log.warning("socket event dropped", reason="not one of a browser's")

    sio._handle_event = only_known
