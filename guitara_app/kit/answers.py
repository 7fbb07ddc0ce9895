"""Answers given to programs, kept for a while: a request sent twice is carried out once and answered the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Session
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, reference, word, words
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.statements import text

KEPT_HOURS = 24


class KeptAnswer(Table, table=True):
    """What a request with this key was answered; the fingerprint tells whether it is the same request."""

    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("person_id", "key"), Index("ix_kept_answers_made_at", "made_at"))

    id: int = identity()
    person_id: int = reference("people.id")
    key: str = word()
    fingerprint: str = word()
    status: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    body: str = words()
    made_at: datetime = moment(recorded=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON text."""

    status: int
    body: str


class KeyReused(GuitaraError):
    """The key belongs to another request."""


def claim_answer(session: Session, person_id: int, key: str, fingerprint: str) -> Answer | None:
    """Claim ``key`` for this request, or give the answer the first request with it got.

    The second of two simultaneous requests waits here for the first to end. None means: go ahead, then ``keep_answer``.
    A request that is refused is rolled back with its claim, so it may be sent again.

    Raises:
        KeyReused: the first request with this key was another one.
    """
    claimed = session.execute(
        text(
            "INSERT INTO kept_answers (person_id, key, fingerprint) VALUES (:person, :key, :fingerprint)"
            " ON CONFLICT (person_id, key) DO NOTHING RETURNING id"
        ),
        {"person": person_id, "key": key, "fingerprint": fingerprint},
    ).scalar()
    if claimed is not None:
        return None
    row = session.execute(
        text("SELECT fingerprint, status, body FROM kept_answers WHERE person_id = :person AND key = :key"),
        {"person": person_id, "key": key},
    ).one()
    if row.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Make a new key for each new request.")
    return Answer(row.status, row.body)


def keep_answer(session: Session, person_id: int, key: str, answer: Answer) -> None:
    """Remember what the request with ``key`` was answered."""
    session.execute(
        text("UPDATE kept_answers SET status = :status, body = :body WHERE person_id = :person AND key = :key"),
        {"status": answer.status, "body": answer.body, "person": person_id, "key": key},
    )


def purge_answers(session: Session, *, now: datetime) -> int:
    """Forget answers nobody will ask for again; returns how many."""
    gone = session.execute(
        text("DELETE FROM kept_answers WHERE made_at < :now - make_interval(hours => :hours) RETURNING id"),
        {"now": now, "hours": KEPT_HOURS},
    )
    return len(gone.all())
