"""Letters, handed to a real mail server that keeps them: to whom, once, and again when it was away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from guitara_app import settings as settings_module
from guitara_app.embedded.server import free_port
from guitara_app.kit.time import now
from guitara_app.notifications.services import choose_mail, letter_sent, mark_read, take_letters
from guitara_app.notifications.words import Mail
from guitara_app.settings import Settings
from tests.integration.notifications.conftest import Office
from workers import notifying

LATER = timedelta(minutes=3)


class Capture:
    """Takes what it is handed, unless told to say something else."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, Message]] = []
        self.says: dict[str, str] = {}

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.says:
            return self.says[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        from email import message_from_bytes

        self.letters += [(to, message_from_bytes(envelope.content)) for to in envelope.rcpt_tos]
        return "250 OK"

    def to(self) -> list[str]:
        return sorted(to for to, _ in self.letters)


@contextmanager
def serving(capture: Capture, port: int) -> Iterator[None]:
    server = Controller(capture, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


@pytest.fixture
def post(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[Capture, int]]]:
    """Two therapists have an e-mail; the address of a server to be."""
    for number, person in enumerate(office.firm.therapists[:2]):
        office.write("UPDATE people SET email = :e WHERE id = :id", e=f"t{number}@example.org", id=person)
    port = free_port()
    monkeypatch.setenv("GUITARA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("GUITARA_MAIL_FROM", "Desk <desk@example.org>")
    monkeypatch.setenv("GUITARA_ORIGINS", "https://guitara.example")
    settings_module.settings.cache_clear()
    monkeypatch.setattr(notifying.send_letters, "apply_async", lambda **_: None)
    yield lambda: (Capture(), port)
    settings_module.settings.cache_clear()


def urgent_offer(office: Office, *therapists: int) -> None:
    """An offer that must be answered within the hour."""
    office.firm.book(*therapists, driver_needed=len(therapists) > 1)
    notifying.deliver()


@contextmanager
def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(notifying, "now", lambda: moment)
        yield


def test_an_urgent_one_is_sent_to_whoever_has_an_address_once(office: Office, post: Any) -> None:
    capture, port = post()
    urgent_offer(office, 0, 2)
    with serving(capture, port):
        for _ in range(2):
            notifying.send_letters()
    assert capture.to() == ["t0@example.org"]
    [(_, letter)] = capture.letters
    assert (letter["Subject"], letter["From"], letter["Importance"]) == (
        "A job for you",
        "Desk <desk@example.org>",
        "high",
    )
    body = letter.get_payload()
    assert "Shiatsu in Pasig, Mon 23 Nov 21:00" in body
    assert "https://guitara.example/tonight" in body
    assert "Souza" not in letter.as_string()
    assert len(office.rows("SELECT 1 FROM notifications WHERE mailed_at IS NOT NULL")) == 1


def test_everybody_gets_what_they_chose(office: Office, post: Any) -> None:
    capture, port = post()
    office.do(choose_mail, office.firm.therapist(0), Mail.NONE)
    office.do(choose_mail, office.firm.therapist(1), Mail.ALL)
    urgent_offer(office, 0, 1)
    office.write(
        "INSERT INTO events (kind, happened_at, person_id, topics) SELECT 'week_set', now(), id, '{}' FROM people"
    )
    notifying.deliver()
    with serving(capture, port):
        notifying.send_letters()
    assert capture.to() == ["t1@example.org", "t1@example.org"]


def test_while_the_server_is_away_nothing_is_lost_and_nobody_waits(
    office: Office, post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, port = post()
    urgent_offer(office, 0)
    notifying.send_letters()
    with serving(capture, port):
        notifying.send_letters()
        assert capture.letters == [], "it is due again only after a pause"
        with at(now() + LATER, monkeypatch):
            notifying.send_letters()
    assert capture.to() == ["t0@example.org"]


def test_the_pauses_grow(office: Office, post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    post()
    urgent_offer(office, 0)
    pauses, moment = [], now()
    for _ in range(6):
        with at(moment, monkeypatch):
            notifying.send_letters()
        [row] = office.rows("SELECT mail_due_at FROM notifications WHERE mail_due_at IS NOT NULL")
        pauses.append((row.mail_due_at - moment).total_seconds() // 60)
        moment = row.mail_due_at
    assert pauses == [2, 4, 8, 16, 30, 30]


def test_one_that_is_refused_for_good_is_given_up_and_holds_up_no_other(office: Office, post: Any) -> None:
    capture, port = post()
    capture.says["t0@example.org"] = "550 No such person"
    urgent_offer(office, 0, 1)
    with serving(capture, port):
        notifying.send_letters()
    assert capture.to() == ["t1@example.org"]
    assert office.rows("SELECT 1 FROM notifications WHERE mail_due_at IS NOT NULL") == []


def test_one_that_is_refused_for_now_is_tried_again(office: Office, post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    capture, port = post()
    capture.says["t0@example.org"] = "450 Later"
    urgent_offer(office, 0, 1)
    with serving(capture, port):
        notifying.send_letters()
        assert capture.to() == ["t1@example.org"]
        capture.says.clear()
        with at(now() + LATER, monkeypatch):
            notifying.send_letters()
    assert capture.to() == ["t0@example.org", "t1@example.org"]


def test_a_sender_killed_before_writing_it_down_sends_again_and_no_other_sender_meanwhile(
    office: Office, post: Any
) -> None:
    post()
    urgent_offer(office, 0)
    moment = now()
    [letter] = office.do(take_letters, now=moment, limit=5)
    assert office.do(take_letters, now=moment, limit=5) == [], "promised to the first"
    assert office.do(take_letters, now=moment + LATER, limit=5) == [letter]
    office.do(letter_sent, letter.id, now=moment)
    assert office.do(take_letters, now=moment + timedelta(days=1), limit=5) == []


def test_what_was_read_meanwhile_is_not_sent(office: Office, post: Any) -> None:
    capture, port = post()
    urgent_offer(office, 0)
    [row] = office.rows("SELECT id FROM notifications")
    office.do(mark_read, office.firm.therapist(), [row.id])
    with serving(capture, port):
        notifying.send_letters()
    assert capture.letters == []
    assert office.rows("SELECT 1 FROM notifications WHERE mail_due_at IS NOT NULL") == []


def test_no_password_leaves_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    from smtplib import SMTPNotSupportedError

    from guitara_app.notifications import mail

    capture, port = Capture(), free_port()
    monkeypatch.setattr(mail, "_is_this_machine", lambda host: False)
    chosen = Settings(smtp_url=f"smtp://ana:secret@127.0.0.1:{port}", mail_from="desk@example.org")
    with serving(capture, port), pytest.raises(SMTPNotSupportedError), mail.postbox(chosen):
        raise AssertionError("it let somebody in")


@pytest.mark.parametrize(
    "given", [{"smtp_url": "smtp://mail"}, {"smtp_url": "http://mail", "mail_from": "a@example.org"}]
)
def test_a_mail_server_needs_a_sender_and_an_address_of_its_kind(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="GUITARA_"):
        Settings(**given)


def test_no_address_is_logged(office: Office, post: Any, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    capture, port = post()
    capture.says["t0@example.org"] = "550 No such person: t0@example.org"
    caplog.set_level(logging.CRITICAL, logger="mail.log")  # the server's own
    caplog.set_level(logging.DEBUG)  # last, for it sets what is kept of all of them
    urgent_offer(office, 0)
    with serving(capture, port):
        notifying.send_letters()
    written = f"{[one.getMessage() for one in caplog.records]}{capfd.readouterr()}"
    assert "letter refused for good" in written
    assert "t0@example.org" not in written


def test_without_a_server_nothing_is_sent_later_either(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.write("UPDATE people SET email = 't0@example.org' WHERE id = :id", id=office.firm.therapists[0])
    urgent_offer(office, 0)
    notifying.send_letters()
    assert office.rows("SELECT 1 FROM notifications WHERE mail_due_at IS NOT NULL") == []
