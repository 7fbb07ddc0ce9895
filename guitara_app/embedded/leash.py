"""Runs a program that stops when the process which started it is gone, also when that one was killed without warning.

``python leash.py PARENT UID GID SIGNAL PROGRAM ARGUMENT...``: becomes ``UID`` and ``GID`` (unless negative), asks the
kernel for ``SIGNAL`` on the parent's death (Linux; elsewhere the next start clears up) and turns into ``PROGRAM``. Uses
the standard library only and is run by path, so that it starts in milliseconds, without importing the application.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop the rights, fasten the leash, become the program."""
    parent, uid, gid, signal_number = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid: the kernel forgets the request when the credentials change.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The process that started this is gone.")
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


def command(
    program: list[str], *, signal_number: int, account: tuple[int, int] | None = None, python: str = sys.executable
) -> list[str]:
    """The command line that runs ``program`` (its first item an absolute path) on a leash held by this process.

    The kernel watches the *thread* that starts it: call this where the thread lives as long as the process.
    """
    uid, gid = account or (-1, -1)
    here = str(Path(__file__).resolve())
    return [python, "-I", "-S", here, str(os.getpid()), str(uid), str(gid), str(signal_number), *program]


if __name__ == "__main__":
    main(sys.argv[1:])
