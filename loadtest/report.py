"""What a load test found, as rows beside what must be and what is aimed at."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from loadtest.audit import Told
from loadtest.effort import Effort
from loadtest.figures import Figure, Level, row
from loadtest.people import Change
from loadtest.pushes import Pushes
from loadtest.system import Taken

_OTHER = {"must": 1000, "aim": 300, "at": 99}
_LIMITS: dict[str, dict[str, Any]] = {
    "book": {"must": 150, "aim": 50},
    "search clients": {"must": 50, "aim": 10},
}
# From here on memory has had the time to show whether it stays; before, caches and pools are still filling.
_FLAT_AFTER_S = 300.0
_FLAT = 1.1
# What may be missing of the pace that is asked for.
_SLACK = 0.05
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the people saw: the processes' reports, and how many pages there were at the start and at the end."""

    reports: list[dict[str, Any]]
    settled: list[dict[str, Any]]
    changes: list[Change]
    unsure: list[str]
    opened: int
    held: int
    opening: float

    @property
    def seconds(self) -> dict[str, list[float]]:
        """How long each thing took, of everybody."""
        found: dict[str, list[float]] = defaultdict(list)
        for report in self.reports:
            for what, seconds in report["seconds"].items():
                found[what] += seconds
        return found

    @property
    def errors(self) -> list[str]:
        """What went wrong, of everybody."""
        return [error for report in self.reports for error in report["errors"]]


@dataclass(frozen=True, slots=True)
class Cache:
    """Views that were there, and views that were asked for: before everybody began to work, and afterwards."""

    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def meanwhile(self) -> tuple[int, int]:
        """Of those asked for while everybody worked: the first page of each view is always made."""
        return self.after[0] - self.before[0], self.after[1] - self.before[1]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say."""

    effort: Effort
    started: float
    lasted: float
    outcome: Outcome
    told: Told
    pushes: Pushes
    taken: list[Taken]
    cache: Cache
    server_errors: int | None

    @property
    def figures(self) -> list[Figure]:
        """All rows, what must never happen first."""
        return [*self.rights(), *self.waits(), *self.system()]

    @property
    def ok(self) -> bool:
        """Whether everything that must be reached is."""
        return all(figure.ok for figure in self.figures)

    def rights(self) -> list[Figure]:
        """What must be none at all."""
        told, outcome = self.told, self.outcome
        stale = sum(one["stale"] for one in outcome.settled)
        compared = sum(one["compared"] for one in outcome.settled)
        examples = [words for one in outcome.settled for words in one["examples"]]
        lost = [*told.lost, *self.pushes.missing]
        done = sum(not change.words for change in outcome.changes)
        errors = outcome.errors
        logged = self.server_errors or 0
        return [
            Level("double bookings", len(told.twice), must=0, aim=0, note=_some(told.twice)),
            Level(
                "lost updates",
                stale + len(lost),
                must=0,
                aim=0,
                note=_some([*examples, *lost]) or f"{done:,} changes, {compared:,} pages compared with fresh ones",
            ),
            Level("changes carried out", done, must=1, at_least=True),
            self._pace(),
            Level("changes carried out twice", len(told.repeated), must=0, aim=0, note=_some(told.repeated)),
            Level(
                "unexpected errors",
                len(errors) + logged,
                must=0,
                aim=0,
                note=_some([*errors, *([f"{logged} lines of the server's log"] if logged else [])]),
            ),
            Level("other rules of the data broken", len(told.others), must=0, aim=0, note=_some(told.others)),
        ]

    def _pace(self) -> Level:
        asked = self.effort.per_second
        begin, end = self.effort.burst(self.started)
        made = {change.key for change in self.outcome.changes if not change.words}
        many = sum(begin <= at < end for key, (at, _) in self.told.commits.items() if key in made)
        in_vain: Counter[str] = Counter()
        for report in self.outcome.reports:
            in_vain.update(report["in_vain"])
        return Level(
            "changes a second",
            round(many / (end - begin), 1),
            # When each begins is chance, which a short test has more of.
            must=round(asked * max(0.0, 1 - max(_SLACK, 3 / math.sqrt(asked * (end - begin)))), 1),
            aim=asked,
            at_least=True,
            note=f"in vain: {vain}" if (vain := ", ".join(f"{why} {n}" for why, n in in_vain.most_common())) else "",
        )

    def waits(self) -> list[Figure]:
        """What people waited for."""
        rows: list[Figure] = []
        pushed = self.pushes
        since = "from the commit" if self.told.exact else "from the beginning of the transaction"
        boards = f"{since}, to the last board"
        for name, seconds, limits, note in (
            ("push of a change alone", pushed.alone, {"must": 50, "aim": 25}, boards),
            ("push of a change in a burst", pushed.burst, {"must": 150, "aim": 125}, f"{boards}; merged for 100 ms"),
            ("push, each page of each change", pushed.each, {}, since),
            ("push of a booking to whoever goes", pushed.own, {"must": 150, "aim": 50}, since),
        ):
            if seconds:
                rows.append(row(name, seconds, note=note, **limits))
        refused: dict[str, int] = defaultdict(int)
        for report in self.outcome.reports:
            for what, many in report["refused"].items():
                refused[what] += many
        for what, seconds in sorted(self.outcome.seconds.items()):
            limits = _LIMITS.get(what, _OTHER)
            rows.append(row(what, seconds, note=f"{refused[what]} refused" if refused[what] else "", **limits))
        return rows

    def system(self) -> list[Figure]:
        """What the system took."""
        outcome, taken = self.outcome, self.taken
        hits, reads = self.cache.meanwhile
        requests = sum(one["requests"] for one in outcome.reports)
        connections = max((one.connections for one in taken), default=-1)
        return [
            Level(
                "open websockets",
                outcome.held,
                must=self.effort.users,
                at_least=True,
                note=f"{outcome.opened} opened in {outcome.opening:.1f} s",
            ),
            Level(
                "HTTP requests a minute",
                round(60 * requests / self.effort.asking_s),
                must=1_000,
                aim=10_000,
                at_least=True,
                note=f"{requests:,}, with everybody's pages open",
            ),
            *self._memory(),
            Level(
                "cache hits on dashboard views",
                round(100 * hits / reads, 1) if reads else None,
                "%",
                must=80 if reads else None,
                aim=95 if reads else None,
                at_least=True,
                note=f"{hits:,} of {reads:,}" if reads else "not counted here",
            ),
            Level("database connections", connections if connections >= 0 else None, must=50, aim=30),
        ]

    def _memory(self) -> list[Figure]:
        parts = [one for one in self.taken if one.memory]
        if not parts:
            return [Level("memory of the whole system", None, "MB", note="whose processes these are is not known here")]
        first, middle, last = parts[0], parts[len(parts) // 2], parts[-1]
        along = " → ".join(f"{one.megabytes:.0f}" for one in (first, middle, last))
        long = self.lasted >= _FLAT_AFTER_S
        lasted = max(0.001, last.at - first.at)
        rows: list[Figure] = [
            Level(
                "memory of the whole system",
                round(max(one.megabytes for one in parts)),
                "MB",
                must=2_000,
                aim=1_000,
                note=f"start → middle → end: {along}",
            ),
            Level(
                "memory at the end beside the middle",
                round(100 * last.megabytes / max(1.0, middle.megabytes)),
                "%",
                must=100 * _FLAT if long else None,
                note="" if long else "must be flat from five minutes on",
            ),
        ]
        for name in first.memory:
            memory = " → ".join(f"{one.memory[name]:.0f}" for one in (first, middle, last))
            busy = 100 * (last.cpu[name] - first.cpu[name]) / lasted
            rows.append(Level(f"  {name}", round(last.memory[name]), "MB", note=f"{memory}; {busy:.0f} % of a core"))
        return rows

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        value = {
            "users": self.effort.users,
            "seconds": round(self.lasted, 1),
            "changes": sum(not change.words for change in self.outcome.changes),
            "double_bookings": len(self.told.twice),
            "lost_updates": next(one.value for one in self.rights() if one.name == "lost updates"),  # type: ignore[union-attr]
            "ok": self.ok,
            "rows": [figure.as_json() for figure in self.figures],
        }
        return value


def _some(words: list[str]) -> str:
    more = len(words) - _EXAMPLES
    return "; ".join(words[:_EXAMPLES]) + (f"; and {more} more" if more > 0 else "")
