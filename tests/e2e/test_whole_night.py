"""One night by everybody at once: the desk, two therapists and two drivers, each in a browser, and real workers.

A group is booked, one says no and is replaced, the first driver says no and the second drives; sessions, an extension,
GCash with its receipt, materials; then a pick-up that waits until a driver is free and goes out by itself.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import reject, start_journey
from guitara_app.cli.parts import QUEUES
from guitara_app.kit.database import run, transaction
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT
from tests.e2e.conftest import PHONE, People, Site, until
from tests.e2e.staging import accepted, driven_by, hire, one, seat_of, visit
from tests.e2e.steps import choose_client, choose_place, open_booking, saved, soon

PNG = b"\x89PNG\r\n\x1a\n" + b"a whole night" * 20


@pytest.fixture
def hands(site: Site, drivers: tuple[int, int], tmp_path: Path) -> Iterator[None]:
    """A worker and a beat, as a running firm has them, at work once the evening is set up."""
    celery = [sys.executable, "-m", "celery", "-A", "workers.app"]
    parts = {
        "worker": ["worker", "--queues", QUEUES, "--concurrency", "1", "--without-mingle", "--without-gossip"],
        "beat": ["beat", "--pidfile=", "--schedule", str(tmp_path / "beat")],
    }
    running = []
    for name, arguments in parts.items():
        with (tmp_path / f"{name}.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    [*celery, *arguments],
                    cwd=PROJECT,
                    env=dict(os.environ),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
    yield
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def drivers(site: Site) -> tuple[int, int]:
    """Two, with nobody else at work tonight and nothing else to be driven: whom the workers ask is then known.

    Nor may a visit of the demo want a driver later, as one does whose therapist does not answer in time.
    """
    del site
    with transaction() as session:
        for statement in (
            "UPDATE people SET disabled_at = now() WHERE role = 'driver'",
            "UPDATE legs SET state = 'cancelled' WHERE state IN ('planned', 'searching', 'offered')",
            "UPDATE appointments SET driver_needed = false, car_needed = false WHERE closed_at IS NULL",
        ):
            session.execute(text(statement))
    return hire(Role.DRIVER, "Ambo", "+639195550001"), hire(Role.DRIVER, "Berto", "+639195550002")


def _job(phone: Page, number: int) -> Locator:
    return phone.locator(f'[data-job="{number}"]')


def _take(job: Locator, *actions: str) -> None:
    """Tap one step after the other, each as soon as it is there and until it is done."""
    for action in actions:
        button = job.locator(f'.button-primary[data-do="{action}"]')
        button.click()
        expect(button).to_have_count(0)


def _dialog(page: Page) -> Locator:
    dialog = page.locator("dialog.act-dialog[open]")
    expect(dialog).to_be_visible()
    return dialog


def _press(page: Page, action: str) -> Locator:
    page.locator(f'[data-do="{action}"]:visible').first.click()
    return _dialog(page)


def _sent(page: Page, dialog: Locator) -> None:
    dialog.locator("button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def _book_group(desk: Page, *names: str) -> int:
    sheet = open_booking(desk)
    choose_client(sheet, "cruz")
    choose_place(sheet)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.get_by_label("Start").fill(soon(40))
    expect(sheet.locator(".booking-range b")).to_have_count(2)
    for name in names:
        sheet.get_by_label("Filter therapists by name").fill(name)
        line = sheet.locator(".candidates li").filter(has_text=name).first
        line.get_by_role("checkbox").check()
    desk.keyboard.press("Control+Enter")
    saved(sheet)
    found = re.search(r"#(\d+)", desk.get_by_text(re.compile(r"Booked #\d+")).first.inner_text())
    assert found is not None
    return int(found[1])


@pytest.mark.usefixtures("hands")
def test_one_whole_night(people: People, drivers: tuple[int, int]) -> None:
    first, second, unwilling = (hire(Role.THERAPIST, name) for name in ("Amor", "Bining", "Celia"))
    desk = people.sign_in("ana")
    amor, bining, ambo, berto = (
        people.sign_in(name, base=people.site.two, size=PHONE) for name in ("amor", "bining", "ambo", "berto")
    )

    # A group, one of whom does not want to; the desk replaces her. The other has said yes meanwhile, and keeps it.
    number = _book_group(desk, "Amor", "Celia")
    mine = _job(amor, seat_of(number, first))
    _take(mine, "accept")
    refused = seat_of(number, unwilling)
    run(
        lambda session: reject(session, Actor(unwilling, Role.THERAPIST, "Celia"), refused, reason="too far", now=now())
    )
    expect(desk.locator(".needs").get_by_text("Rejected: too far").first).to_be_visible()
    desk.goto(f"{people.site.one}/appointments/{number}")
    replacing = _press(desk, "replace")
    replacing.locator(".choice").filter(has_text="Bining").get_by_role("radio").check()
    _sent(desk, replacing)
    until(lambda: one("SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p", v=number, p=second))
    hers = _job(bining, seat_of(number, second))
    expect(mine.locator(".job-why")).to_contain_text("Bining")
    _take(hers, "accept")

    # The workers ask the driver who has been free longest; that one says no, so the other is asked and drives.
    leg = int(one("SELECT id FROM legs WHERE to_appointment_id = :v", v=number).id)
    until(lambda: one("SELECT driver_id FROM legs WHERE id = :l AND state = 'offered'", l=leg))
    asked = one("SELECT driver_id FROM legs WHERE id = :l", l=leg).driver_id
    no, yes = (ambo, berto) if asked == drivers[0] else (berto, ambo)
    _job(no, leg).locator('[data-do="decline_leg"]').click()
    saying_no = _dialog(no)
    saying_no.get_by_role("button", name="Too far").click()
    _sent(no, saying_no)
    _take(_job(yes, leg), "accept_leg")
    expect(mine.locator(".job-ride")).to_contain_text("fetches you about")
    _take(_job(yes, leg), "start_journey", "arrive", "drop_off")

    # Sessions, one of them longer.
    for job in (mine, hers):
        _take(job, "start_session")
    mine.locator('[data-do="extend"]').click()
    longer = _dialog(amor)
    longer.get_by_label("Minutes more").fill("30")
    longer.get_by_label("Pesos more").fill("250")
    _sent(amor, longer)
    for job in (mine, hers):
        _take(job, "end_session")
    _take(mine, "request_payment")

    # GCash needs its receipt.
    paying = _press(desk, "verify_payment")
    paying.get_by_label(re.compile("^GCash")).check()
    paying.get_by_label(re.compile("^Receipt")).set_input_files(
        {"name": "gcash.png", "mimeType": "image/png", "buffer": PNG + f"{number}".encode()}
    )
    expect(paying.get_by_text("The picture is kept.")).to_be_visible()
    _sent(desk, paying)
    for phone, job in ((amor, mine), (bining, hers)):
        job.locator('[data-do="report_materials"]').first.click()
        reporting = _dialog(phone)
        for box in reporting.get_by_role("checkbox").all()[:1]:
            box.check()
        _sent(phone, reporting)
    expect(desk.locator(".visit-head .tag").first).to_have_text("completed")
    expect(amor.locator(".week-figures")).to_contain_text("1 paid visit")

    # Both drivers are on the road: who asks to be fetched waits.
    roads = [_on_the_road(name, driver) for name, driver in zip(("Dayang", "Elang"), drivers, strict=True)]
    for job in (mine, hers):
        job.locator('[data-do="ask_pickup"]').first.click()
        expect(job.locator(".job-ride")).to_contain_text("The desk looks for a driver")
    back = int(one("SELECT id FROM legs WHERE from_appointment_id = :v ORDER BY id LIMIT 1", v=number).id)
    desk.goto(f"{people.site.one}/board")
    expect(desk.locator(".needs").get_by_text(re.compile("pick-up", re.IGNORECASE)).first).to_be_visible()
    assert one("SELECT driver_id FROM legs WHERE id = :l", l=back).driver_id is None

    # One of them drops off, is free, and is asked without anybody's doing.
    _take(_job(yes, roads[0 if yes is ambo else 1]), "arrive", "drop_off")
    home = _job(yes, back)
    _take(home, "accept_leg")
    expect(mine.locator(".job-ride")).to_contain_text("arrives about")
    _take(home, "collect", "finish")
    until(lambda: one("SELECT state FROM legs WHERE id = :l", l=back).state == "done")
    expect(amor.locator(f'.job-over[data-job="{seat_of(number, first)}"]')).to_be_visible()

    # The desk sees who has a phone open, and how long a message takes.
    desk.goto(f"{people.site.one}/drivers")
    for name, here in (("Ambo", "true"), ("Berto", "true")):
        expect(desk.locator(f'[data-driver^="{name}"] .online').first).to_have_attribute("data-online", here)
    expect(desk.locator(".round-trip")).to_contain_text("ms")
    desk.goto(f"{people.site.one}/board")

    # The figures of the evening.
    expect(desk.locator(".needs").get_by_text(re.compile("pick-up", re.IGNORECASE))).to_have_count(0)
    paid = one("SELECT method, amount, extension_amount FROM payments WHERE appointment_id = :v", v=number)
    assert (paid.method, paid.extension_amount) == ("gcash", 250)
    desk.get_by_label("All lines").check()
    bar = desk.locator(f'.glance-line a[href*="/appointments/{number}"][data-state="completed"]')
    expect(bar.first).to_be_attached()


def _on_the_road(name: str, driver: int) -> int:
    """A trip this driver has begun, with somebody else."""
    rider = hire(Role.THERAPIST, name)
    there = visit(rider, minutes=35, driven=True)
    accepted(there, rider)
    leg = driven_by(there, driver)
    run(lambda session: start_journey(session, Actor(driver, Role.DRIVER, "Driver"), leg, now=now()))
    return leg
