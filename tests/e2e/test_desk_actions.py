"""The desk runs a whole visit from its page, for people whose phones are dead; a colleague's page follows live."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.actions import Form, perform
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.time import now
from tests.e2e.conftest import DESK, PHONE, People
from tests.e2e.steps import Booked, book, choose_client, choose_place, open_booking, overflow, soon


def _panel(page: Page, title: str) -> Locator:
    return page.locator(".panel").filter(has=page.get_by_role("heading", name=title))


def _press(page: Page, action: str) -> Locator:
    """Press the button of an action; the dialog that asks for what it needs."""
    page.locator(f'[data-do="{action}"]:visible').first.click()
    dialog = page.locator("dialog.act-dialog[open]")
    expect(dialog).to_be_visible()
    return dialog


def _choose(dialog: Locator) -> str:
    """Choose the best who is free, with the reason beside the name; the name. They are done with whatever they do."""
    best = dialog.locator(".choice[data-good=true]").first
    expect(best.locator(".mute")).not_to_be_empty()
    best.get_by_role("radio").check()
    chosen = best.locator(".choice-label").inner_text()
    with reading() as session:
        work = session.execute(
            text(
                "SELECT g.id, 'end_session' AS step FROM assignments g JOIN people p ON p.id = g.person_id"
                " WHERE p.name = :name AND g.progress = 'in_session' UNION ALL"
                " SELECT t.id, step FROM legs t JOIN people p ON p.id = t.driver_id,"
                " unnest(ARRAY['arrive', 'drop_off', 'finish']) AS step"
                " WHERE p.name = :name AND t.state = 'under_way'"
            ),
            {"name": chosen},
        ).all()
        desk = session.execute(text("SELECT id, name FROM people WHERE role = 'manager' LIMIT 1")).one()
    manager = Actor(desk.id, Role.MANAGER, desk.name)
    for target, step in work:
        with suppress(NotPossible):
            run(lambda s, target=target, step=step: perform(s, manager, step, target, Form(reason="done"), now=now()))
    return chosen


def _finish(page: Page, dialog: Locator, *, reason: str = "") -> None:
    if reason:
        dialog.locator("textarea[name=reason]").fill(reason)
    dialog.locator("button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def _do(page: Page, action: str, *, told: str, reason: str = "Phone is dead") -> None:
    """Take an action that asks only for its reason; its line stands on top of the history."""
    _finish(page, _press(page, action), reason=reason)
    _is_told(page, told)


def _is_told(page: Page, told: str) -> None:
    expect(page.locator(".history .item").filter(has_text=told).first).to_contain_text(re.compile(r"Ana \S+"))


def _open(page: Page, base: str, number: str) -> None:
    page.goto(f"{base}/appointments/{number}")
    expect(page.locator(".visit-head .visit-when")).to_be_visible()


def _driven(page: Page, client: str) -> Booked:
    """Book a driven visit whose time has as good as come; far enough ahead for a driver to be found."""
    sheet = open_booking(page)
    choose_client(sheet, client)
    sheet.get_by_label("Start").fill(soon(60))
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    choose_place(sheet)
    best = sheet.locator(".candidates li[data-free=true]").first
    name = best.locator(".candidate-name").inner_text()
    best.get_by_role("checkbox").check()
    page.keyboard.press("Control+Enter")
    expect(sheet).to_be_hidden()
    notice = page.get_by_text(re.compile(r"Booked #\d+")).first
    found = re.search(r"#(\d+)", notice.inner_text())
    assert found is not None
    return Booked(number=found[1], therapist=name, username=name.split()[0].lower())


def test_a_whole_visit_is_run_from_its_page_and_a_colleague_sees_every_step(people: People) -> None:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    booked = _driven(ana, "san")
    _open(ana, people.site.one, booked.number)
    _open(bea, people.site.two, booked.number)
    bea.evaluate("window.stillTheSame = true")
    state = ana.locator(".visit-head .tag")

    _do(ana, "reject", told="Rejected", reason="Told me she's ill")
    replace = _press(ana, "replace")
    chosen = _choose(replace)
    _finish(ana, replace)
    _is_told(ana, f"Replaced: {chosen}")
    _do(ana, "accept", told="Accepted")
    expect(_panel(bea, "Therapists").locator(".item").filter(has_text=chosen)).to_contain_text("accepted")

    driver = _press(ana, "choose_driver")
    wheel = _choose(driver)
    _finish(ana, driver)
    _is_told(ana, f"Driver chosen: {wheel}")
    expect(state).to_have_text("confirmed, with driver")
    expect(_panel(bea, "Trips")).to_contain_text(f"{wheel} drives")

    for action, told, shows in (
        ("start_journey", "Journey started", "on the way"),
        ("arrive", "Arrived", "arrived"),
        ("drop_off", "Dropped off", "dropped off"),
        ("start_session", "Session started", "in session"),
    ):
        _do(ana, action, told=told)
        expect(state).to_have_text(shows)
        expect(bea.locator(".visit-head .tag")).to_have_text(shows)

    extend = _press(ana, "extend")
    extend.get_by_label("Minutes more").fill("30")
    extend.get_by_label("Pesos more").fill("250")
    _finish(ana, extend, reason="Client asked")
    _is_told(ana, "Extended")
    _do(ana, "end_session", told="Session ended")
    _do(ana, "request_payment", told="Payment requested")
    expect(state).to_have_text("payment due")

    # What is refused stays in the dialog as it was typed, with the sentence beside it.
    pay = _press(ana, "verify_payment")
    pay.get_by_role("radio", name="GCash").check()
    pay.get_by_label("Notes on the payment").fill("Mrs D'Souza paid at the door")
    pay.locator("button[type=submit]").click()
    expect(pay.get_by_role("alert").filter(has_text="GCash needs a receipt")).to_be_visible()
    expect(pay.get_by_label("Notes on the payment")).to_have_value("Mrs D'Souza paid at the door")
    expect(pay.get_by_label("For extensions")).to_have_value("250.00")
    pay.get_by_role("radio", name="Cash", exact=True).check()
    _finish(ana, pay)
    _is_told(ana, "Payment verified")
    expect(state).to_have_text("paid")

    materials = _press(ana, "report_materials")
    if materials.get_by_role("checkbox").count():
        materials.get_by_role("checkbox").first.check()
    _finish(ana, materials, reason="Told me on the phone")
    _is_told(ana, "Materials reported")
    for desk in (ana, bea):
        expect(desk.locator(".visit-head .tag")).to_have_text("completed")
        expect(desk.locator(".history .item").filter(has_text=f"for {wheel}").first).to_be_visible()
    assert bea.evaluate("window.stillTheSame === true")


def test_a_visit_is_cancelled_and_reopened_with_reasons(people: People) -> None:
    ana = people.sign_in("ana")
    booked = book(ana, "tor")
    _open(ana, people.site.one, booked.number)
    cancel = _press(ana, "cancel")
    cancel.get_by_role("button", name="Client called off").click()
    _finish(ana, cancel)
    expect(ana.locator(".visit-ending")).to_contain_text("Client called off")
    reopen = _press(ana, "reopen")
    reopen.get_by_role("button", name="Cancelled by mistake").click()
    _finish(ana, reopen)
    _is_told(ana, "Reopened")
    expect(ana.locator(".visit-head .tag")).to_have_text("waiting for an answer")
    expect(ana.locator(".visit-ending")).to_have_count(0)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_dialog_fits(people: People, size: tuple[int, int], dark: bool, tmp_path: Path) -> None:
    booker = people.sign_in("bea")
    booked = book(booker, "cruz")
    ana = people.sign_in("ana", size=size, dark=dark, path=f"/appointments/{booked.number}")
    for action in ("reject", "cancel", "choose_driver"):
        dialog = _press(ana, action)
        box = dialog.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert overflow(ana) == []
        ana.screenshot(path=str(tmp_path / f"{action}.png"))
        ana.keyboard.press("Escape")
        expect(ana.locator("dialog[open]")).to_have_count(0)
