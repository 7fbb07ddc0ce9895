"""What a worker does with a file: looks at every row, and takes all of it in or nothing.

Each step is one transaction, begun again from the rows when its worker was killed. How far it has come is written
beside it, so that whoever waits sees it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.rules import folded
from guitara_app.exchange.cells import Known, Read, read_row
from guitara_app.exchange.files import read_table
from guitara_app.exchange.models import Fate, Import, ImportFile, State, Subject
from guitara_app.exchange.queries import holder
from guitara_app.exchange.rules import FIELDS, MOST_ROWS, require_exchange
from guitara_app.exchange.services import of_clients, of_services, of_staff
from guitara_app.exchange.services.asking import drop_content, import_topic
from guitara_app.exchange.services.judging import judge, judge_again, keep_judged, stage
from guitara_app.kit.database import hold_alone, run
from guitara_app.kit.doors import Door, door_of, through
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed
from guitara_app.kit.events import record
from guitara_app.kit.outbox import Change, announce
from guitara_app.kit.statements import text

log = structlog.get_logger(__name__)

_TRIES = 5
_EVERY_S = 0.7
_ROWS_BETWEEN = 500
_TAKE_IN: dict[Subject, tuple[str, Callable[..., tuple[set[str], bool]]]] = {
    Subject.CLIENTS: (of_clients.LOCK, of_clients.take_in),
    Subject.SERVICES: (of_services.LOCK, of_services.take_in),
    Subject.STAFF: (of_staff.LOCK, of_staff.take_in),
}
_BROKEN = "Something went wrong here; nothing was taken in. Try again (error {number})."
_GIVEN_UP = "This could not be finished several times over; nothing was taken in. Try again with fewer rows."


class Moved(Exception):
    """What would become of some rows is another by now; ``many`` is how many are known."""

    def __init__(self, many: int) -> None:
        super().__init__(many)
        self.many = many


def carry_out(import_id: int, *, now: datetime) -> None:
    """Go on with an import that waits for a worker, unless another one is at it. Blocking; opens its own transactions.

    What was changed is told as changed by whoever sent the file.
    """
    with through(Door.PAGE):
        try:
            run(lambda session: _begun(session, import_id))
            run(lambda session: _carried_out(session, import_id, now))
        except Moved as moved:
            # What is shown must be what is true: the rows are looked at again.
            many = moved.many
            run(lambda session: _look_again(session, import_id, many))
        except GuitaraError as error:
            _stop(import_id, error.sentence, now)
        except Exception:
            number = secrets.token_hex(4)
            log.exception("import failed", import_id=import_id, error_id=number)
            _stop(import_id, _BROKEN.format(number=number), now)


def _begun(session: Session, import_id: int) -> None:
    """Count the try; one that kills its worker each time must not do so for ever."""
    if not hold_alone(session, _lock(import_id)):
        return
    tries = session.execute(
        text(
            "UPDATE imports SET tries = tries + 1 WHERE id = :id AND state IN ('checking', 'importing') RETURNING tries"
        ),
        {"id": import_id},
    ).scalar()
    if tries is not None and tries > _TRIES:
        raise Invalid(_GIVEN_UP)


def _carried_out(session: Session, import_id: int, now: datetime) -> None:
    if not hold_alone(session, _lock(import_id)):
        return
    # The row itself is not locked: how far it has come is written to it from beside.
    found = session.get(Import, import_id)
    if found is None or found.state not in (State.CHECKING, State.IMPORTING):
        return
    session.execute(text("SET LOCAL statement_timeout = '300s'"))
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    actor = holder(session, found.made_by_id)
    if actor is None:
        raise NotAllowed("The account that sent this file is disabled.")
    require_exchange(actor, Subject(found.subject))
    if found.state == State.CHECKING:
        _look(session, found, actor, now)
    else:
        _take_in(session, found, actor, now)


def _look(session: Session, found: Import, actor: Actor, now: datetime) -> None:
    """The dry run."""
    subject, progress = Subject(found.subject), _Progress(found)
    content = session.get_one(ImportFile, found.id).content
    most = MOST_ROWS[subject]
    rows = list(islice(read_table(content).rows, most + 1))
    if len(rows) > most:
        raise Invalid(f"This file has more than {most:,} rows, which is as many as fit. Split it into several.")
    session.execute(text("DELETE FROM import_rows WHERE import_id = :id"), {"id": found.id})
    progress.begin("Reading the rows", len(rows))
    stage(session, _read(rows, subject, found, _known(session), progress))
    progress.begin("Comparing with what is there", len(rows), done=len(rows))
    counts = judge(session, subject, actor_id=actor.person_id or 0)
    keep_judged(session, found.id)
    _end(session, found, State.CHECKED, counts, total=len(rows))
    record(
        session, "import_checked", by=actor, now=now, topics=[import_topic(found.made_by_id)],
        data={"import": found.id, "subject": subject, **counts},
    )  # fmt: skip


def _read(
    rows: list[tuple[int, list[str]]], subject: Subject, found: Import, known: Known, progress: _Progress
) -> Iterator[tuple[int, list[str], Read]]:
    width = len(found.columns)
    places = {field.key: found.mapping[field.key] for field in FIELDS[subject] if field.key in found.mapping}
    for at, (number, cells) in enumerate(rows, 1):
        read = read_row(
            subject, {field: cells[place] if place < len(cells) else "" for field, place in places.items()}, known
        )
        if len(cells) > width:
            read.problems.append(
                {"field": "", "why": "More cells than columns. A cell with commas needs quotation marks."}
            )
        yield number, cells, read
        if at % _ROWS_BETWEEN == 0:
            progress.reached(at)


def _take_in(session: Session, found: Import, actor: Actor, now: datetime) -> None:
    subject, progress = Subject(found.subject), _Progress(found)
    lock, take_in = _TAKE_IN[subject]
    many = int(found.counts.get(Fate.NEW, 0)) + int(found.counts.get(Fate.CHANGED, 0))
    progress.begin("Comparing with what is there", many)
    session.execute(text(lock), {"import": found.id})
    if others := judge_again(session, subject, found.id, actor_id=actor.person_id or 0):
        raise Moved(others)
    progress.begin("Writing", many)
    values = {"import": found.id, "now": now, "actor": actor.person_id, "door": door_of(by_somebody=True)}
    try:
        topics, free = take_in(session, values, progress.reached)
    except IntegrityError as error:
        # Somebody was given one of these phones, e-mails or names since.
        raise Moved(0) from error
    if not free:
        raise Moved(0)
    counts = dict(found.counts)
    _end(session, found, State.DONE, counts, total=found.total, now=now)
    record(
        session, f"{subject}_imported", by=actor, now=now, topics=[*topics, import_topic(found.made_by_id)],
        data={"import": found.id, **counts}, after={"file": found.file_name},
    )  # fmt: skip
    drop_content(session, found.id, but_refused=True)


def _end(
    session: Session, found: Import, state: State, counts: dict[str, Any], *, total: int, now: datetime | None = None
) -> None:
    # As a statement: what this session knows of the row is older than what was written from beside.
    session.execute(
        text(
            "UPDATE imports SET state = :state, counts = CAST(:counts AS jsonb), total = :total, done = :total,"
            " step = '', tries = 0, ended_at = :now WHERE id = :id"
        ),
        {"state": state, "counts": json.dumps(counts), "total": total, "now": now, "id": found.id},
    )


def _look_again(session: Session, import_id: int, many: int) -> None:
    found = session.get_one(Import, import_id, with_for_update=True)
    rows = f"{many:,} rows" if many > 1 else "a row"
    found.state, found.done, found.tries = State.CHECKING, 0, 0
    found.problem = (
        f"While you looked, colleagues changed what {rows} would come to. Nothing was taken in; here is how it stands"
        " now."
    )
    session.flush()


def _stop(import_id: int, sentence: str, now: datetime) -> None:
    """Let whoever sent the file go on from where they were, with the reason."""

    def stop(session: Session) -> None:
        found = session.get_one(Import, import_id, with_for_update=True)
        if found.state not in (State.CHECKING, State.IMPORTING):
            return
        found.state = State.MAPPING if found.state == State.CHECKING else State.CHECKED
        found.problem, found.step, found.done, found.tries = sentence, "", 0, 0
        by = holder(session, found.made_by_id) or Actor(found.made_by_id, Role.ADMIN, "")
        record(
            session, "import_stopped", by=by, now=now, topics=[import_topic(found.made_by_id)],
            data={"import": found.id, "subject": found.subject}, reason=sentence,
        )  # fmt: skip

    run(stop)


def _known(session: Session) -> Known:
    therapists: dict[str, int | None] = {}
    rows = session.execute(text("SELECT id, name, username FROM people WHERE role = :role"), {"role": Role.THERAPIST})
    people = rows.all()
    for row in people:
        name = folded(row.name)
        therapists[name] = None if name in therapists else row.id
    # A user name has one holder, so it wins over a name.
    therapists |= {folded(row.username): row.id for row in people}
    towns = session.execute(text("SELECT name, id FROM localities")).all()
    return Known(therapists, {folded(" ".join(row.name.split())): row.id for row in towns})


def _lock(import_id: int) -> str:
    return f"import {import_id}"


class _Progress:
    """How far a step has come: written from beside its transaction, and told to the page of whoever waits."""

    def __init__(self, found: Import) -> None:
        self._id, self._person = found.id, found.made_by_id
        self._told = 0.0

    def begin(self, step: str, total: int, *, done: int = 0) -> None:
        self._write("step = :step, total = :total, done = :done", step=step, total=total, done=done)

    def reached(self, done: int) -> None:
        if monotonic() - self._told >= _EVERY_S:
            self._write("done = :done", done=done)

    def _write(self, what: str, **values: object) -> None:
        self._told = monotonic()
        statement = text(f"UPDATE imports SET {what} WHERE id = :id")  # noqa: S608  only our own words
        run(lambda session: session.execute(statement, {**values, "id": self._id}))
        try:
            announce([Change(0, "import_progress", (import_topic(self._person),))])
        except RedisError as error:
            log.info("progress not told", error=type(error).__name__)
