"""The private calendar over HTTP: made by its holder, read without a session, asked for again for nothing."""

from __future__ import annotations

from datetime import timedelta

from icalendar import Calendar

from guitara_app.accounts.permissions import Role
from guitara_app.api.calendar import MISSES_PER_MINUTE, READS_PER_MINUTE
from tests.integration.api.conftest import Site


def address(site: Site, cookie: str) -> str:
    with site.one.client(cookie=cookie) as client:
        answer = client.post("/auth/calendar")
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    path = str(answer.json()["path"])
    site.secrets.add(path.removeprefix("/calendar/").removesuffix(".ics"))
    return path


def test_the_address_is_read_without_a_session_and_answers_304_until_something_changes(site: Site) -> None:
    cookie = site.cookie(Role.THERAPIST, site.person(Role.THERAPIST))
    path = address(site, cookie)
    with site.two.client() as program:
        first = program.get(path)
        assert first.status_code == 200
        assert first.headers["content-type"] == "text/calendar; charset=utf-8"
        assert first.headers["cache-control"] == "private, no-cache"
        found = Calendar.from_ical(first.content)
        assert str(found["version"]) == "2.0"
        assert found["refresh-interval"].dt == timedelta(minutes=15)
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}'):
            again = program.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
        assert program.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
        assert program.head(path).content == b""
    # A renewed address ends the one before, on every web process.
    new = address(site, cookie)
    with site.one.client() as program:
        assert (program.get(path).status_code, program.get(new).status_code) == (404, 200)


def test_nobody_else_makes_one_and_guesses_find_nothing(site: Site) -> None:
    with site.one.client() as client:
        assert client.post("/auth/calendar").status_code == 401
    with site.one.client(cookie=site.cookie(Role.OPERATOR, site.person(Role.OPERATOR))) as client:
        assert client.post("/auth/calendar").status_code == 403
        foreign = client.post("/auth/calendar", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"})
        assert foreign.status_code == 403
    with site.one.client(address="127.0.0.7") as program:
        for guess in ("x.ics", f"{'a' * 43}.ics", f"{'a' * 300}.ics", "%00.ics", "%C3%B1.ics"):
            assert program.get(f"/calendar/{guess}").status_code == 404, guess


def test_who_asks_too_often_is_told_when_to_come_back(site: Site) -> None:
    path = address(site, site.cookie(Role.DRIVER, site.person(Role.DRIVER)))
    with site.one.client(address="127.0.0.8") as program:
        answers = [program.get(path) for _ in range(READS_PER_MINUTE)]
        assert answers[0].status_code == 200
        late = next(answer for answer in answers if answer.status_code == 429)
        assert int(late.headers["retry-after"]) >= 1
    with site.one.client(address="127.0.0.9") as guesser:
        guesses = [guesser.get(f"/calendar/{number:043}.ics").status_code for number in range(MISSES_PER_MINUTE)]
        assert {guesses[0], guesses[-1]} == {404, 429}
