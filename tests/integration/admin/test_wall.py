"""Whoever is no admin gets nothing of the console: no page, no data, no file of it, by no way."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Mount, Route

from guitara_app.accounts.permissions import Role
from guitara_app.accounts.services import disable
from guitara_app.kit.database import run
from guitara_app.kit.time import now
from tests.integration.admin.conftest import House

OTHERS = [role for role in Role if role != Role.ADMIN]
SAMPLE = {"key": "clients", "name": "merge", "storage": "local", "path": "x"}


def addresses(house: House) -> list[tuple[str, str]]:
    """Every method and path the console has, the library's and ours."""
    found = []
    for route in house.dash.app.routes:
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/css/vendor/tabler.min.css"))
            continue
        assert isinstance(route, Route)
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: SAMPLE[match[1]], route.path)
        found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def test_there_are_as_many_ways_in_as_we_know(house: House) -> None:
    paths = {path for _, path in addresses(house)}
    assert {"/", "/clients/list", "/clients/detail", "/clients/create", "/clients/edit", "/clients/act/merge"} <= paths
    assert {"/_api/clients/action", "/_api/clients/row-action", "/_api/clients/relation-lookup"} <= paths
    assert {"/_api/clients/inline-edit", "/_api/clients/inline-edit/row", "/_api/clients/import"} <= paths
    assert {"/static/css/vendor/tabler.min.css", "/login", "/logout", "/_files/local/x"} <= paths


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_admins_enters_by_any_way(house: House, role: Role) -> None:
    browser = house.browser(role)
    for method, path in [*addresses(house), ("GET", "/nowhere")]:
        answer = browser.client.request(method, f"/admin{path}?pk={house.firm.client}&name=export&all=1")
        assert answer.status_code == 403, (method, path)
        assert "may not do this" in answer.text, (method, path)
        assert "D'Souza" not in answer.text


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(house: House) -> None:
    nobody = house.browser(None)
    for method, path in [*addresses(house), ("GET", "/nowhere")]:
        answer = nobody.client.request(method, f"/admin{path}?pk=7")
        if method == "GET":
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=%2Fadmin%2F"), path
        else:
            assert answer.status_code == 401, (method, path)
    nobody.client.headers["accept"] = "application/json"
    assert nobody.get("/_api/clients/relation-lookup").status_code == 401


def test_admins_get_in_and_no_answer_is_kept_by_a_cache(house: House) -> None:
    admin = house.browser()
    for path in ("/", "/clients/list", f"/clients/detail?pk={house.firm.client}", "/nowhere"):
        answer = admin.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        assert "'unsafe-eval'" not in answer.headers["content-security-policy"]
    assert admin.get("/static/css/vendor/tabler.min.css").status_code == 200


def test_every_script_carries_the_pages_nonce_and_no_attribute_acts(house: House) -> None:
    admin = house.browser()
    visit = house.firm.book(0)
    for path in ("/", "/clients/list", "/clients/create", f"/appointments/act/cancel?pk={visit}", "/people/list"):
        answer = admin.get(path)
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
        assert nonce
        inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
        assert inline
        assert all(f'nonce="{nonce[1]}"' in tag or "application/json" in tag for tag in inline), path
        assert not re.findall(r"\son[a-z]+=\"", answer.text), path
        assert "https://" not in re.sub(r"xmlns=\"[^\"]*\"", "", answer.text), path


def test_a_disabled_admin_is_out_at_once(house: House) -> None:
    admin = house.browser()
    assert admin.get("/").status_code == 200
    person, boss = house.people[Role.ADMIN], house.firm.operator
    by = type(boss)(boss.person_id, Role.ADMIN, boss.name)
    run(lambda session: disable(session, by, person, reason="Left.", now=now()))
    from guitara_app.accounts.recognition import forget_person

    forget_person(person)
    assert admin.get("/").status_code == 303


def test_a_form_without_its_token_is_refused(house: House) -> None:
    admin = house.browser()
    client = house.firm.client
    for path in (f"/clients/edit?pk={client}", f"/clients/act/merge?pk={client}", "/clients/create"):
        assert admin.client.post(f"/admin{path}", data={"name": "X"}).status_code == 403
    admin.get("/clients/list")
    wrong = {"name": "X", "csrftoken": "made.up"}
    assert admin.client.post(f"/admin/clients/edit?pk={client}", data=wrong).status_code == 403
