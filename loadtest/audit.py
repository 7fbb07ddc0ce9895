"""Asked of the database afterwards: when each change was committed, whether it is there once, and what contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text

from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action, Target, target_of
from guitara_app.cli.audits import run_audits
from guitara_app.kit.database import reading
from loadtest.people import Change

TWICE = frozenset({"therapists twice", "drivers twice", "one thing at a time", "same person twice"})

_MOMENT = "extract(epoch FROM {})::float8"
_COMMITS = (
    f"SELECT key, result_id, {_MOMENT.format('pg_xact_commit_timestamp(xmin)')} AS at"
    " FROM idempotency_keys WHERE key = ANY(:keys)"
)
_BEGINNINGS = f"SELECT key, result_id, {_MOMENT.format('made_at')} AS at FROM idempotency_keys WHERE key = ANY(:keys)"
_DESK_EVENTS = (
    f"SELECT appointment_id AS visit, {_MOMENT.format('recorded_at')} AS at FROM events"
    " WHERE recorded_at >= to_timestamp(:since) AND 'desk' = ANY(topics) ORDER BY recorded_at"
)
_HAPPENED = (
    "SELECT kind, appointment_id, assignment_id, leg_id, count(*) AS many FROM events"
    " WHERE recorded_at >= to_timestamp(:since) GROUP BY 1, 2, 3, 4"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the database says of a load test.

    ``commits`` has for each key the moment of its commit and the row it made; ``exact`` says that it is that moment,
    not the beginning of the transaction. ``desk`` are the moments at which something changed on every board, with the
    visit.
    """

    commits: dict[str, tuple[float, int]]
    exact: bool
    desk: list[tuple[float, int]]
    lost: list[str]
    repeated: list[str]
    twice: list[str]
    others: list[str] = field(default_factory=list)


def ask_database(changes: Sequence[Change], unsure: Sequence[str], *, since: float, everything: bool) -> Told:
    """Look up every change, and whether anybody is booked twice; ``everything``: all other rules as well."""
    keys = [change.key for change in changes]
    with reading() as session:
        exact = session.execute(text("SHOW track_commit_timestamp")).scalar_one() == "on"
        rows = session.execute(text(_COMMITS if exact else _BEGINNINGS), {"keys": keys}).all()
        desk = [(row.at, row.visit or 0) for row in session.execute(text(_DESK_EVENTS), {"since": since})]
        happened = list(session.execute(text(_HAPPENED), {"since": since}))
        findings = run_audits(session) if everything else run_audits(session, only=TWICE)
    commits = {row.key: (row.at, row.result_id or 0) for row in rows}
    lost = [f"{change.action} {change.target}" for change in changes if not change.words and change.key not in commits]
    lost += [f"{change.action} {change.target} was refused and is there" for change in _half_done(changes, commits)]
    return Told(
        commits,
        exact,
        desk,
        lost,
        _repeated(changes, commits, happened, maybe=bool(unsure)),
        [f"{one.subject}: {one.detail}" for one in findings if one.audit in TWICE],
        [f"{one.audit}, {one.subject}: {one.detail}" for one in findings if one.audit not in TWICE],
    )


def _half_done(changes: Iterable[Change], commits: dict[str, tuple[float, int]]) -> list[Change]:
    return [change for change in changes if change.words and change.words != "again" and change.key in commits]


def _repeated(
    changes: Iterable[Change], commits: dict[str, tuple[float, int]], happened: Iterable[Row[Any]], *, maybe: bool
) -> list[str]:
    """What happened more often than somebody was told that it did; nothing can be said where an answer is missing."""
    if maybe:
        return []
    asked: Counter[tuple[str, int]] = Counter()
    for change in changes:
        if change.key not in commits:
            continue
        target = commits[change.key][1] if change.action == "book" else change.target
        asked[_kind(change.action), target] += 1
    there: Counter[tuple[str, int]] = Counter()
    columns = {Target.VISIT: "appointment_id", Target.PLACE: "assignment_id", Target.TRIP: "leg_id"}
    of_kind = {HAPPENING[action].kind: columns[target_of(action)] for action in Action}
    for row in happened:
        column = "appointment_id" if row.kind == "booked" else of_kind.get(row.kind)
        if column is not None and (number := getattr(row, column)) is not None:
            there[row.kind, number] += row.many
    return [
        f"{kind} of {target}: {there[kind, target]} times"
        for (kind, target), many in asked.items()
        if there[kind, target] > many
    ]


def _kind(action: str) -> str:
    return "booked" if action == "book" else HAPPENING[Action(action)].kind
