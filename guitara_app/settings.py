"""Every setting a machine can have, read from the environment (prefix ``GUITARA_``) or a ``.env`` file.

Settings of the firm (hours, due times, policies) are rows an admin can change; they live in ``guitara_app.firm``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
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

    environment: Literal["demo", "production"] = "demo"
    data_dir: Path = PROJECT / ".guitara"
    database_url: str = Field(default="", description="What web, worker and beat connect with.")
    owner_database_url: str = Field(default="", description="Owner of the schema, for migrations; else database_url.")
    redis_url: str = ""
    secret: SecretStr = Field(default=SecretStr(""), description="Signs the console's forms; at least 32 characters.")
    origins: str = Field(default="", description="Comma separated origins browsers may come from, besides loopback.")
    lan: bool = Field(default=False, description="Allow plain http from other machines of a trusted network.")
    web_pool_size: int = Field(default=10, ge=1)
    worker_pool_size: int = Field(default=2, ge=1)
    api_requests_per_minute: int = Field(default=1200, ge=1, description="Of one person, in one web process.")
    merge_window_ms: int = Field(default=100, ge=0, le=1000, description="How long a burst of changes is merged.")
    log_level: str = "INFO"

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

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Origins besides the request's own loopback one."""
        return frozenset(origin.strip().rstrip("/") for origin in self.origins.split(",") if origin.strip())


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
