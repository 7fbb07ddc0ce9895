"""The large firm's own servers: what is made for minutes is kept, and whoever works with it works on a copy."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from guitara_app.cli.installation import data_dir, held
from guitara_app.embedded import Postgres
from guitara_app.embedded.place import private_folder
from guitara_app.embedded.postgres import DATABASE
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from guitara_app.demo.sizes import Size


@contextmanager
def large_folder() -> Iterator[Path]:
    """Where its servers keep their data, for one command at a time.

    Raises:
        NotPossible: another command works there.
    """
    with held("large.lock") as free:
        if not free:
            raise NotPossible("Another command works with the large firm just now. Wait until it has ended.")
        yield private_folder(data_dir() / "large")


def make_large(postgres: Postgres, size: Size, *, now: datetime, say: Callable[[str], None], anew: bool) -> None:
    """Give the server's database the large firm, as a copy of the one that is kept; that is made when it is missing,
    or was made for another schema or in another way.

    ``anew``: also when the database holds such a copy, which somebody has worked with.
    """
    from guitara_app.demo.large import build, is_built

    kept = f"guitara_{size.name}"
    if not is_built(postgres.urls(kept).app, size, now=now):
        say(f"Making the large firm once; it is kept in {postgres.folder}")
        postgres.drop_database(kept)
        urls = postgres.create_database(kept)
        upgrade(urls.owner)
        build(urls.owner, size, now=now, say=say)
        anew = True
    if anew or not is_built(postgres.app_url, size, now=now):
        say("A copy to work with")
        postgres.drop_database(DATABASE)
        postgres.create_database(DATABASE, template=kept, big=True)
