"""A phone without a signal: the evening as it was last known, taps that wait, and nothing for the next person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.services import cancel
from guitara_app.kit.database import lock_people, run, transaction
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People, until
from tests.e2e.staging import accepted, door_of, driven_by, hire, one, operator, seat_of, visit

_KEPT = "async () => (await (await caches.open('guitara-pages')).keys()).map(one => new URL(one.url).pathname)"


@pytest.fixture
def people(people: People) -> People:
    """Consoles say that there is no network; that is what these tests are about."""
    people.expect_a_failing_network()
    return people


def _phone(people: People, name: str) -> Page:
    """The phone of somebody, once the page is kept for later."""
    page = people.sign_in(name, base=people.site.two, size=PHONE)
    expect(page.locator(".presence")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready")
    until(lambda: "/tonight" in page.evaluate(_KEPT))
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return page


def _events(kind: str, leg: int) -> int:
    return int(one("SELECT count(*) AS n FROM events WHERE kind = :k AND leg_id = :l", k=kind, l=leg).n)


def test_the_last_known_evening_without_a_network_and_never_for_the_next_person(people: People) -> None:
    me, other = hire(Role.THERAPIST, "Ligaya"), hire(Role.THERAPIST, "Perlas")
    mine, theirs = visit(me, minutes=50), visit(other, minutes=55)
    accepted(mine, me)
    accepted(theirs, other)
    door, away = door_of(mine), door_of(theirs)
    page = _phone(people, "ligaya")
    expect(page.get_by_text(door).first).to_be_visible()

    page.context.set_offline(True)
    expect(page.locator(".away")).to_contain_text("Offline, as of")
    page.reload()
    expect(page.locator(".away")).to_contain_text("Offline, as of")
    expect(page.get_by_text(door).first).to_be_visible()
    # Opened from the home screen, which leads to "/".
    page.goto(f"{people.site.two}/")
    expect(page.get_by_text(door).first).to_be_visible()

    page.context.set_offline(False)
    expect(page.locator(".away")).to_have_count(0)
    assert all(
        path == "/tonight" or path.startswith(("/assets/", "/icons/")) or "." in path for path in page.evaluate(_KEPT)
    )

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")
    assert page.evaluate("localStorage.getItem('guitara:night')") is None
    page.context.set_offline(True)
    page.goto(f"{people.site.two}/tonight")
    expect(page.locator(".away")).to_contain_text("nothing is kept on this phone")
    assert page.get_by_text(door).count() == 0
    page.context.set_offline(False)
    people.let_in(page, "perlas", base=people.site.two)
    expect(page.get_by_text(away).first).to_be_visible()
    # An evening is kept once the page has heard everything, a moment after it shows the evening.
    page.wait_for_function("localStorage.getItem('guitara:night') !== null")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_text(away).first).to_be_visible()
    assert page.get_by_text(door).count() == 0


def test_two_taps_wait_through_a_killed_tab_and_a_killed_server_and_count_once(people: People) -> None:
    therapist, driver = hire(Role.THERAPIST, "Silahis"), hire(Role.DRIVER, "Tsuper")
    trip_to = visit(therapist, minutes=45, driven=True)
    accepted(trip_to, therapist)
    leg = driven_by(trip_to, driver)
    page = _phone(people, "tsuper")
    job = page.locator(f'[data-job="{leg}"]')
    expect(job.locator('[data-do="start_journey"]')).to_be_visible()

    page.context.set_offline(True)
    job.locator('[data-do="start_journey"]').dblclick()
    expect(page.locator('[data-waiting="start_journey"]')).to_contain_text("waiting to be sent")
    job.locator('[data-do="arrive"][data-phase="ready"]').click()
    expect(page.locator("[data-waiting]")).to_have_count(2)
    tapped = now()
    page.close()

    again = page.context.new_page()
    again.goto(f"{people.site.two}/tonight")
    expect(again.locator("[data-waiting]")).to_have_count(2)
    expect(again.locator(".away")).to_contain_text("2 taps are waiting to be sent; nothing is lost")
    assert _events("journey_started", leg) == 0

    web = people.site.webs[1]
    with transaction() as session:
        # The first tap has arrived at the server and waits there for the driver's time, when the server is killed.
        lock_people(session, {driver})
        again.context.set_offline(False)
        until(_somebody_waits)
        web.kill()
        killed = now()
        expect(again.locator("[data-waiting]")).to_have_count(2)
    web.start()
    expect(again.locator("[data-waiting]")).to_have_count(0, timeout=60_000)
    expect(again.locator(".away")).to_have_count(0)
    expect(again.locator(f'[data-job="{leg}"] [data-do="drop_off"]')).to_be_visible()
    assert (_events("journey_started", leg), _events("arrived", leg)) == (1, 1)
    began = one("SELECT happened_at, recorded_at FROM events WHERE kind = 'journey_started' AND leg_id = :l", l=leg)
    # However long the way to the server was in the end: what the tap had waited for before is counted.
    assert began.recorded_at - began.happened_at >= killed - tapped
    assert again.locator(".tap-refused").count() == 0


def _somebody_waits() -> bool:
    return bool(one("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").n)


def test_a_tap_that_comes_too_late_is_explained_and_the_rest_goes_on(people: People) -> None:
    me = hire(Role.THERAPIST, "Marilag")
    first, second = visit(me, minutes=60), visit(me, minutes=240)
    page = _phone(people, "marilag")
    seats = [seat_of(number, me) for number in (first, second)]

    page.context.set_offline(True)
    for seat in seats:
        page.locator(f'[data-job="{seat}"] [data-do="accept"]').click()
    expect(page.locator("[data-waiting]")).to_have_count(2)
    run(lambda session: cancel(session, operator(), first, reason="client called off", now=now()))
    page.context.set_offline(False)

    refused = page.locator(".tap-refused")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("was not taken")
    until(lambda: one("SELECT answer FROM assignments WHERE id = :s", s=seats[1]).answer == "accepted")
    page.reload()
    refused.get_by_role("button", name="I have read it").click()
    expect(refused).to_have_count(0)


def test_saying_no_needs_no_signal_either(people: People) -> None:
    me = hire(Role.THERAPIST, "Hiwaga")
    seat = seat_of(visit(me, minutes=60), me)
    page = _phone(people, "hiwaga")
    page.context.set_offline(True)
    page.locator(f'[data-job="{seat}"] [data-do="reject"]').click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Too far").click()
    dialog.get_by_role("button", name="Reject", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.locator('[data-waiting="reject"]')).to_be_visible()
    page.context.set_offline(False)
    until(lambda: one("SELECT answer FROM assignments WHERE id = :s", s=seat).answer == "rejected")
    assert one("SELECT answer_reason AS why FROM assignments WHERE id = :s", s=seat).why == "Too far"
    expect(page.locator("[data-waiting]")).to_have_count(0)


def test_what_came_while_the_phone_was_away_is_there_when_it_is_back(people: People) -> None:
    me = hire(Role.THERAPIST, "Amianan")
    first = seat_of(visit(me, minutes=60), me)
    page = _phone(people, "amianan")
    expect(page.locator(f'[data-job="{first}"]')).to_be_visible()
    page.evaluate("window.stillTheSame = true")

    page.context.set_offline(True)
    expect(page.locator(".away")).to_contain_text("Offline, as of")
    second = seat_of(visit(me, minutes=240), me)
    page.context.set_offline(False)

    expect(page.locator(".away")).to_have_count(0)
    expect(page.locator(f'[data-job="{second}"]')).to_be_visible()
    assert page.evaluate("window.stillTheSame === true")
