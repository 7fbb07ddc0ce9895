"""Where no web process stands beside it, a worker (or beat) tells Prometheus itself what was counted there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from celery.signals import beat_init, worker_ready
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from guitara_app.kit.counting import registry
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_REFUSED = b"The figures are at /metrics, for whoever sends the token that GUITARA_METRICS_TOKEN names.\n"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without asking a name server for this machine's name, which may take its time."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 10.0

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: every line would hold the asker's address."""


@worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
@beat_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def tell(**_kwargs: Any) -> None:
    """Listen on ``GUITARA_WORKER_METRICS_PORT``, when there is one, as long as this process lives."""
    port = settings().worker_metrics_port
    if not port:
        return
    try:
        server = make_server("", port, answer, _Server, _Quiet)
    except OSError as error:
        # Worker and beat of one machine share their settings; the first that came tells of both.
        log.warning("figures are told by another process here", port=port, error=type(error).__name__)
        return
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def answer(asked: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
    """``/metrics`` for whoever has the token; from elsewhere, so being on this machine is no way around it."""
    if asked.get("PATH_INFO") != "/metrics" or not settings().opens_metrics(asked.get("HTTP_AUTHORIZATION", "")):
        begin("401 Unauthorized", [("content-type", "text/plain"), ("www-authenticate", "Bearer")])
        return [_REFUSED]
    begin("200 OK", [("content-type", CONTENT_TYPE_LATEST), ("cache-control", "no-store")])
    return [generate_latest(registry())]
