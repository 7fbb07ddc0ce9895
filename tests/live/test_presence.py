"""Who has a page open is known in every process, and a socket that has died is somebody who left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.live import present
from tests.live.conftest import Firm, Web, serving, until
from tests.support.socket_client import Sockets, Tab

_visits = count(7000)


def _here(*people: int) -> Callable[[Tab], bool]:
    return lambda tab: {one["person_id"] for one in tab.get("presence_live", "desk", [])} >= set(people)


def _looks(person: int, *topics: str) -> Callable[[Tab], bool]:
    return lambda tab: (
        list(topics) in [one["at"] for one in tab.get("presence_live", "desk", []) if one["person_id"] == person]
    )


def test_colleagues_see_each_other_and_what_the_others_look_at(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    ana, ana_cookie = firm.person(Role.OPERATOR)
    bea, bea_cookie = firm.person(Role.MANAGER)
    driver, driver_cookie = firm.person(Role.DRIVER)
    one = sockets.open(webs[0].base, "/desk", cookie=ana_cookie)
    two = sockets.open(webs[1].base, "/desk", cookie=bea_cookie)
    for tab in (one, two):
        tab.wait(_here(ana, bea))
    topic = f"appointment:{next(_visits)}"
    two.go(f"/visit/{topic.partition(':')[2]}", {"number": topic.partition(":")[2]})
    one.wait(_looks(bea, topic))
    one.wait(_looks(ana, "desk"))

    phone = sockets.open(webs[1].base, "/me", cookie=driver_cookie)
    one.wait(lambda tab: str(driver) in tab.get("presence_live", "online"))
    assert "presence_live" not in phone.values
    phone.close()
    two.close()
    one.wait(lambda tab: str(driver) not in tab.get("presence_live", "online"))
    one.wait(lambda tab: not _here(bea)(tab))


def test_whoever_was_in_a_killed_process_is_forgotten(
    firm: Firm, webs: list[Web], sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, cookie = firm.person(Role.OPERATOR)
    bea, bea_cookie = firm.person(Role.OPERATOR)
    with serving() as (killed,):
        one, two = (
            sockets.open(webs[0].base, "/desk", cookie=cookie),
            sockets.open(killed.base, "/desk", cookie=bea_cookie),
        )
        one.wait(_here(ana, bea))
        two.wait(_here(ana, bea))
        for pid in killed.family():
            os.kill(pid, signal.SIGKILL)
        killed.process.wait()
    assert str(bea) in present.present()["online"], "nobody has said otherwise yet"
    monkeypatch.setattr(present, "_BELIEVED_S", 0.0)
    assert present.present() == {"online": {}, "desk": []}
    monkeypatch.setattr(present, "_BELIEVED_S", 11.0)
    until(lambda: str(bea) not in present.present()["online"], 15.0)
    assert str(ana) in present.present()["online"], "whoever is there is said again in time"


def test_a_socket_that_answers_no_ping_is_dropped(firm: Firm, sockets: Sockets) -> None:
    ana, cookie = firm.person(Role.OPERATOR)
    bea, bea_cookie = firm.person(Role.OPERATOR)
    with serving(ping_s=2) as (web,):
        one = sockets.open(web.base, "/desk", cookie=cookie)
        one.wait(lambda tab: tab.get("link_live", "ms", 0) > 0, what="the round trip")
        with Sockets() as others:
            dead = others.open(web.base, "/desk", cookie=bea_cookie)
            dead.wait(_here(ana, bea))
            one.wait(_here(ana, bea))
            others.freeze()
            one.wait(lambda tab: not _here(bea)(tab), 10.0)
            firm.note("w-after-the-dead", "desk")
            one.wait(lambda tab: "w-after-the-dead" in tab.get("desk_live", "waiting"))
            others.thaw()
