"""Handing letters to a mail server. Neither addresses nor words of letters are logged."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from guitara_app.notifications.services.mailing import Letter
from guitara_app.settings import Settings

_TIMEOUT_S = 10.0


class Refused(Exception):
    """The server will never take this letter."""


class Postbox:
    """An open connection to the mail server."""

    def __init__(self, server: smtplib.SMTP, settings: Settings) -> None:
        self._server = server
        self._settings = settings

    def send(self, letter: Letter) -> None:
        """Hand one letter in.

        Raises:
            Refused: there is no use in trying again.
            OSError, smtplib.SMTPException: it may go later.
        """
        message = write(letter, self._settings)
        try:
            self._server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= 500 for code, _ in error.recipients.values()):
                raise Refused from error
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise Refused from error
            raise


@contextmanager
def postbox(settings: Settings) -> Iterator[Postbox]:
    """A connection to the server of ``GUITARA_SMTP_URL``, encrypted whenever the server can.

    Raises:
        OSError, smtplib.SMTPException: it does not answer, or not as it should.
    """
    address = urlsplit(settings.smtp_url.get_secret_value())
    host = address.hostname or "localhost"
    trust = ssl.create_default_context()
    if address.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, address.port or 465, timeout=_TIMEOUT_S, context=trust)
    else:
        server = smtplib.SMTP(host, address.port or 25, timeout=_TIMEOUT_S)
    with server:
        server.ehlo()
        secure = address.scheme == "smtps"
        if not secure and server.has_extn("starttls"):
            server.starttls(context=trust)
            server.ehlo()
            secure = True
        if address.username:
            if not (secure or _is_this_machine(host)):
                raise smtplib.SMTPNotSupportedError("The mail server offers no encryption, so no password is sent.")
            server.login(unquote(address.username), unquote(address.password or ""))
        yield Postbox(server, settings)


def write(letter: Letter, settings: Settings) -> EmailMessage:
    """The letter as a message: a subject, one line, and where to look."""
    name, sender = parseaddr(settings.mail_from)
    message = EmailMessage()
    message["From"] = formataddr((name or "Guitara", sender))
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.title
    # The same for every try, so that a reader who gets it twice can see that it is one.
    message["Message-ID"] = f"<notification-{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.urgent:
        message["Importance"] = "high"
    origin = next(iter(sorted(settings.allowed_origins)), "")
    where = f"{origin}{letter.link}" if origin else "Open Guitara to see it."
    message.set_content("\n\n".join(part for part in (letter.title, letter.body, where) if part) + "\n")
    return message


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
