"""What the embedded servers do to folders, files and ports."""

from __future__ import annotations

import errno
import os
import pwd
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from guitara_app.embedded import place
from guitara_app.embedded.place import home_of, private_folder, said_plainly
from guitara_app.embedded.server import free_port, port_is_free, write_private
from guitara_app.kit.errors import Unavailable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_and_what_had_to_be_made_above_it_are_private(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)

    folder = private_folder(open_to_all / "made" / "too")

    assert (mode(open_to_all), mode(open_to_all / "made"), mode(folder)) == (0o755, 0o700, 0o700)


def test_a_folder_that_is_there_becomes_private(tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)

    assert mode(private_folder(loose)) == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_private_file_is_never_readable_by_others(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "secret"
    file.write_text("before")
    file.chmod(0o644)
    before = os.umask(umask)
    try:
        write_private(file, "kept")
    finally:
        os.umask(before)

    assert (file.read_text(), mode(file), [*tmp_path.iterdir()]) == ("kept", 0o600, [file])


def test_an_ordinary_person_keeps_everything_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert home_of(tmp_path) == (tmp_path, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root may give a folder to somebody else.")
def test_root_goes_on_with_what_an_ordinary_person_started(tmp_path: Path) -> None:
    data = private_folder(tmp_path / "data")
    os.chown(data, 4711, 4712)
    assert home_of(tmp_path) == (tmp_path, place.Account(4711, 4712))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full. Free some space"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "is full. Free some space"),
        (OSError(errno.EROFS, "Read-only file system"), "is on a read-only disk. Choose another"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/there"),
            "/there belongs to another account. Run this as",
        ),
    ],
)
def test_what_the_system_says_about_files_becomes_a_sentence(error: OSError, sentence: str) -> None:
    with pytest.raises(Unavailable, match=sentence), said_plainly(Path("/here")):
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(IsADirectoryError), said_plainly(Path("/here")):
        raise IsADirectoryError(errno.EISDIR, "Is a directory")


def test_a_port_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert port_is_free(port)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert not port_is_free(port)
        assert not port_is_free(port, "0.0.0.0")


def test_the_account_is_made_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As useradd does it: two at once both succeed, and the account of the first is gone afterwards."""
    made: list[int] = []
    together = threading.Barrier(2)

    def getpwnam(_name: str) -> pwd.struct_passwd:
        if not made:
            raise KeyError
        return pwd.struct_passwd(("guitara", "x", made[-1], made[-1], "", "/", "/"))

    def useradd(*_arguments: object, **_options: object) -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=0.2)  # whoever else is at it gets as far as here
        made.append(900 + len(made))

    monkeypatch.setattr(place, "ROOTS_PLACE", tmp_path)
    monkeypatch.setattr(place.pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(place.subprocess, "run", useradd)

    with ThreadPoolExecutor(2) as starts:
        accounts = [start.result() for start in [starts.submit(place._unprivileged) for _ in range(2)]]

    assert accounts == [place.Account(900, 900)] * 2
