"""Every byte that therapists' and drivers' sockets and routes deliver, searched for what belongs to others' clients.

Phones and doors are what is searched for; those of own visits and of colleagues one rides with are no leak.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import (
    arrive,
    change,
    drop_off,
    reject,
    replace,
    start_journey,
    start_session,
)
from guitara_app.clients.rules import shown_phone
from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.embedded.server import free_port
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT
from tests.e2e.conftest import Site, Web, until
from tests.e2e.staging import accepted, driven_by, hire, one, operator, visit
from tests.support.socket_client import Sockets, Tab

PAGES = ["/tonight", "/hours", "/notifications", "/profile", "/board", "/drivers", "/clients", "/shifts", "/staff"]
ROUTES = ["/", *PAGES, "/sheet", "/sheet.csv", "/receipts/1", "/receipts/2", "/health", "/api/v1/me", "/api/v1/staff"]
LISTS = ["/api/v1/appointments", "/api/v1/clients", "/api/v1/clients?q=09", "/api/v1/openapi.json"]


@dataclass
class Recorder:
    """Everything one person is sent."""

    person: int
    base: str
    cookie: str
    tabs: list[Tab] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def open_pages(self, sockets: Sockets, visits: list[int]) -> None:
        """A tab on each page, those of the desk and of others among them."""
        for path in PAGES:
            self.tabs.append(sockets.open(self.base, path, cookie=self.cookie))
        client = one("SELECT client_id FROM appointments WHERE id = :v", v=visits[0]).client_id
        for route, number in (("appointments", visits[0]), ("clients", client), ("shifts", self.person - 1)):
            tab = sockets.open(self.base, f"/{route}/[number]", cookie=self.cookie, query={"number": str(number)})
            self.tabs.append(tab)
        for tab in self.tabs:
            tab.wait(lambda tab: bool(tab.get("state", "is_hydrated")), 60, "hydrated")
        until(lambda: any(tab.get("person_live", "loaded") for tab in self.tabs))

    def ask_routes(self, visits: list[int]) -> None:
        """Every address there is to ask, for things of one's own and of others."""
        name, _, token = self.cookie.partition("=")
        with httpx.Client(base_url=self.base, cookies={name: token}, trust_env=False, timeout=60) as http:
            of_visits = [f"/{kind}/{number}" for number in visits for kind in ("api/v1/appointments", "appointments")]
            for path in [*ROUTES, *LISTS, *of_visits, *(f"/api/v1/clients/{number}" for number in range(1, 6))]:
                self.answers.append(http.get(path).text)

    def recorded(self) -> str:
        """All of it as one text, escapes undone."""
        return _readable([*self.answers, *(frame for tab in self.tabs for frame in list(tab.frames))])

    def was_shown_own_doors(self) -> bool:
        """Whether the page of one's own evening was told where one goes: it hears of what happens."""
        shown = _readable([frame for tab in self.tabs if tab.path == "/tonight" for frame in list(tab.frames)])
        return any(own in shown for own in _secrets(_MINE, self.person))


def _readable(sent: list[str]) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), "\n".join(sent))


def _sign_in(base: str, name: str) -> str:
    with httpx.Client(base_url=base, trust_env=False, timeout=60) as http:
        http.post("/auth/login", data={"username": name, "password": DEMO_PASSWORD, "next": ""})
        return f"sid={http.cookies['sid']}"


# What somebody may know: of clients those of visits where they had a place, or of trips they were asked to drive; of
# colleagues those they ride with.
_OWN_VISITS = (
    "SELECT appointment_id FROM assignments WHERE person_id = :p UNION SELECT v FROM legs l JOIN leg_offers o"
    " ON o.leg_id = l.id, unnest(ARRAY[l.to_appointment_id, l.from_appointment_id]) v WHERE o.driver_id = :p"
    " UNION SELECT v FROM legs l, unnest(ARRAY[l.to_appointment_id, l.from_appointment_id]) v WHERE l.driver_id = :p"
)
_OTHERS = (
    "SELECT c.phone AS found FROM clients c WHERE c.id NOT IN (SELECT client_id FROM appointments WHERE id IN ({own}))"
    " UNION SELECT d.line FROM client_addresses d WHERE d.client_id NOT IN"
    " (SELECT client_id FROM appointments WHERE id IN ({own}))"
    " UNION SELECT p.phone FROM people p WHERE p.id <> :p AND p.phone IS NOT NULL AND p.id NOT IN"
    " (SELECT person_id FROM assignments WHERE appointment_id IN ({own}) UNION SELECT driver_id FROM legs"
    "  WHERE driver_id IS NOT NULL AND (to_appointment_id IN ({own}) OR from_appointment_id IN ({own})))"
).replace("{own}", _OWN_VISITS)
_MINE = (
    "SELECT c.phone AS found FROM clients c JOIN appointments a ON a.client_id = c.id WHERE a.id IN ({own}) UNION"
    " SELECT d.line FROM client_addresses d JOIN appointments a ON a.client_id = d.client_id WHERE a.id IN ({own})"
).replace("{own}", _OWN_VISITS)


def _secrets(statement: str, person: int) -> set[str]:
    with reading() as session:
        return {row.found for row in session.execute(text(statement), {"p": person}) if row.found}


def _ways_to_write(secret: str) -> set[str]:
    if not secret.startswith("+63"):
        return {secret}
    local = f"0{secret[3:]}"
    return {secret, local, secret[3:], shown_phone(secret), shown_phone(secret).replace(" ", "-")}


def leaks(recorder: Recorder) -> list[str]:
    """Phones and addresses in the record that are somebody else's, with what stands around them."""
    record, mine = recorder.recorded(), " ".join(_secrets(_MINE, recorder.person))
    # "5 Narra St" of one client may be part of "25 Narra St" of another.
    return sorted(
        record[max(0, at - 80) : at + 80]
        for secret in _secrets(_OTHERS, recorder.person)
        if secret not in mine
        for at in [record.find(way) for way in _ways_to_write(secret) if way in record][:1]
    )


@dataclass
class Crew:
    """Who works through the evening: two therapists and two drivers that are recorded, and one more of each."""

    therapists: list[int]
    drivers: list[int]


def _busy(crew: Crew, recorders: list[Recorder]) -> list[int]:
    """Visits booked, changed, refused, given to others, driven and begun, by several people.

    Who drives is shown the door only until somebody is dropped off there, so nobody leaves before it was shown.
    """
    first, second, third = crew.therapists
    group = visit(first, second, minutes=50, driven=True)
    alone = visit(third, minutes=60, driven=True)
    refused = visit(first, minutes=240)
    foreign = visit(third, minutes=400)
    for number, people in ((group, (first, second)), (alone, (third,)), (foreign, (third,))):
        for person in people:
            accepted(number, person)
    for number, driver in ((group, crew.drivers[0]), (alone, crew.drivers[1])):
        leg = driven_by(number, driver)
        for recorder in recorders:
            if recorder.person == driver:
                until(recorder.was_shown_own_doors)
        for step in (start_journey, arrive, drop_off):
            actor = Actor(driver, Role.DRIVER, "Driver")
            run(lambda session, step=step, leg=leg, actor=actor: step(session, actor, leg, now=now()))
    place = one("SELECT id FROM assignments WHERE appointment_id = :v", v=refused).id
    run(lambda session: reject(session, Actor(first, Role.THERAPIST, "T"), place, reason="too far", now=now()))
    run(lambda session: replace(session, operator(), place, person_id=third, now=now()))
    request = ChangeRequest(notes="Ring twice, then wait.")
    run(lambda session: change(session, operator(), alone, request=request, reason="client called", now=now()))
    for number, person in ((group, first), (group, second), (alone, third)):
        actor = Actor(person, Role.THERAPIST, "T")
        seat = one("SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p", v=number, p=person).id
        run(lambda session, seat=seat, actor=actor: start_session(session, actor, seat, now=now()))
    return [group, alone, refused, foreign]


def _evening(site: Site, sockets: Sockets, names: list[str], base: str) -> list[Recorder]:
    """Everybody opens everything, the evening happens, and everybody asks every route about it."""
    people = [
        hire(Role.DRIVER if number >= 3 else Role.THERAPIST, name, f"+63919555{number:02}{len(name):02}")
        for number, name in enumerate(names)
    ]
    crew = Crew(people[:3], people[3:])
    watched = [(crew.therapists[0], names[0]), (crew.therapists[1], names[1]), (crew.drivers[0], names[3])]
    recorders = [Recorder(person, base, _sign_in(base, name.lower())) for person, name in watched]
    known = [row.id for row in _some_visits()]
    for recorder in recorders:
        recorder.open_pages(sockets, known)
    visits = _busy(crew, recorders)
    for recorder in recorders:
        until(recorder.was_shown_own_doors)
        # One more tab on each page, for what it shows now.
        recorder.open_pages(sockets, [*visits, *known])
        recorder.ask_routes([*visits, *known])
    return recorders


def _some_visits() -> list[Any]:
    with reading() as session:
        return list(session.execute(text("SELECT id FROM appointments WHERE closed_at IS NULL ORDER BY id LIMIT 8")))


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets() as opened:
        yield opened


def test_nobody_is_sent_what_belongs_to_anothers_client(site: Site, sockets: Sockets) -> None:
    recorders = _evening(site, sockets, ["Alon", "Bagwis", "Kidlat", "Lakan", "Gatpuno"], site.two)
    for recorder in recorders:
        # The record is worth something: their own clients' doors are in it, and sockets as well as routes delivered.
        assert any(secret in recorder.recorded() for secret in _secrets(_MINE, recorder.person))
        assert all(tab.frames for tab in recorder.tabs)
        assert len(recorder.answers) > 30
        assert leaks(recorder) == []


def test_a_hole_in_the_table_of_rights_is_found(
    site: Site, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{PROJECT / 'tests' / 'support' / 'leak'}{os.pathsep}{PROJECT}")
    web = Web(free_port(), tmp_path / "leaking.log", forked=False)
    try:
        web.start()
        recorders = _evening(site, sockets, ["Hirang", "Halina", "Isagani", "Magiting", "Sidhaya"], web.base)
        for recorder in recorders:
            assert len(leaks(recorder)) > 5
    finally:
        web.kill()
