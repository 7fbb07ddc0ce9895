"""Where page handlers and routes run the synchronous services, so that nothing blocks the event loop."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from guitara_app.settings import settings

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    # One thread per pooled connection: a thread that would only wait for a connection helps nobody.
    return ThreadPoolExecutor(max_workers=settings().web_pool_size, thread_name_prefix="service")


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` on the bounded pool and wait for it without holding up the loop."""
    context = contextvars.copy_context()
    work = partial(context.run, partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool(), work)
