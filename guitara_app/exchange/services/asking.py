"""What people do with a file: send it, say what its columns are, look at the dry run, take it in or put it away.

Checking and taking in are asked for here, and carried out by a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.rules import plain
from guitara_app.exchange.files import SAMPLE, read_table
from guitara_app.exchange.models import Fate, Import, ImportFile, State, Subject
from guitara_app.exchange.rules import LARGEST_FILE, checked_mapping, field_titles, guessed, require_exchange
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

KEPT_FOR = timedelta(days=1)
"""How long a file that nobody took in is kept; what was taken in keeps only its refused rows, for as long."""

_RUNNING = (State.CHECKING, State.IMPORTING)
_WAIT = "This file is being worked on just now. Wait until that is done."


def take_file(session: Session, actor: Actor, subject: Subject, *, name: str, content: bytes, now: datetime) -> int:
    """Keep a file to be taken in, and guess what its columns are; returns the number of the import.

    A file of the same person that was not taken in is put away.

    Raises:
        NotAllowed: the actor may not take in such files.
        Invalid: it is empty, too large, or no table.
        NotPossible: another file of theirs is being worked on.
    """
    require_exchange(actor, subject)
    if not content:
        raise Invalid("Choose a file. This one is empty.", field="file")
    if len(content) > LARGEST_FILE:
        raise Invalid(f"A file has at most {LARGEST_FILE // 2**20} MB. Split it into several.", field="file")
    table = read_table(content)
    sample = [cells for _, cells in islice(table.rows, SAMPLE)]
    if not sample:
        raise Invalid("There is nothing below the names of the columns in this file.", field="file")
    for earlier in session.scalars(
        select(Import)
        .where(col(Import.made_by_id) == actor.person_id, col(Import.put_away_at).is_(None))
        .with_for_update()
    ):
        if earlier.state in _RUNNING:
            raise NotPossible(_WAIT)
        _put_away(session, earlier, now)
    kept = Import(
        subject=subject,
        state=State.MAPPING,
        file_name=plain(name)[-120:] or "file",
        made_by_id=actor.person_id or 0,
        made_at=now,
        columns=table.columns,
        sample=[[cell[:200] for cell in cells] for cells in sample],
        said=table.said,
        mapping=guessed(subject, table.columns),
    )
    session.add(kept)
    session.flush()
    session.add(ImportFile(import_id=kept.id, content=content))
    _record(session, actor, kept, "import_uploaded", now=now, data={"bytes": len(content)})
    return kept.id


def choose_columns(session: Session, actor: Actor, import_id: int, mapping: Mapping[str, int]) -> None:
    """Remember which columns were chosen, also across a reload; a place that is none chooses nothing.

    Raises:
        NotAllowed: the actor may not take in such files.
        NotFound: it is no file of theirs.
        NotPossible: it is being worked on, or was taken in.
    """
    found = _own(session, actor, import_id)
    if found.state != State.MAPPING:
        raise NotPossible(_WAIT if found.state in _RUNNING else "Go back to the columns first.")
    known = field_titles(Subject(found.subject))
    found.mapping = {
        field: place for field, place in mapping.items() if field in known and 0 <= place < len(found.columns)
    }


def check_rows(session: Session, actor: Actor, import_id: int, mapping: Mapping[str, int], *, now: datetime) -> None:
    """Say what the columns are, and let every row be looked at.

    Raises:
        NotAllowed: the actor may not take in such files.
        NotFound: it is no file of theirs.
        NotPossible: it is being worked on, or was taken in.
        Invalid: a row could not be recognised by these columns.
    """
    found = _own(session, actor, import_id)
    if found.state not in (State.MAPPING, State.CHECKED):
        raise NotPossible(_WAIT if found.state in _RUNNING else "This file has been taken in already.")
    found.mapping = dict(checked_mapping(Subject(found.subject), found.columns, mapping))
    found.state = State.CHECKING
    _begin(found)
    _record(session, actor, found, "import_asked", now=now, data={"step": "check"})


def back_to_columns(session: Session, actor: Actor, import_id: int, *, now: datetime) -> None:
    """Choose the columns anew.

    Raises:
        NotAllowed: the actor may not take in such files.
        NotFound: it is no file of theirs.
        NotPossible: it is being worked on, or was taken in.
    """
    found = _own(session, actor, import_id)
    if found.state != State.CHECKED:
        raise NotPossible(_WAIT if found.state in _RUNNING else "The columns can be chosen already.")
    found.state, found.problem = State.MAPPING, ""
    _drop_rows(session, found.id)
    _record(session, actor, found, "import_asked", now=now, data={"step": "columns"})


def take_in(session: Session, actor: Actor, import_id: int, *, leave_out: bool, now: datetime) -> None:
    """Let everything be taken in as the dry run said; with ``leave_out`` without the rows that were refused.

    Raises:
        NotAllowed: the actor may not take in such files.
        NotFound: it is no file of theirs.
        NotPossible: it was not looked at, there is nothing to take in, or rows were refused and are not left out.
    """
    found = _own(session, actor, import_id)
    if found.state in (State.IMPORTING, State.DONE):
        # The same tap sent twice.
        return
    if found.state != State.CHECKED:
        raise NotPossible("Let the rows be checked first.")
    if found.counts.get(Fate.REFUSED) and not leave_out:
        raise NotPossible("Some rows were refused. Correct them in the file, or choose to leave them out.")
    if not (found.counts.get(Fate.NEW) or found.counts.get(Fate.CHANGED)):
        raise NotPossible("There is nothing to take in: no row is new or changes anything.")
    found.state, found.leave_out = State.IMPORTING, leave_out
    _begin(found)
    _record(session, actor, found, "import_asked", now=now, data={"step": "take in"})


def put_away(session: Session, actor: Actor, import_id: int, *, now: datetime) -> None:
    """Be done with a file: what was not taken in is forgotten.

    Raises:
        NotAllowed: the actor may not take in such files.
        NotFound: it is no file of theirs.
        NotPossible: it is being worked on.
    """
    found = _own(session, actor, import_id)
    if found.state in _RUNNING:
        raise NotPossible(_WAIT)
    if found.put_away_at is None:
        _put_away(session, found, now)
        _record(session, actor, found, "import_put_away", now=now, data={})


def note_exported(session: Session, actor: Actor, subject: Subject, *, rows: int, form: str, now: datetime) -> None:
    """Write down that ``actor`` took everything of a subject away as a file.

    Raises:
        NotAllowed: the actor may not.
    """
    require_exchange(actor, subject)
    record(session, f"{subject}_exported", by=actor, now=now, topics=[], data={"rows": rows, "form": form})


def forget_old(session: Session, *, now: datetime) -> int:
    """Forget files that nobody took in, and refused rows nobody came back for; how many imports that were."""
    old = session.scalars(
        select(Import)
        .where(
            col(Import.made_at) < now - KEPT_FOR,
            col(Import.put_away_at).is_(None),
            col(Import.state).not_in(_RUNNING),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for found in old:
        _put_away(session, found, now)
    return len(old)


def drop_content(session: Session, import_id: int, *, but_refused: bool = False) -> None:
    """Forget what a file said; the rows that were refused may stay a while."""
    session.execute(text("DELETE FROM import_files WHERE import_id = :id"), {"id": import_id})
    _drop_rows(session, import_id, but_refused=but_refused)
    session.execute(text("UPDATE imports SET sample = '[]' WHERE id = :id"), {"id": import_id})


def import_topic(person_id: int) -> str:
    """The topic that tells of changes to somebody's import."""
    return f"import:{person_id}"


def _record(session: Session, actor: Actor, found: Import, kind: str, *, now: datetime, data: dict[str, Any]) -> None:
    session.flush()
    record(
        session, kind, by=actor, now=now, topics=[import_topic(found.made_by_id)],
        data={"import": found.id, "subject": found.subject, **data}, after={"file": found.file_name},
    )  # fmt: skip


def _own(session: Session, actor: Actor, import_id: int) -> Import:
    found = session.get(Import, import_id, with_for_update=True) if 0 < import_id < 2**63 else None
    if found is None or found.made_by_id != actor.person_id or found.put_away_at is not None:
        raise NotFound("This file is not there any more. Choose it again.")
    require_exchange(actor, Subject(found.subject))
    return found


def _begin(found: Import) -> None:
    found.done, found.tries, found.problem, found.step = 0, 0, "", "Waiting for a worker"


def _put_away(session: Session, found: Import, now: datetime) -> None:
    found.put_away_at = now
    session.flush()
    drop_content(session, found.id)


def _drop_rows(session: Session, import_id: int, *, but_refused: bool = False) -> None:
    session.execute(
        text("DELETE FROM import_rows WHERE import_id = :id AND NOT (:but_refused AND fate = 'refused')"),
        {"id": import_id, "but_refused": but_refused},
    )
