"""What somebody has not read yet is counted on every page of theirs, in every process, and on nobody else's."""

from __future__ import annotations

from itertools import count

from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.kit.database import run, transaction
from guitara_app.kit.time import now
from guitara_app.notifications.services import mark_read, tell
from tests.live.conftest import Firm, Web
from tests.support.socket_client import ASK_AGAIN, Sockets, Tab

_visits = count(9000)


def happens_to(person: int) -> None:
    """Something of which this person alone is told."""
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO events (kind, happened_at, person_id, data, topics)"
                " VALUES ('week_set', :now, :person, '{}', '{}')"
            ),
            {"now": now(), "person": person},
        )
    run(lambda session: tell(session, now=now(), limit=1000))


def counts(tab: Tab, unread: int) -> None:
    tab.wait(lambda tab: tab.get("inbox_live", "unread") == unread, what=f"{unread} unread")


def test_the_count_moves_on_every_page_and_process_of_the_right_person_only(
    firm: Firm, webs: list[Web], sockets: Sockets
) -> None:
    ana, hers = firm.person(Role.OPERATOR)
    _, others = firm.person(Role.OPERATOR)
    visit = str(next(_visits))
    firm.note("one", f"appointment:{visit}")
    desk = sockets.open(webs[0].base, "/desk", cookie=hers)
    other_page = sockets.open(webs[1].base, f"/visit/{visit}", cookie=hers, query={"number": visit})
    bea = sockets.open(webs[0].base, "/desk", cookie=others)
    for tab in (desk, other_page, bea):
        counts(tab, 0)
    happens_to(ana)
    counts(desk, 1)
    counts(other_page, 1)
    desk.go(f"/visit/{visit}", {"number": visit})
    desk.wait_for("appointment_live", "scope", f"appointment:{visit}")
    happens_to(ana)
    counts(desk, 2)
    bea.never(lambda tab: tab.get("inbox_live", "unread") != 0, 0.3)
    assert not any(f"inbox:{ana}" in str(update) for update in bea.log)


def test_what_is_read_anywhere_is_read_everywhere(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    ana, hers = firm.person(Role.THERAPIST)
    visit = str(next(_visits))
    tabs = [sockets.open(web.base, f"/visit/{visit}", cookie=hers, query={"number": visit}) for web in webs]
    happens_to(ana)
    for tab in tabs:
        counts(tab, 1)
    with transaction() as session:
        [number] = session.execute(text("SELECT id FROM notifications WHERE person_id = :p"), {"p": ana}).scalars()
    actor = Actor(ana, Role.THERAPIST, "ana")
    run(lambda session: mark_read(session, actor, [number], now=now()))
    for tab in tabs:
        counts(tab, 0)


def test_a_page_moved_on_to_keeps_what_it_was_sent_and_one_that_asks_again_is_sent_it(
    firm: Firm, webs: list[Web], sockets: Sockets
) -> None:
    ana, hers = firm.person(Role.OPERATOR)
    visit = str(next(_visits))
    tab = sockets.open(webs[0].base, "/desk", cookie=hers)
    counts(tab, 0)
    happens_to(ana)
    counts(tab, 1)

    def sent() -> int:
        return sum("inbox_live" in name for update in tab.log for name in update.get("delta") or {})

    before = sent()
    tab.go(f"/visit/{visit}", {"number": visit})
    tab.wait_for("appointment_live", "scope", f"appointment:{visit}")
    assert sent() == before
    happens_to(ana)
    counts(tab, 2)

    # As a browser does whose page cannot put together what has come.
    tab.values["inbox_live"] = {}
    tab.send(ASK_AGAIN)
    counts(tab, 2)
