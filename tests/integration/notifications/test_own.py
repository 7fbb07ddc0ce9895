"""What somebody does with their own notifications, and how long those stay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.errors import Invalid, NotAllowed
from guitara_app.kit.events import Event
from guitara_app.notifications.models import Notification
from guitara_app.notifications.queries import Filters, inbox, mail_choice, notices
from guitara_app.notifications.services import choose_mail, mark_all_read, mark_read, purge_notifications
from guitara_app.notifications.views import Inbox, Notice
from guitara_app.notifications.words import Group, Mail
from tests.integration.notifications.conftest import Office
from tests.support.firm import NOW


def write(office: Office, person: int, many: int = 1, *, urgent: bool = False, about: str = "visits") -> list[int]:
    """Notifications as if somebody had been told; their numbers, oldest first."""
    found = []
    for number in range(many):
        with transaction() as session:
            event = Event(kind="booked", happened_at=NOW, published_at=NOW, topics=[])
            session.add(event)
            session.flush()
            row = Notification(
                event_id=event.id,
                person_id=person,
                about=about,
                urgent=urgent,
                title=f"Job {number}",
                link="/tonight",
                told_at=NOW,
            )
            session.add(row)
            session.flush()
            found.append(row.id)
    return found


def box(person: int) -> Inbox:
    with reading() as session:
        return inbox(session, person, now=NOW)


def listed(person: int, filters: Filters = Filters(), *, before: int | None = None, limit: int = 50) -> list[Notice]:  # noqa: B008
    with reading() as session:
        return notices(session, person, filters, now=NOW, limit=limit, before=before)


def test_reading_is_ones_own(office: Office) -> None:
    ana, bea = office.firm.therapists[:2]
    hers, others = write(office, ana, 3), write(office, bea)
    before = box(ana)["stamp"]
    assert office.do(mark_read, office.firm.therapist(), [hers[0], hers[0], others[0], -1, 2**70]) == 1
    assert (box(ana)["unread"], box(bea)["unread"]) == (2, 1)
    assert box(ana)["stamp"] != before
    assert [one["unread"] for one in listed(ana)] == [True, True, False]
    [event] = office.rows("SELECT topics FROM events WHERE kind = 'notifications_read'")
    assert event.topics == [f"inbox:{ana}"]


def test_reading_again_changes_nothing_and_tells_nobody(office: Office) -> None:
    [number] = write(office, office.firm.therapists[0])
    assert [office.do(mark_read, office.firm.therapist(), [number]) for _ in range(2)] == [1, 0]
    assert len(office.rows("SELECT 1 FROM events WHERE kind = 'notifications_read'")) == 1
    with pytest.raises(Invalid):
        office.do(mark_read, office.firm.therapist(), range(1, 300))


def test_all_read_leaves_what_came_after_the_look(office: Office) -> None:
    ana = office.firm.therapists[0]
    seen = write(office, ana, 2)
    write(office, ana)
    assert office.do(mark_all_read, office.firm.therapist(), up_to=seen[-1]) == 2
    assert box(ana)["unread"] == 1


def test_nobody_reads_for_the_system(office: Office) -> None:
    with pytest.raises(NotAllowed):
        office.do(mark_read, SYSTEM, [1])
    with pytest.raises(NotAllowed):
        office.do(mark_all_read, SYSTEM, up_to=1)


def test_the_list_is_filtered_and_paged(office: Office) -> None:
    ana = office.firm.therapists[0]
    old = write(office, ana, 3)
    loud = write(office, ana, 2, urgent=True, about="trips")
    office.do(mark_read, office.firm.therapist(), [loud[0]])
    assert [one["id"] for one in listed(ana, limit=2)] == [loud[1], loud[0]]
    assert [one["id"] for one in listed(ana, before=loud[0], limit=2)] == [old[2], old[1]]
    assert [one["id"] for one in listed(ana, Filters(urgent=True, unread=True))] == [loud[1]]
    assert [one["id"] for one in listed(ana, Filters(about=Group.TRIPS))] == [loud[1], loud[0]]
    assert [one["id"] for one in box(ana)["alerts"]] == [loud[1]]
    assert (box(ana)["unread"], box(ana)["urgent"]) == (4, 1)


def test_what_somebody_wants_by_mail(office: Office) -> None:
    ana = office.firm.therapists[0]
    with reading() as session:
        assert mail_choice(session, ana) is Mail.URGENT
    for choice in (Mail.ALL, Mail.ALL, Mail.NONE):
        office.do(choose_mail, office.firm.therapist(), choice)
    with reading() as session:
        assert mail_choice(session, ana) is Mail.NONE
    assert len(office.rows("SELECT 1 FROM events WHERE kind = 'mail_chosen'")) == 2
    with pytest.raises(NotAllowed):
        office.do(choose_mail, Actor(None, None, "nobody"), Mail.ALL)


def test_read_ones_go_after_thirty_days_and_all_after_ninety(office: Office) -> None:
    ana = office.firm.therapists[0]
    read, unread = write(office, ana, 2)
    office.do(mark_read, office.firm.therapist(), [read])

    def left(days: int) -> list[int]:
        office.do(purge_notifications, now=NOW + timedelta(days=days), read_days=30, days=90, limit=100)
        return [one["id"] for one in listed(ana)]

    assert left(29) == [unread, read]
    assert left(31) == [unread]
    assert left(89) == [unread]
    assert left(91) == []
