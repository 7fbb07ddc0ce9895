"""Visits and trips moved about on the timeline, by mouse and by keys, while somebody else looks on."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Locator, Page, expect

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, operator, visit
from tests.e2e.steps import ZONE, at_rest, overflow


def block(page: Page, visit_id: int, kind: str = "seat") -> Locator:
    return page.locator(f'.tl-block[data-visit="{visit_id}"][data-kind="{kind}"]')


def look_at(people: People, username: str, named: str, *, base: str = "", zone: str = "", clock: str = "4") -> Page:
    """The timeline of four hours around now or another piece of the clock, of those whose name begins so."""
    page = people.sign_in(username, base=base, path="/timeline")
    if zone:
        far = people.browser.new_context(timezone_id=zone, storage_state=page.context.storage_state())
        page = far.new_page()
        page.goto(f"{base or people.site.one}/timeline")
    page.get_by_label("Find a name").fill(named)
    page.get_by_label("How much of the clock").select_option(clock)
    drawn = {"4": "240"}.get(clock, re.compile("^[6-9][0-9]{2}$"))
    expect(page.locator(".tl-scroll")).to_have_attribute("data-drawn", drawn)
    expect(page.locator(".tl-label.tl-person").first).to_contain_text(named)
    return page


def starts(visit_id: int, minutes: int = 0) -> str:
    """What the clock of the firm shows when a visit starts, or so much later."""
    with reading() as session:
        fields = fields_of(session, visit_id)
    at = now().astimezone(ZONE).replace(hour=fields.start.hour, minute=fields.start.minute)
    return f"{at + timedelta(minutes=minutes):%H:%M}"


def take(page: Page, what: Locator, *, minutes: int = 0, onto: str = "") -> None:
    """Press on a block and take it along, and to somebody's row; it is not let go yet."""
    box = at_rest(what)
    x, y = box["x"] + 12, box["y"] + box["height"] / 2
    per_minute: float = page.evaluate("document.querySelector('.vis-panel.vis-center').clientWidth / 240")
    row = at_rest(page.locator(f'.tl-label[data-label="{onto}"]')) if onto else None
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + minutes * per_minute / 2, y + 6, steps=3)
    page.mouse.move(x + minutes * per_minute, row["y"] + 12 if row else y, steps=3)


def drag(page: Page, what: Locator, *, minutes: int = 0, onto: str = "") -> None:
    take(page, what, minutes=minutes, onto=onto)
    # A busy machine draws later than the mouse moves; who drags sees where it would go before letting go.
    expect(page.locator(".tl-ghost")).not_to_have_count(0)
    page.mouse.up()


def begins(clock: str) -> re.Pattern[str]:
    return re.compile(f"^{clock} to ")


def test_a_visit_is_dragged_along_and_to_another_row_before_somebody_elses_eyes(people: People) -> None:
    zuri, zeno = hire(Role.THERAPIST, "Quill"), hire(Role.THERAPIST, "Quentin")
    number = visit(zuri, minutes=50)
    was, later = starts(number), starts(number, 30)
    marga = look_at(people, "marga", "Qu")
    # Wherever the browser is, the clock is the firm's.
    ramon = look_at(people, "ramon", "Qu", base=people.site.two, zone="Pacific/Honolulu")
    pages = (marga, ramon)
    for page in pages:
        expect(block(page, number)).to_have_attribute("title", begins(was))

    drag(marga, block(marga, number), minutes=30)
    for page in pages:
        expect(block(page, number)).to_have_attribute("title", begins(later))
    expect(marga.locator("[data-undo]")).to_contain_text(f"#{number}")
    marga.locator("[data-undo]").get_by_role("button", name="Undo").click()
    for page in pages:
        expect(block(page, number)).to_have_attribute("title", begins(was))
    expect(marga.locator("[data-undo]")).to_have_count(0)

    drag(marga, block(marga, number), onto="Quentin Bagong")
    for page in pages:
        expect(block(page, number)).to_have_attribute("data-row", f"p{zeno}")
        expect(block(page, number)).to_have_attribute("title", begins(was))
    block(ramon, number).click()
    ramon.wait_for_url(f"**/appointments/{number}")


def test_a_clash_shows_while_dragging_is_refused_by_name_and_another_way_is_one_click_away(people: People) -> None:
    hire(Role.THERAPIST, "Xena")
    xavi = hire(Role.THERAPIST, "Xavi")
    with_xavi = visit(xavi, minutes=60)
    mine = visit(hire(Role.THERAPIST, "Xandra"), minutes=65)
    marga = look_at(people, "marga", "Xa")
    home = block(marga, mine).get_attribute("data-row") or ""

    take(marga, block(marga, mine), onto="Xavi Bagong")
    expect(marga.locator(".tl-hint")).to_contain_text(f"clashes with #{with_xavi}")
    expect(marga.locator('.tl-ghost[data-bad="true"]')).to_have_count(1)
    marga.mouse.up()
    refusal = marga.locator(".tl-refusal")
    expect(refusal).to_contain_text(f"(#{with_xavi})")
    expect(block(marga, mine)).to_have_attribute("data-row", home)
    expect(block(marga, mine)).not_to_have_attribute("data-held", "true")

    refusal.locator(".acts").get_by_role("button").first.click()
    expect(refusal).to_have_count(0)
    expect(marga.locator("[data-undo]")).to_contain_text(f"#{mine}")


def test_several_are_moved_by_keys_and_what_cannot_go_is_named(people: People) -> None:
    wanda, wilma = hire(Role.THERAPIST, "Wxanda"), hire(Role.THERAPIST, "Wxilma")
    first, second = visit(wanda, minutes=60), visit(wanda, minutes=160)
    in_the_way = visit(wilma, minutes=200)
    marga = look_at(people, "marga", "Wx", clock="evening")
    ramon = look_at(people, "ramon", "Wx", base=people.site.two, clock="evening")
    expected = {number: starts(number, 30) for number in (first, second)}
    for number in (first, second):
        block(marga, number).click(modifiers=["Control"])
        expect(block(marga, number)).to_have_attribute("aria-selected", "true")
    marga.locator(".tl-scroll").focus()
    marga.keyboard.press("Alt+ArrowRight")
    marga.keyboard.press("Alt+ArrowRight")
    expect(marga.locator(".tl-ghost")).to_have_count(2)
    marga.keyboard.press("Enter")
    for page in (marga, ramon):
        for number, clock in expected.items():
            expect(block(page, number)).to_have_attribute("title", begins(clock))

    hand = marga.get_by_role("group", name="Chosen")
    hand.get_by_label("Give to").select_option(str(wilma))
    expect(hand).to_contain_text(f"clashes with #{in_the_way}")
    hand.get_by_role("button", name="Save").click()
    for page in (marga, ramon):
        expect(block(page, first)).to_have_attribute("data-row", f"p{wilma}")
        expect(block(page, second)).to_have_attribute("data-row", f"p{wanda}")
    expect(marga.locator(".tl-refusal")).to_have_count(1)
    expect(marga.locator(".tl-refusal")).to_contain_text(f"#{second}")


def test_what_a_colleague_moves_meanwhile_leaves_the_hand(people: People) -> None:
    number = visit(hire(Role.THERAPIST, "Jxsolde"), minutes=60)
    later = starts(number, 20)
    marga = look_at(people, "marga", "Jx")
    take(marga, block(marga, number), minutes=45)
    expect(marga.locator(".tl-ghost")).to_have_count(1)
    with reading() as session:
        stands = fields_of(session, number)
    hour, minute = map(int, later.split(":"))
    request = ChangeRequest(evening=stands.evening, start=stands.start.replace(hour=hour, minute=minute))
    run(lambda session: change(session, operator(), number, request=request, reason="client asked", now=now()))
    expect(marga.locator(".tl-said")).to_contain_text("Somebody changed this while you were moving it")
    expect(marga.locator(".tl-ghost")).to_have_count(0)
    marga.mouse.up()
    expect(block(marga, number)).to_have_attribute("title", begins(later))
    expect(marga.locator("[data-undo]")).to_have_count(0)


def test_a_trip_that_nobody_drives_is_dragged_to_a_driver(people: People) -> None:
    driver = hire(Role.DRIVER, "Vxadim")
    number = visit(hire(Role.THERAPIST, "Vxera"), minutes=110, driven=True)
    marga = look_at(people, "marga", "Vx")
    trip = block(marga, number, "leg")
    expect(trip).to_have_attribute("data-row", re.compile("^wait-driver-"))
    drag(marga, trip, onto="Vxadim Bagong")
    expect(trip).to_have_attribute("data-row", f"p{driver}")
    expect(trip).to_have_attribute("data-state", "accepted")
    expect(marga.locator("[data-undo]")).to_contain_text("Vxadim Bagong drives")

    # Of all the rows only a screen is drawn; the others come with scrolling, and the axis stays.
    marga.get_by_label("Find a name").fill("")
    last = marga.locator('.tl-label[data-label="Vxadim Bagong"]')
    expect(last).to_have_count(0)
    marga.locator(".tl-scroll").evaluate("node => { node.scrollTop = node.scrollHeight; }")
    expect(last).to_be_in_viewport()
    expect(trip).to_be_in_viewport()
    expect(marga.locator(".vis-time-axis .vis-text.vis-major").first).to_be_in_viewport()


def test_a_phone_in_the_dark_chooses_with_a_tap_and_moves_with_buttons(people: People) -> None:
    number = visit(hire(Role.THERAPIST, "Uxana"), minutes=60)
    later = starts(number, 15)
    first = people.sign_in("marga", path="/timeline")
    context = people.browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        has_touch=True,
        color_scheme="dark",
        timezone_id="Europe/Berlin",
        storage_state=first.context.storage_state(),
    )
    phone = context.new_page()
    phone.goto(f"{people.site.one}/timeline")
    # The few hours a phone has room for are of tonight, also those past midnight.
    with reading() as session:
        tonight = firm_settings(session).calendar.business_date(now())
    expect(phone.locator(".tl-when")).to_have_text(f"{tonight:%a} {tonight.day} {tonight:%b}tonight")
    phone.get_by_label("Find a name").fill("Ux")
    block(phone, number).tap()
    hand = phone.get_by_role("group", name="Chosen")
    hand.get_by_role("button", name="15 min later").tap()
    hand.get_by_role("button", name="Save").tap()
    expect(block(phone, number)).to_have_attribute("title", begins(later))
    assert overflow(phone) == []


def test_who_only_runs_visits_sees_no_timeline(people: People) -> None:
    ana = people.sign_in("ana", path="/timeline")
    expect(ana.get_by_text("Your account may not")).to_be_visible()
    expect(ana.locator(".tl-block")).to_have_count(0)
    ana.goto(f"{people.site.one}/board")
    expect(ana.get_by_role("link", name="Drivers", exact=True)).to_be_visible()
    expect(ana.get_by_role("link", name="Timeline")).to_have_count(0)
