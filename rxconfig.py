"""What Reflex itself must know. Everything about this installation comes from ``guitara_app.settings``."""

import os

# Read by Reflex while it is imported. Node comes from a wheel, so npm it is; without this Reflex would fetch Bun.
os.environ.setdefault("REFLEX_USE_NPM", "1")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
# A phone that lost its signal is noticed within 25 seconds, not after two and a half minutes.
os.environ.setdefault("REFLEX_SOCKET_INTERVAL", "10")
os.environ.setdefault("REFLEX_SOCKET_TIMEOUT", "15")

import reflex as rx

from guitara_app.settings import settings

config = rx.Config(
    app_name="guitara_app",
    redis_url=settings().state_redis_url or None,
    redis_token_expiration=24 * 60 * 60,
    # Whatever takes long is told by kit.measuring, once and not each time.
    redis_lock_warning_threshold=8_000,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # Other origins by name only. A page's own origin is allowed on any host and port: see guitara_app.api.origin.
    cors_allowed_origins=sorted(settings().allowed_origins),
    # The first that a browser takes is sent: brotli is a tenth smaller.
    frontend_compression_formats=["brotli", "gzip"],
    frontend_packages=["@fontsource-variable/inter@5.2.8"],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
