"""The console without a server around it, a small firm behind it, and somebody of every role to knock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import pytest
import time_machine
from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import SignedIn, sign_in
from guitara_app.admin import console
from guitara_app.admin.assembly import Console
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import run, transaction
from guitara_app.kit.time import now
from tests.support.firm import NOW, Firm, open_firm

PASSWORD = "correct horse"


@dataclass
class House:
    """The console and whoever may or may not enter."""

    app: Starlette
    dash: Console
    firm: Firm
    people: dict[Role, int] = field(default_factory=dict)
    cookies: dict[Role | None, str] = field(default_factory=dict)

    def browser(self, role: Role | None = Role.ADMIN) -> Browser:
        """A browser of somebody of that role, or of nobody."""
        client = TestClient(self.app, base_url="http://localhost", follow_redirects=False)
        client.headers["accept"] = "text/html"
        if self.cookies[role]:
            client.cookies.set("sid", self.cookies[role])
        return Browser(client)


@dataclass
class Browser:
    """Asks for pages and sends forms with what the form holds."""

    client: TestClient

    def get(self, path: str) -> Response:
        return self.client.get(f"/admin{path}")

    def page(self, path: str) -> str:
        """The words of a page."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return words_of(answer)

    def send(self, path: str, **fields: object) -> Response:
        """The form of a page, with what stands in it unless given."""
        form = self.get(path)
        assert form.status_code == 200, (path, form.status_code, form.text[:300])
        standing = standing_in(form.text)
        given = {name: str(value) for name, value in fields.items() if value is not None}
        left_out = {name for name, value in fields.items() if value is None}
        typed = {**{name: value for name, value in standing.items() if name not in left_out}, **given}
        return self.client.post(f"/admin{path}", data=typed)


def standing_in(html: str) -> dict[str, str]:
    """What the fields of a page's form hold."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", html, re.DOTALL):
        facts = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if facts.get("type") == "checkbox":
            if re.search(r"\schecked", tag):
                found[facts["name"]] = "on"
        elif "name" in facts:
            found[facts["name"]] = unescape(facts.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*\bname="(\w+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        found[name] = unescape(text.removeprefix("\n"))
    for name, options in re.findall(r'<select[^>]*\bname="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"\s+selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    for name, initial in re.findall(r'<select[^>]*\bname="(\w+)"[^>]*data-initial="\[([^\]]*)\]"', html, re.DOTALL):
        found[name] = unescape(initial).strip('"')
    return found


def words_of(answer: Response) -> str:
    """What a person reads on the page, without what only scripts see."""
    text = re.sub(r"<(script|style|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def house(database: DatabaseUrls) -> Iterator[House]:
    with time_machine.travel(NOW, tick=True):
        made = console()
        app = Starlette()
        assert isinstance(made.admin, Console)
        for group in made.models:
            made.admin.add_view(made.view_overrides[group](group))
        made.admin.mount_to(app)
        found = House(app, made.admin, open_firm())
        hashed = hash_password(PASSWORD)
        with transaction() as session:
            for role in Role:
                vehicle = "car" if role == Role.DRIVER else None
                person = Person(
                    username=f"one-{role}", name=f"One {role}", role=role, vehicle=vehicle, password_hash=hashed
                )
                session.add(person)
                session.flush()
                found.people[role] = person.id
        found.cookies[None] = ""
        for role in Role:
            signed_in = run(lambda session, role=role: sign_in(session, f"one-{role}", PASSWORD, now=now()))
            assert isinstance(signed_in, SignedIn)
            found.cookies[role] = signed_in.token
        yield found
