"""Every setting a machine can have, read from the environment (prefix ``GUITARA_``) or a ``.env`` file.

Settings of the firm (hours, due times, policies) are rows an admin can change; they live in ``guitara_app.firm``.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from secrets import compare_digest
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent

_REFLEX_STATE_DB = 0
_CELERY_DB = 1
_LIVE_DB = 2


class Settings(BaseSettings):
    """Addresses, secrets and sizes of one installation."""

    model_config = SettingsConfigDict(env_prefix="GUITARA_", env_file=PROJECT / ".env", extra="ignore")

    environment: Literal["demo", "production"] = Field(
        default="demo", description="production refuses to start without servers, secret and origins of its own."
    )
    data_dir: Path = Field(
        default=PROJECT / ".guitara", description="Private folder: receipts, what is counted, servers started by up."
    )
    database_url: str = Field(default="", description="What web, worker and beat connect with.")
    owner_database_url: str = Field(default="", description="Owner of the schema, for migrations; else database_url.")
    redis_url: str = Field(
        default="", description="Redis or Valkey; its databases 0 to 2 are used. Who can write there can run code here."
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Seals what passes through browsers; at least 32 characters, the same for all processes.",
    )
    origins: str = Field(default="", description="Comma separated origins browsers may come from, besides loopback.")
    trusted_proxies: str = Field(
        default="127.0.0.0/8,::1",
        description="Comma separated addresses or networks of the TLS proxies in front; only theirs is believed what"
        " X-Forwarded-For and X-Forwarded-Proto say.",
    )
    lan: bool = Field(default=False, description="Allow plain http from other machines of a trusted network.")
    web_pool_size: int = Field(default=10, ge=1, description="Connections to the database, of one web process.")
    worker_pool_size: int = Field(default=2, ge=1, description="The same, of one of a worker's processes.")
    plan_once: bool = Field(
        default=True,
        description="Keep the plans of large statements with each connection. Off where a pooler in front of PostgreSQL"
        " hands out its connections transaction by transaction.",
    )
    pool_timeout_s: float = Field(
        default=3.0, gt=0, description="How long somebody waits for a connection while all are busy, before being told."
    )
    slow_ms: int = Field(default=500, ge=1, description="An event or request that takes longer is logged and counted.")
    slow_task_ms: int = Field(default=5000, ge=1, description="The same for a task of the workers.")
    repeated_queries: int = Field(
        default=10, ge=1, description="Who sends one statement more often than this in one go is logged and counted."
    )
    queue_limit: int = Field(default=500, ge=1, description="More waiting tasks in one queue are more than too many.")
    stream_lag_limit_ms: int = Field(
        default=5000, ge=1, description="Health fails when changes reach the web processes later than this."
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Lets Prometheus read /metrics from another machine; at least 32 characters, nobody without.",
    )
    worker_metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Where a worker without a web process beside it shows /metrics, for the token alone; 0: nowhere.",
    )
    api_requests_per_minute: int = Field(default=1200, ge=1, description="Of one person, in one web process.")
    setup_code: SecretStr = Field(
        default=SecretStr(""),
        description="Lets a browser on another machine found the firm; up makes one and prints it.",
    )
    simulator: bool = Field(default=False, description="Let the demo's staff act by themselves; up sets it.")
    merge_window_ms: int = Field(default=100, ge=0, le=1000, description="How long a burst of changes is merged.")
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Where e-mail is handed in: smtp://user:password@host:587 or smtps://…; nothing is sent without.",
    )
    mail_from: str = Field(default="", description="The sender of e-mail, such as 'Guitara <desk@example.org>'.")
    backup_dir: str = Field(
        default="", description="Where a backup is put each day, for the workers; nothing is backed up without."
    )
    backup_keep: int = Field(default=14, ge=1, description="How many of these backups are kept.")
    backup_password: SecretStr = Field(default=SecretStr(""), description="Encrypts every backup; keep it elsewhere.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    sample_seconds: float = Field(default=5, ge=0, le=60, description="How often the system is measured; 0: never.")
    alert_quiet_minutes: float = Field(default=15, ge=0, description="An alert that comes back within tells nobody.")
    # Where each alert to the admins begins; 0 leaves it out.
    alert_handler_ms: float = Field(default=1000, ge=0, description="95th percentile of handlers, for a minute.")
    alert_route_ms: float = Field(default=2000, ge=0, description="95th percentile of requests, for a minute.")
    alert_push_ms: float = Field(default=500, ge=0, description="95th percentile from commit to push, for a minute.")
    alert_lag_ms: float = Field(default=2000, ge=0, description="95th percentile from commit to a web process.")
    alert_queued: float = Field(default=200, ge=0, description="Tasks that wait in one queue.")
    alert_error_percent: float = Field(default=2, ge=0, le=100, description="Of all that was asked in a minute.")
    alert_cache_percent: float = Field(default=80, ge=0, le=100, description="Boards at hand, of five minutes.")
    alert_memory_mb: float = Field(default=2000, ge=0, description="Of the whole system on the machine of the web.")
    alert_connections: float = Field(default=50, ge=0, description="To the database, of the whole system.")
    alert_slow_per_minute: float = Field(default=20, ge=0, description="Steps that take too long.")
    alert_repeated_per_minute: float = Field(default=20, ge=0, description="Steps that repeat one query.")
    alert_beat_seconds: float = Field(default=30, ge=0, description="Since beat's last sign of life.")

    @model_validator(mode="after")
    def _production_needs_secrets(self) -> Self:
        if self.environment == "production":
            missing = [
                f"GUITARA_{name.upper()}"
                for name in ("database_url", "redis_url", "origins")
                if not getattr(self, name)
            ]
            if len(self.secret.get_secret_value()) < 32:
                missing.append("GUITARA_SECRET (32 characters or more)")
            if missing:
                raise ValueError(f"In production set: {', '.join(missing)}.")
        return self

    @model_validator(mode="after")
    def _metrics_token_is_long(self) -> Self:
        if 0 < len(self.metrics_token.get_secret_value()) < 32:
            raise ValueError("GUITARA_METRICS_TOKEN needs 32 characters or more.")
        if self.worker_metrics_port and not self.metrics_token.get_secret_value():
            raise ValueError("With GUITARA_WORKER_METRICS_PORT set GUITARA_METRICS_TOKEN too.")
        return self

    @model_validator(mode="after")
    def _mail_needs_a_sender(self) -> Self:
        address = self.smtp_url.get_secret_value()
        if address and urlsplit(address).scheme not in ("smtp", "smtps"):
            raise ValueError("GUITARA_SMTP_URL begins with smtp:// or smtps://.")
        if address and "@" not in self.mail_from:
            raise ValueError("With GUITARA_SMTP_URL set GUITARA_MAIL_FROM to the sender's address.")
        return self

    @model_validator(mode="after")
    def _proxies_are_addresses(self) -> Self:
        try:
            _ = self.proxies
        except ValueError as error:
            raise ValueError(
                "GUITARA_TRUSTED_PROXIES takes addresses and networks, such as 127.0.0.1,10.0.7.0/24."
            ) from error
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The application's database address with the driver spelt out."""
        return with_driver(self.database_url)

    @property
    def sqlalchemy_owner_url(self) -> str:
        """The schema owner's database address with the driver spelt out."""
        return with_driver(self.owner_database_url or self.database_url)

    @property
    def state_redis_url(self) -> str:
        """Where Reflex keeps the pages' state."""
        return _with_redis_db(self.redis_url, _REFLEX_STATE_DB)

    @property
    def broker_redis_url(self) -> str:
        """Where Celery keeps its queues."""
        return _with_redis_db(self.redis_url, _CELERY_DB)

    @property
    def live_redis_url(self) -> str:
        """Where change messages, scope versions, heartbeats and rate limits live."""
        return _with_redis_db(self.redis_url, _LIVE_DB)

    def opens_metrics(self, authorization: str) -> bool:
        """Whether this ``Authorization`` header carries the token for the figures; never while none is set."""
        token = self.metrics_token.get_secret_value()
        return bool(token) and compare_digest(authorization.encode(), f"Bearer {token}".encode())

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Origins besides the request's own loopback one."""
        return frozenset(origin.strip().rstrip("/") for origin in self.origins.split(",") if origin.strip())

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the proxies in front."""
        return tuple(ip_network(part.strip()) for part in self.trusted_proxies.split(",") if part.strip())

    def trusts(self, address: str) -> bool:
        """Whether a proxy at ``address`` is one of ours."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self.proxies)


def with_driver(url: str) -> str:
    """SQLAlchemy 2.1 reads a bare ``postgresql://`` as psycopg 3; this project runs on psycopg2."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in ("postgres", "postgresql") else url


def _with_redis_db(url: str, number: int) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{number}")) if parts.scheme in ("redis", "rediss") else url


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The one instance of this process."""
    return Settings()
