"""The file of a backup: a zip of tables and files, with a manifest that knows the checksum of each.

Encrypted, it is a zip with AES-256 (WinZip's AE-2), so that other programs can open it too.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import pyzipper
from pydantic import BaseModel, ValidationError

from guitara_app.kit.errors import Invalid, NotPossible, Unavailable

FORMAT = 1
MANIFEST = "manifest.json"
_PIECE = 1 << 20


class TableFacts(BaseModel):
    """A table as it was copied."""

    columns: list[str]
    rows: int


class Manifest(BaseModel):
    """What a backup holds. ``checksums``: SHA-256 of each entry; ``sequences``: the last number given, if any was."""

    format: int = FORMAT
    version: str
    revision: str
    made_at: str
    tables: dict[str, TableFacts]
    sequences: dict[str, int | None]
    checksums: dict[str, str]


class Hashed:
    """A file that is written or read, and its SHA-256 so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        """For ``COPY TO``."""
        self._sum.update(piece)
        return self._file.write(piece)

    def read(self, size: int = -1) -> bytes:
        """For ``COPY FROM``."""
        piece = self._file.read(size)
        self._sum.update(piece)
        return piece

    @property
    def checksum(self) -> str:
        """Of all that went through."""
        return self._sum.hexdigest()


class Writer:
    """Writes a backup beside ``path``, and puts it there when it is whole."""

    def __init__(self, path: Path, password: str) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.part")
        self.checksums: dict[str, str] = {}
        self._zip = _opened(self._part, "w", password)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._zip.close()
        if kind is not None:
            self._part.unlink(missing_ok=True)

    @contextmanager
    def entry(self, name: str) -> Iterator[Hashed]:
        """Something to write; its checksum is kept."""
        with self._zip.open(name, "w", force_zip64=True) as file:
            hashed = Hashed(file)
            yield hashed
        self.checksums[name] = hashed.checksum

    def finish(self, manifest: Manifest) -> int:
        """Write the manifest last and let the file be seen; its bytes."""
        self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        self._zip.close()
        with self._part.open("rb+") as file:
            os.fsync(file.fileno())
        self._part.replace(self._path)
        return self._path.stat().st_size


class Reader:
    """A backup that was found to be whole.

    Raises:
        NotPossible: it is none, is damaged, or was made by a later version.
        Invalid: the password is missing or not the right one; ``field`` is password.
    """

    def __init__(self, path: Path, password: str) -> None:
        if not path.is_file():
            raise NotPossible(f"There is no file {path}.")
        try:
            self._zip = _opened(path, "r", password)
            self.manifest = Manifest.model_validate(json.loads(self._read(MANIFEST)))
        except (zipfile.BadZipFile, pyzipper.BadZipFile, KeyError, ValidationError, ValueError) as error:
            raise NotPossible(f"{path} is no backup of Guitara, or it is damaged.") from error
        if self.manifest.format > FORMAT:
            raise NotPossible("This backup was made by a later version of Guitara. Update first.")
        self._verify(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @contextmanager
    def entry(self, name: str) -> Iterator[IO[bytes]]:
        """Something to read."""
        with self._zip.open(name) as file:
            yield file

    def _read(self, name: str) -> bytes:
        try:
            content: bytes = self._zip.read(name)
        except RuntimeError as error:
            raise Invalid("This backup is encrypted. Give its password, the right one.", field="password") from error
        return content

    def _verify(self, path: Path) -> None:
        """Before anything is touched: every entry is there, and is what was written."""
        for name, known in self.manifest.checksums.items():
            try:
                with self._zip.open(name) as file:
                    hashed = Hashed(file)
                    while hashed.read(_PIECE):
                        pass
            except (zipfile.BadZipFile, pyzipper.BadZipFile, KeyError, OSError, ValueError) as error:
                raise NotPossible(f"{path} is damaged: {name} cannot be read. Use another backup.") from error
            if hashed.checksum != known:
                raise NotPossible(f"{path} is damaged: {name} is not what was written. Use another backup.")


def _opened(path: Path, mode: str, password: str) -> Any:
    try:
        made = pyzipper.AESZipFile(
            path,
            mode,
            compression=pyzipper.ZIP_DEFLATED,
            allowZip64=True,
            **({"encryption": pyzipper.WZ_AES} if password and mode == "w" else {}),
        )
    except OSError as error:
        raise Unavailable(f"{path} cannot be opened: {error.strerror}.") from error
    if mode == "w":
        path.chmod(0o600)
    if password:
        made.setpassword(password.encode())
    return made
