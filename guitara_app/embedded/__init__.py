"""PostgreSQL and Valkey from wheels, for one machine and for tests: private data, random passwords, loopback only."""

from guitara_app.embedded.postgres import DatabaseUrls, Postgres
from guitara_app.embedded.valkey import Valkey

__all__ = ["DatabaseUrls", "Postgres", "Valkey"]
