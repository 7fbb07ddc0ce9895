"""``/metrics``: what all processes of this machine have counted, in the form Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from guitara_app.api.health import Health, Vitals
from guitara_app.api.onlookers import REFUSED, may_look
from guitara_app.kit import metrics
from guitara_app.kit.counting import registry
from guitara_app.kit.release import release


class Metrics:
    """The counts, and what is not counted but looked at: how each part is, and what waits for it."""

    def __init__(self, health: Health) -> None:
        self._health = health

    async def answer(self, request: Request) -> Response:
        """Everything, for whoever may see it."""
        if not may_look(request):
            headers = {"www-authenticate": "Bearer", "cache-control": "no-store"}
            return PlainTextResponse(REFUSED, 401, headers=headers)
        looked_at = CollectorRegistry()
        looked_at.register(_LookedAt(await self._health.vitals()))
        counted = await asyncio.to_thread(lambda: generate_latest(registry()))
        headers = {"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
        return Response(counted + generate_latest(looked_at), headers=headers)


class _LookedAt(Collector):
    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterable[Metric]:
        found = self._vitals
        ages = {name: age for name, age in found.workers.items() if age is not None}
        yield metrics.INFO.told({(release(),): 1.0})
        yield metrics.PART_UP.told({(name,): float(part.ok) for name, part in found.parts.items()})
        yield metrics.QUEUE_DEPTH.told({(name,): float(depth) for name, depth in found.queues.items()})
        yield metrics.WORKER_AGE.told({(name,): age for name, age in ages.items()})
        if found.beat_age_s is not None:
            yield metrics.BEAT_AGE.told({(): found.beat_age_s})
