"""``./guitara publish``: the built pages where a server in front reads them, with the headers that belong to them."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guitara_app.api.headers import headers_of_pages
from guitara_app.cli.build import BUILT, MARKER, ensure_built
from guitara_app.cli.console import step, tell
from guitara_app.kit.time import now

if TYPE_CHECKING:
    from collections.abc import Iterable

INCLUDED = "nginx.conf"
_RELEASE = re.compile(r"[0-9a-f]{12}")
_ASSETS_STAY = timedelta(days=14)


def publish(
    folder: Annotated[Path, typer.Argument(help="Where nginx reads from, such as /srv/guitara.")] = Path(
        "/srv/guitara"
    ),
) -> None:
    """Build the pages and lay them out for nginx; it shows them once it is reloaded."""
    with step("Pages built"):
        ensure_built()
    release = lay_out(BUILT, MARKER.read_bytes(), folder.absolute())
    tell(f"The pages are in {release}. Now let nginx read its configuration again: nginx -s reload")


def lay_out(built: Path, made_from: bytes, folder: Path) -> Path:
    """Copy the build in ``built`` into a folder of its own below ``folder``, and point nginx's file at it.

    Nothing that nginx serves now is touched: it goes on with the folder it knows until it is reloaded. A page that is
    open from an earlier build still finds that build's files for two weeks.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)  # nginx is somebody else
    release = folder / hashlib.sha256(made_from).hexdigest()[:12]
    before = sorted(_releases(folder), key=lambda known: known.stat().st_mtime)
    if release not in before:
        with tempfile.TemporaryDirectory(prefix=".laying-out-", dir=folder) as scratch:
            copy = Path(scratch) / "pages"
            shutil.copytree(built, copy)
            for earlier in before:
                _keep_assets(earlier / "assets", copy / "assets")
            _let_all_read(copy)
            copy.rename(release)
    release.touch()
    _write(folder / INCLUDED, nginx_of(release))
    for old in [known for known in before if known != release][:-1]:
        shutil.rmtree(old)
    return release


def nginx_of(release: Path) -> str:
    """What nginx includes where it serves the pages; ``$guitara_socket`` is the page's own socket address."""
    lines = ["# Written by ./guitara publish for this build. nginx has to be reloaded after each.", f"root {release};"]
    for name, value in headers_of_pages(release).items():
        more = "$guitara_socket" if name == "content-security-policy" else ""
        lines.append(f'add_header {name} "{value}{more}" always;')
    return "\n".join(lines) + "\n"


def _releases(folder: Path) -> Iterable[Path]:
    return (known for known in folder.iterdir() if _RELEASE.fullmatch(known.name) and known.is_dir())


def _keep_assets(earlier: Path, assets: Path) -> None:
    oldest = (now() - _ASSETS_STAY).timestamp()
    for file in earlier.iterdir():
        if file.is_file() and not (assets / file.name).exists() and file.stat().st_mtime > oldest:
            shutil.copy2(file, assets / file.name)


def _let_all_read(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, "utf-8")
    new.chmod(0o644)
    new.replace(file)
