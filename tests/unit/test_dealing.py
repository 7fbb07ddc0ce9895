"""Tests that share servers stay in one process, and what takes long begins first."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.dealing import group_of, turn_of

_TESTS = """
import pytest

@pytest.mark.parametrize("number", range(20))
def test_it(number): pass
"""


def test_a_sharing_folder_is_one_group_and_every_other_file_too() -> None:
    assert (
        group_of("tests/live/test_rooms.py::test_a[x/y::z]") == group_of("tests/live/test_views.py::test_b") == "live"
    )
    assert group_of("tests/integration/api/v1/test_actions.py::test_a") == "integration/api"
    assert group_of("tests/e2e/test_pages.py::test_a") == "e2e/test_pages.py"
    assert group_of("tests/unit/test_time.py::test_a") == "unit/test_time.py"


def test_what_takes_long_begins_first() -> None:
    names = ("unit/test_time.py", "state/test_visit.py", "e2e/test_desk.py", "integration/test_up.py", "live/test_a.py")
    assert sorted(names, key=lambda name: turn_of(f"tests/{name}::test_a")) == list(reversed(names))


def test_two_processes_share_no_group(tmp_path: Path) -> None:
    """With the very pytest and xdist that are installed: their own groups have stopped working without a word."""
    (tmp_path / "conftest.py").write_text("from tests.dealing import *")
    for folder in ("live", "e2e"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        for file in ("test_one.py", "test_two.py"):
            (tmp_path / "tests" / folder / file).write_text(_TESTS)
    deal = [*(sys.executable, "-m", "pytest", "-v", "-n", "2", "--import-mode", "importlib"), "-p", "no:cacheprovider"]

    environment = {"PYTHONPATH": str(Path.cwd())}
    ran = subprocess.run(deal, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    processes = defaultdict(set)
    for process, name in re.findall(r"\[(gw\d)\].* PASSED (\S+)", ran.stdout):
        processes[group_of(name)].add(process)
    assert {group: len(found) for group, found in processes.items()} == {
        **{"live": 1, "e2e/test_one.py": 1, "e2e/test_two.py": 1},
    }, ran.stdout + ran.stderr
