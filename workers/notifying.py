"""Telling people what happened, and sending it to whoever wants letters; from rows alone."""

from __future__ import annotations

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused

import structlog
from celery import shared_task

from guitara_app import tables  # noqa: F401  rows point at tables that no task itself imports
from guitara_app.kit import database
from guitara_app.kit.time import now
from guitara_app.notifications import services
from guitara_app.notifications.mail import Postbox, Refused, postbox
from guitara_app.notifications.services import Letter, Telling
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_EVENTS_AT_ONCE = 500
_LETTERS_AT_ONCE = 5


@shared_task(name="notify.deliver")  # type: ignore[untyped-decorator]  # Celery has no types
def deliver() -> None:
    """Tell everybody of everything that nobody has been told of yet."""
    mail, letters = bool(settings().smtp_url.get_secret_value()), False
    while True:
        told: Telling = database.run(
            lambda session: services.tell(session, now=now(), limit=_EVENTS_AT_ONCE, mail=mail)
        )
        letters |= told.letters
        if told.events < _EVENTS_AT_ONCE:
            break
    if letters:
        send_letters.apply_async(queue="notify", retry=False)


@shared_task(name="notify.send_letters")  # type: ignore[untyped-decorator]  # Celery has no types
def send_letters() -> None:
    """Send what is due by e-mail; when the server is away, each letter is tried again later and later."""
    if not settings().smtp_url.get_secret_value():
        return
    while letters := database.run(lambda session: services.take_letters(session, now=now(), limit=_LETTERS_AT_ONCE)):
        try:
            with postbox(settings()) as server:
                for letter in letters:
                    _send(server, letter)
        except (OSError, SMTPException) as error:
            log.warning("letters kept for later", count=len(letters), error=type(error).__name__)
            return


def _send(server: Postbox, letter: Letter) -> None:
    try:
        server.send(letter)
    except Refused:
        log.warning("letter refused for good", notification=letter.id)
        database.run(lambda session: services.letter_refused(session, letter.id))
        return
    except (SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused) as error:
        # Not this one, not now; it is due again later.
        log.info("letter kept for later", notification=letter.id, error=type(error).__name__)
        return
    database.run(lambda session: services.letter_sent(session, letter.id, now=now()))
