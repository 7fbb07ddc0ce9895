"""What runs without anybody asking. Each task finds its work in rows, so running it twice does nothing twice."""

from __future__ import annotations

import structlog
from celery import shared_task
from sqlalchemy.orm import Session

from guitara_app import tables  # noqa: F401  rows point at tables that no task itself imports
from guitara_app.accounts import services as accounts
from guitara_app.appointments import services as appointments
from guitara_app.appointments.queries.series import due_series
from guitara_app.availability.queries import people_with_hours
from guitara_app.availability.services import extend
from guitara_app.backup import back_up_daily
from guitara_app.exchange import services as exchange
from guitara_app.exchange.queries import waiting_imports
from guitara_app.kit import answers, database, outbox
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.statements import text
from guitara_app.kit.time import now
from guitara_app.privacy.retention import Applied, apply_retention

log = structlog.get_logger(__name__)

_BATCH = 500
_KEYS_KEPT_DAYS = 2
_LONGEST_BACKUP_S = 3600
_LONGEST_IMPORT_S = 1800


@shared_task(name="maintenance.publish_leftovers")  # type: ignore[untyped-decorator]  # Celery has no types
def publish_leftovers() -> None:
    """Tell browsers of changes whose process was killed, or found Redis silent, between commit and publish."""
    while sent := outbox.sweep(database.engine(), limit=_BATCH):
        log.info("left-over events published", count=sent)
        if sent < _BATCH:
            break


@shared_task(name="maintenance.grow_overdue")  # type: ignore[untyped-decorator]  # Celery has no types
def grow_overdue() -> None:
    """Let jobs that are over their time take up the present, and open clashes where they meet the next."""
    grown = database.run(lambda session: appointments.grow_overdue(session, now=now()))
    if grown:
        log.info("overdue jobs grew", count=grown)


@shared_task(name="maintenance.open_day")  # type: ignore[untyped-decorator]  # Celery has no types
def open_day() -> None:
    """Pack the materials of visits whose business day has opened, and what could not be packed before."""
    packed = database.run(lambda session: appointments.open_day(session, now=now()))
    if packed:
        log.info("materials packed", visits=packed)


@shared_task(name="maintenance.back_up", soft_time_limit=_LONGEST_BACKUP_S, time_limit=_LONGEST_BACKUP_S + 30)  # type: ignore[untyped-decorator]  # Celery has no types
def back_up() -> None:
    """Make today's backup, where one is wanted; another worker that is at it is left to it."""
    try:
        made = back_up_daily(now=now())
    except NotPossible as refusal:
        log.warning("not backed up", why=refusal.sentence)
        return
    if made is not None:
        log.info("backed up", megabytes=round(made.size / 1e6, 1), rows=made.rows, files=made.files)


@shared_task(name="maintenance.carry_out_imports", soft_time_limit=_LONGEST_IMPORT_S, time_limit=_LONGEST_IMPORT_S + 30)  # type: ignore[untyped-decorator]  # Celery has no types
def carry_out_imports() -> None:
    """Look at the rows of files that wait, or take them in; what another worker is at is left to it."""
    for number in database.run(waiting_imports):
        exchange.carry_out(number, now=now())


@shared_task(name="maintenance.extend_shifts")  # type: ignore[untyped-decorator]  # Celery has no types
def extend_shifts() -> None:
    """Plan the evenings that have come within the booking horizon, each person in a transaction of their own."""
    at = now()
    days = sum(
        database.run(lambda session, person=person: extend(session, person, now=at))  # type: ignore[misc]  # bound now
        for person in database.run(people_with_hours)
    )
    if days:
        log.info("shifts planned ahead", days=days)


@shared_task(name="maintenance.book_ahead")  # type: ignore[untyped-decorator]  # Celery has no types
def book_ahead() -> None:
    """Book the visits of series that have come within reach, each series in a transaction of its own."""
    database.run(lambda session: appointments.close_past_gaps(session, now=now()))
    tried: set[int] = set()
    while fresh := [one for one in database.run(_series_due) if one not in tried]:
        for number in fresh:
            tried.add(number)
            try:
                booked = database.run(lambda session, number=number: _book_ahead(session, number))  # type: ignore[misc]
            except Exception:
                log.exception("left for the next look", series=number)
            else:
                log.info("series booked ahead", series=number, visits=booked)


def _series_due(session: Session) -> list[int]:
    return due_series(session, now=now(), limit=_BATCH)


def _book_ahead(session: Session, series_id: int) -> int:
    return appointments.book_ahead(session, series_id, now=now())


@shared_task(name="maintenance.purge")  # type: ignore[untyped-decorator]  # Celery has no types
def purge() -> None:
    """Forget sessions and links that are over, requests nobody will repeat with their answers, files nobody
    took in.
    """
    sessions = database.run(lambda session: accounts.purge_sessions(session, now=now()))
    links = database.run(lambda session: accounts.purge_links(session, now=now()))
    keys = database.run(_purge_keys)
    kept = database.run(lambda session: answers.purge_answers(session, now=now()))
    files = database.run(lambda session: exchange.forget_old(session, now=now()))
    log.info("purged", sessions=sessions, links=links, keys=keys, answers=kept, files=files)


@shared_task(name="maintenance.retain")  # type: ignore[untyped-decorator]  # Celery has no types
def retain() -> None:
    """Forget what the firm has set to be forgotten, once in a business day, a batch in a transaction of its own."""
    while (applied := database.run(_retain)) is not None:
        log.info("forgotten as set", **applied)


def _retain(session: Session) -> Applied | None:
    return apply_retention(session, now=now())


def _purge_keys(session: Session) -> int:
    gone = session.execute(
        text("DELETE FROM idempotency_keys WHERE made_at < now() - make_interval(days => :days) RETURNING id"),
        {"days": _KEYS_KEPT_DAYS},
    )
    return len(gone.all())
