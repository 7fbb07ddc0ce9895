"""A demo firm of its own, two web processes on two ports serving one build, and browsers to look at them with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from redis import Redis
from sqlalchemy import text

from guitara_app import settings as settings_module
from guitara_app.cli.build import ensure_built
from guitara_app.cli.parts import web_command, web_environment
from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.demo.seed import run as seed
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.embedded.server import free_port
from guitara_app.firm.queries import firm_settings
from guitara_app.kit import database, outbox
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT
from tests.e2e.steps import ZONE
from tests.support.databases import TEMPLATE
from tests.support.warm import Forked, begin, launch

CHROMIUM = os.environ.get("GUITARA_CHROMIUM", "/usr/bin/chromium")
DESK = (1440, 900)
PHONE = (390, 844)
_NETWORK = ("net::ERR_", "WebSocket connection to")
_START_S = 60.0
_numbers = count(1)
_RESERVE = ["Amihan", "Bituin", "Dalisay", "Hiraya", "Mayumi", "Tala", "Luningning", "Diwata", "Marikit", "Sinag"]
_RESERVE += ["Himig", "Ulap", "Agila", "Bayani"]

# Generous: nothing here measures, and the machine may be running much else.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Web:
    """One web process."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | Forked | None = None
    environment: dict[str, str] = field(default_factory=dict)
    pages: bool = True
    forked: bool = True
    """From a process that has imported the application; else it is started as on any other machine."""

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Until it listens."""
        until(self._listens, _START_S)

    def launch(self) -> None:
        """Start it, and go on meanwhile."""
        command = web_command("127.0.0.1", self.port, 1)
        environment = {**os.environ, **web_environment(pages=self.pages), **self.environment}
        if self.forked:
            self.process = launch(command, environment, self.log)
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """End it and everything below it, as a crash does."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the web process ended: {self.log.read_text()[-3000:]}"
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Site:
    """The running firm: ``one`` and ``two`` are addresses of different processes."""

    webs: list[Web]

    @property
    def one(self) -> str:
        return self.webs[0].base

    @property
    def two(self) -> str:
        return self.webs[1].base


def until(condition: Callable[[], object], timeout: float = 30.0) -> None:
    """Wait until ``condition`` holds."""
    ends, pause = monotonic() + timeout, threading.Event()
    while not condition():
        assert monotonic() < ends, f"not within {timeout} s: {condition}"
        pause.wait(0.02)


@dataclass(frozen=True)
class Servers:
    """PostgreSQL, with the schema to copy, and Valkey, for all sites of this process, one after the other."""

    postgres: Postgres
    valkey: Valkey

    @contextmanager
    def empty(self) -> Iterator[DatabaseUrls]:
        """A database without a row, for as long as it is needed, and nothing left in Valkey."""
        name = f"site_{next(_numbers)}"
        urls = self.postgres.create_database(name, template=TEMPLATE)
        with Redis.from_url(self.valkey.url) as client:
            client.flushall()
        try:
            yield urls
        finally:
            self.postgres.drop_database(name)


@pytest.fixture(scope="session")
def servers(postgres: Postgres, valkey: Valkey) -> Servers:
    return Servers(postgres, valkey)


@pytest.fixture(scope="module")
def site(servers: Servers) -> Iterator[Site]:
    """One for each file: what the tests of another leave behind in their evening is nobody's trouble here."""
    with running(servers) as started:
        yield started


@contextmanager
def running(servers: Servers, *, pages: bool = True, **settings: str) -> Iterator[Site]:
    """The demo firm on two web processes, which serve the pages too or not, with these settings besides."""
    ensure_built()
    begin()
    with (
        tempfile.TemporaryDirectory(prefix="guitara-e2e-") as folder,
        pytest.MonkeyPatch.context() as environment,
        servers.empty() as urls,
    ):
        webs: list[Web] = []
        try:
            environment.setenv("GUITARA_DATABASE_URL", urls.app)
            environment.setenv("GUITARA_OWNER_DATABASE_URL", urls.owner)
            environment.setenv("GUITARA_REDIS_URL", servers.valkey.url)
            environment.setenv("GUITARA_DATA_DIR", folder)
            # Without a worker there would be an alert over the admins' pages.
            environment.setenv("GUITARA_SAMPLE_SECONDS", "0")
            for name, value in settings.items():
                environment.setenv(name, value)
            _forget_addresses()
            _settle()
            seed()
            _reserve()
            for name in ("one", "two"):
                webs.append(Web(free_port(), Path(folder) / f"{name}.log", pages=pages))
                webs[-1].launch()
            for web in webs:
                web.wait()
            yield Site(webs)
            database.engine().dispose()
        finally:
            for web in webs:
                web.kill()
            _forget_addresses()


def _settle() -> None:
    """In which zone the firm is; the demo's evening is wherever the present moment is."""
    with transaction() as session:
        session.execute(
            text("INSERT INTO settings (key, value) VALUES ('timezone', to_jsonb(CAST(:zone AS text)))"),
            {"zone": ZONE.key},
        )


def _reserve() -> None:
    """Therapists with nothing to do tonight: the tests share one evening, and must not run out of people."""
    with transaction() as session:
        at = now()
        session.execute(
            text(
                "WITH hired AS (INSERT INTO people (username, name, role, password_hash, failed_sign_ins, is_demo,"
                " version) SELECT lower(first), first || ' Reserva', 'therapist', (SELECT password_hash FROM people"
                " WHERE username = 'liza'), 0, true, 1 FROM unnest(CAST(:names AS text[])) AS first RETURNING id)"
                " INSERT INTO shifts (person_id, business_date, period, source, version)"
                " SELECT id, :tonight, tstzrange(:begins, :ends, '[)'), 'by_hand', 1 FROM hired"
            ),
            {
                "names": _RESERVE,
                "tonight": firm_settings(session).calendar.business_date(at),
                "begins": at - timedelta(hours=1),
                "ends": at + timedelta(hours=9),
            },
        )


def _forget_addresses() -> None:
    settings_module.settings.cache_clear()
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class People:
    """Signs people in, each in a browser of their own, and keeps an eye on what their consoles say."""

    browser: Browser
    site: Site
    complaints: list[str] = field(default_factory=list)
    _network_fails: bool = False

    def expect_a_failing_network(self) -> None:
        """From now on it is no complaint that something cannot be reached; the words for it differ with the moment."""
        self._network_fails = True

    def sign_in(
        self,
        username: str,
        *,
        base: str = "",
        size: tuple[int, int] = DESK,
        dark: bool = False,
        path: str = "",
        zone: str | None = None,
    ) -> Page:
        """A page of somebody who has just signed in, at the place their work begins or at ``path``.

        What the sign-in page sends is sent without it: that is a page less to load for each of some hundred people.
        """
        page = self.visitor(size=size, dark=dark, zone=zone)
        address = base or self.site.one
        answer = page.context.request.post(
            f"{address}/auth/login",
            form={"username": username, "password": DEMO_PASSWORD},
            headers={"Origin": address},
            max_redirects=0,
        )
        assert answer.status == 303, answer.text()
        page.goto(f"{address}{path or answer.headers['location']}")
        expect(page.locator(".live").first).to_have_attribute("data-connection", "live")
        return page

    def let_in(self, page: Page, username: str, *, base: str = "", path: str = "") -> None:
        """Sign somebody in on a page that is there already, as people do it."""
        address = base or self.site.one
        page.goto(f"{address}/login")
        page.get_by_label("User name or e-mail").fill(username)
        page.get_by_label("Password").fill(DEMO_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        if path:
            page.goto(f"{address}{path}")
        expect(page.locator(".live").first).to_have_attribute("data-connection", "live")

    def visitor(self, *, size: tuple[int, int] = DESK, dark: bool = False, zone: str | None = None) -> Page:
        """A page of nobody; ``zone`` is the time zone of the browser, this machine's unless it is said."""
        width, height = size
        scheme: Any = "dark" if dark else "light"
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id=zone
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._hear(page.url, said.type, said.text))
        return page

    def _hear(self, url: str, kind: str, words: str) -> None:
        if kind == "error" and not (self._network_fails and any(sign in words for sign in _NETWORK)):
            self.complaints.append(f"{url}: {words}")


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator[People]:
    """Fails the test at its end when any console had something to complain about."""
    them = People(browser, site)
    yield them
    for context in browser.contexts:
        context.close()
    assert them.complaints == []
