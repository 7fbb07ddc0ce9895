"""Figures of several processes in one place: each writes into a folder, whoever reads it reads the sum of them all.

The folder belongs to the processes of one machine (of one container, where processes have numbers of their own).
``kit.metrics`` names what is counted; whether a process counts in the folder is decided before it first imports that
module, so the folder is named in the environment in which a process is started.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import psutil
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_LIVE = "gauge_live"
# Who died keeps what it had counted, else every sum would fall. One that dies again and again must not fill the disk.
_MOST_DEAD = 60


def counting_environment(folder: Path) -> dict[str, str]:
    """What lets the processes of one part count in ``folder``, which is made, private.

    It is emptied, unless a part that was started before still counts there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    files = set(folder.glob("*.db"))
    dead = _of_the_dead(files)
    _remove(files if dead == files else {file for file in dead if file.name.startswith(_LIVE)})
    return {FOLDER: str(folder)}


def registry() -> CollectorRegistry:
    """What all processes have counted; what this one has, when it was started without a folder.

    What is true only of the living, such as open connections, is no longer told of the dead.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return REGISTRY
    forget_dead(Path(folder))
    found = CollectorRegistry()
    found.register(_Summed(Path(folder)))
    return found


class _Summed(Collector):
    """The sums over all files.

    Prometheus' own collector takes 150 ms to read what five processes have counted in an evening, most of that on
    lines that are the same in all of them, and stumbles over a file that was made this moment. Of gauges this knows the
    one mode that is used here, the sum.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for kind in ("counter", "gauge", "histogram"):
            bounds: dict[tuple[str, tuple[str, ...]], list[tuple[float, Sample]]] = {}
            for key, value in self._sums(kind).items():
                metric, about, name, labels, bound = _read_key(key)
                family = families.get(metric)
                if family is None:
                    family = families[metric] = Metric(metric, about, kind)
                sample = Sample(name, labels, value)
                if bound is None:
                    family.samples.append(sample)
                else:
                    series = metric, tuple(text for label, text in labels.items() if label != "le")
                    bounds.setdefault(series, []).append((bound, sample))
            for (metric, _), found in bounds.items():
                families[metric].samples.extend(_cumulated(found))
        return families.values()

    def _sums(self, kind: str) -> dict[str, float]:
        sums: defaultdict[str, float] = defaultdict(float)
        for file in self._folder.glob(f"{kind}_*.db"):
            with suppress(FileNotFoundError):
                if file.stat().st_size:
                    for key, value, _, _ in MmapedDict.read_all_values_from_file(file):  # type: ignore[no-untyped-call]
                        sums[key] += value
        return sums


@lru_cache(maxsize=50_000)
def _read_key(key: str) -> tuple[str, str, str, dict[str, str], float | None]:
    """The metric a line belongs to, what it is about, the line's own name and labels, and the bound of its bucket."""
    metric, name, labels, about = json.loads(key)
    return metric, about, name, labels, float(labels["le"]) if "le" in labels else None


def _cumulated(buckets: list[tuple[float, Sample]]) -> Iterator[Sample]:
    """Of one histogram: what each bound holds with all that lies below it, and how many there are."""
    total = 0.0
    for _, sample in sorted(buckets, key=itemgetter(0)):
        total += sample.value
        yield sample._replace(value=total)
    labels = {name: value for name, value in sample.labels.items() if name != "le"}
    yield Sample(f"{sample.name.removesuffix('_bucket')}_count", labels, total)


def forget_dead(folder: Path) -> None:
    """Drop what dead processes said of their present state, and the oldest of what too many of them have counted."""
    dead = _of_the_dead(folder.glob("*.db"))
    live = {file for file in dead if file.name.startswith(_LIVE)}
    _remove(live)
    if len(dead - live) > _MOST_DEAD:
        aged = sorted(((file.stat().st_mtime, file) for file in dead - live), key=itemgetter(0))
        _remove(file for _, file in aged[:-_MOST_DEAD])


def _of_the_dead(files: Iterable[Path]) -> set[Path]:
    return {file for file in files if not _has_writer(file)}


def _has_writer(file: Path) -> bool:
    """Whether the process that made ``file`` lives; another one may have got its number since."""
    number = file.stem.rpartition("_")[2]
    try:
        process = psutil.Process(int(number))
        # In many a container nobody takes away the dead.
        return process.create_time() <= file.stat().st_mtime and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, FileNotFoundError, ValueError):
        return False


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(FileNotFoundError):  # another reader was quicker
            file.unlink()
