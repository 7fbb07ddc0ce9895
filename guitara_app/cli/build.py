"""Builds the pages with Reflex, and only when something they are made of has changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from guitara_app.cli.windows import on_windows
from guitara_app.embedded import leash
from guitara_app.kit.errors import Unavailable
from guitara_app.settings import PROJECT, settings

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BUILT = PROJECT / ".web" / "build" / "client"
MARKER = PROJECT / ".web" / "built-from"
_LOCK = PROJECT / "reflex.lock"
_FILES = ("rxconfig.py", "requirements.txt")
_CODE = (".py", ".jsx", ".js", ".css", ".md")
_ENVIRONMENT = "assets/reflex-env-*.js"
_NOT_IN_PAGES = {"cli", "demo", "embedded"}
# NODE_ENV=production would leave out the tools that build.
_NOT_FOR_THE_BUILD = ("GUITARA_", "REFLEX_", "NODE_ENV")
_BAKED_ADDRESS = re.compile(r"(?P<quote>[\"'`])(?:http|(?P<socket>ws))s?://[^\"'`/]+(?P<path>/[^\"'`]*)?(?P=quote)")
_NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH")


def ensure_built() -> bool:
    """Build when needed and wait for it. Returns whether there was anything to do."""
    build = Build()
    build.start()
    return build.finish()


class Build:
    """A build that may go on while other things are done: ``start``, then ``finish`` or ``abandon``."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._sources = mark_of(sources())
        self._log = settings().data_dir / "logs" / "build.log"

    def needed(self) -> bool:
        """Whether what was built last was made from something else."""
        index = BUILT / "index.html"
        return not index.exists() or not MARKER.exists() or MARKER.read_text() != self._made_from()

    def start(self) -> None:
        """Start Reflex' export when needed; while somebody else builds here, wait for that first."""
        if not self.needed():
            return
        # Reflex builds in one folder, and two builds at once would mix their files.
        self._lock = (PROJECT / "rxconfig.py").open()
        if sys.platform != "win32":
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        if not self.needed():
            self._unlock()
            return
        self._sources = mark_of(sources())
        MARKER.unlink(missing_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        export = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                export if on_windows() else leash.command(export, signal_number=signal.SIGTERM),
                cwd=PROJECT,
                env=build_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def finish(self) -> bool:
        """Wait for the end. Returns whether there was anything to build; raises ``Unavailable`` when it failed."""
        if self._process is None:
            return False
        try:
            return self._finish(self._process.wait())
        finally:
            self._unlock()

    def _finish(self, failed: int) -> bool:
        if failed or not (BUILT / "index.html").exists():
            raise Unavailable(self._why())
        leave_out_the_address(BUILT)
        MARKER.write_text(self._made_from())
        return True

    def abandon(self) -> None:
        """Stop it, with all it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _made_from(self) -> str:
        # The sources as they were at the start, the lock as it is now: Reflex itself may have completed it.
        return f"{self._sources} {mark_of(file for file in _LOCK.rglob('*') if file.is_file())}"

    def _why(self) -> str:
        said = self._log.read_text(errors="replace")
        if "ENOSPC" in said or "No space left" in said:
            return f"The disk that holds {PROJECT} is full. Free 1.5 GB and start again."
        if any(sign in said for sign in _NO_NETWORK):
            return (
                "The packages of the pages could not be fetched: the npm registry does not answer. Check the network "
                f"and start again. Details: {self._log}"
            )
        last = "\n".join([line for line in said.splitlines() if line.strip()][-15:])
        return f"The pages could not be built. Reflex said:\n{last}\nAll of it: {self._log}"


def leave_out_the_address(built: Path) -> None:
    """Let the pages call back to wherever they came from, so that one build serves behind any name and port.

    Reflex bakes the address of the machine that builds into one chunk; in its place go expressions for the page's own.
    Raises ``Unavailable`` when no chunk holds one.
    """
    chunks = [(chunk, *_BAKED_ADDRESS.subn(_own, chunk.read_text("utf-8"))) for chunk in built.glob(_ENVIRONMENT)]
    if not any(found for _, _, found in chunks):
        raise Unavailable(f"No file {_ENVIRONMENT} of the build holds the server's address: Reflex keeps it elsewhere.")
    for chunk, text, _ in chunks:
        chunk.write_text(text, "utf-8")
        for suffix in (".br", ".gz"):
            chunk.with_name(chunk.name + suffix).unlink(missing_ok=True)


def _own(match: re.Match[str]) -> str:
    origin = '"ws"+location.origin.slice(4)' if match["socket"] else "location.origin"
    return f"({origin}+{json.dumps(match['path'] or '')})"


def mark_of(files: Iterable[Path]) -> str:
    """A mark over the names and contents of ``files``."""
    mark = hashlib.sha256()
    for file in sorted(files):
        mark.update(f"{file.relative_to(PROJECT)}\0".encode())
        mark.update(hashlib.sha256(file.read_bytes()).digest())
    return mark.hexdigest()


def sources() -> Iterator[Path]:
    """Everything the built pages are made of, besides the lock of their packages."""
    package = PROJECT / "guitara_app"
    for file in package.rglob("*"):
        if file.suffix in _CODE and file.relative_to(package).parts[0] not in _NOT_IN_PAGES:
            yield file
    # Reflex links the components' own files into assets/external while it builds; they were counted above.
    assets = PROJECT / "assets"
    yield from (f for f in assets.rglob("*") if f.is_file() and f.relative_to(assets).parts[0] != "external")
    yield from (PROJECT / name for name in _FILES)
    yield Path(__file__)


def build_environment() -> dict[str, str]:
    """Node and npm of the environment first, the machine's own registry, no telemetry, no address of any server."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_THE_BUILD)},
        "PATH": _path(),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "NPM_CONFIG_REGISTRY": npm_registry(),
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        "NO_COLOR": "1",
        "CI": "true",
        "GUITARA_DATA_DIR": str(settings().data_dir.absolute()),
    }


@lru_cache(maxsize=1)
def npm_registry() -> str:
    """The registry npm is set to on this machine. Without it Reflex would time two public ones and take the faster."""
    npm = shutil.which("npm", path=_path())
    if npm is None:
        raise Unavailable("npm is missing from the environment. Delete the folder .venv and start again.")
    asked = subprocess.run(
        [npm, "config", "get", "registry"],
        cwd=PROJECT,
        env={**os.environ, "PATH": _path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode or not asked.stdout.strip():
        raise Unavailable(f"npm does not run here. It said: {asked.stderr.strip()[-300:]}")
    return asked.stdout.strip().splitlines()[-1]


def _path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
