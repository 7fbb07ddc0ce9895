"""Which tests run in one process, and in which order they are dealt out to the processes of ``pytest -n``.

xdist's own groups are not used: it writes them where this pytest does not look for a test's name, so that every group
was torn apart without a word, and each process started all servers.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Folders whose tests share servers of their own: one process runs all of a folder, so that they start once. In all
# others a file's tests stay together.
_SHARING = (
    "concurrency",
    "integration/api",
    "integration/demo",
    "integration/web",
    "integration/workers",
    "live",
)
# What takes minutes begins first, and what takes no time comes last: else one process works alone in the end.
_FIRST = ("live", "integration/test_up.py", "e2e/test_pages.py", "integration/loadtest", "e2e")
_LAST = ("unit",)


def group_of(nodeid: str) -> str:
    """The folder or file that stays together; ``nodeid`` as pytest names tests, from the project's folder."""
    file = _file(nodeid)
    return next((folder for folder in _SHARING if _is_in(file, folder)), file)


def turn_of(nodeid: str) -> int:
    """When it is dealt out: the lowest first."""
    file = _file(nodeid)
    for turn, place in enumerate(_FIRST):
        if _is_in(file, place):
            return turn
    return len(_FIRST) + any(_is_in(file, place) for place in _LAST)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")


def _is_in(file: str, place: str) -> bool:
    return file == place or file.startswith(f"{place}/")


class _InGroups(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Deal out whole groups, in the order of the collection."""
    config.option.loadscopereorder = False
    return _InGroups(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long at the front; a group stays in one piece."""
    groups: dict[str, int] = {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), len(groups))
    items.sort(key=lambda item: (turn_of(item.nodeid), groups[group_of(item.nodeid)]))
