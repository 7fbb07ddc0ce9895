"""What the handlers of the notifications let somebody do: with their own and no others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.events import Event
from guitara_app.kit.time import now
from guitara_app.notifications.models import Notification
from guitara_app.pages.inbox import InboxState
from guitara_app.pages.notifications.state import NotificationsState
from guitara_app.pages.profile.state import ProfileState
from tests.state.conftest import OpenBrowser

PAGE = NotificationsState.get_full_name()
INBOX = InboxState.get_full_name()
PROFILE = ProfileState.get_full_name()


def rows(statement: str, **values: Any) -> list[Any]:
    with reading() as session:
        return list(session.execute(text(statement), values))


def tell(role: Role, *, urgent: bool = False, about: str = "visits") -> int:
    """Something somebody of that role was told."""
    [person] = rows("SELECT id FROM people WHERE username = :name", name=str(role))
    with transaction() as session:
        event = Event(kind="booked", happened_at=now(), published_at=now(), topics=[])
        session.add(event)
        session.flush()
        notice = Notification(
            event_id=event.id,
            person_id=person.id,
            about=about,
            urgent=urgent,
            title="It's for you",
            link="/board",
            told_at=now(),
        )
        session.add(notice)
        session.flush()
        return notice.id


def unread(role: Role) -> int:
    found = rows(
        "SELECT 1 FROM notifications n JOIN people p ON p.id = n.person_id"
        " WHERE p.username = :name AND read_at IS NULL",
        name=str(role),
    )
    return len(found)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_their_own_and_reads_them(browser: OpenBrowser, role: Role) -> None:
    mine = tell(role, urgent=True)
    others = [tell(other) for other in Role if other != role]
    tab = browser(role, "/notifications")
    assert [row["id"] for row in tab.call(f"{PAGE}.load").values["rows"]] == [mine]
    for number in (mine, *others):
        assert tab.call(f"{INBOX}.read", {"number": number}).events == []
    assert unread(role) == 0
    assert sum(unread(other) for other in Role) == len(others)


def test_nobody_who_is_not_signed_in_reads_or_marks_anything(browser: OpenBrowser) -> None:
    number = tell(Role.THERAPIST)
    nobody = browser(None, "/notifications")
    for name, payload in (
        ("load", {}),
        ("refresh", {}),
        ("older", {}),
        ("read_all", {}),
        ("only_unread", {"on": True}),
    ):
        told = nobody.call(f"{PAGE}.{name}", payload)
        assert told.leads_to("/login")
        assert "rows" not in told.values
    assert nobody.call(f"{INBOX}.read", {"number": number}).leads_to("/login")
    assert unread(Role.THERAPIST) == 1


def test_the_filters_are_kept_on_the_server(browser: OpenBrowser) -> None:
    loud = tell(Role.OPERATOR, urgent=True, about="trips")
    quiet = tell(Role.OPERATOR)
    tab = browser(Role.OPERATOR, "/notifications")

    def ids(name: str, **payload: Any) -> list[int]:
        return [row["id"] for row in tab.call(f"{PAGE}.{name}", payload).values["rows"]]

    assert ids("load") == [quiet, loud]
    assert ids("only_urgent", on=True) == [loud]
    assert ids("only_about", about="visits") == [quiet]
    assert ids("only_about", about="") == [quiet, loud]
    tab.call(f"{INBOX}.read", {"number": loud})
    assert ids("only_unread", on=True) == [quiet]


@pytest.mark.parametrize("about", ["anything", "visits' OR true", 7, None])
def test_what_is_no_filter_is_not_read(browser: OpenBrowser, about: Any) -> None:
    told = browser(Role.OPERATOR, "/notifications").call(f"{PAGE}.only_about", {"about": about})
    assert told.says("could not be read")


def test_the_choice_of_mail_is_ones_own(browser: OpenBrowser) -> None:
    tab = browser(Role.DRIVER, "/profile")
    tab.call(f"{PROFILE}.choose_mail", {"choice": "all"})
    assert tab.call(f"{PROFILE}.choose_mail", {"choice": "daily"}).says("could not be read")
    [choice] = rows("SELECT p.username, c.choice FROM mail_choices c JOIN people p ON p.id = c.person_id")
    assert tuple(choice) == ("driver", "all")
