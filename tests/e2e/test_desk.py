"""Two operators share one desk: who handles what, what the next shift must know, and what is left on paper."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import book, card, overflow

SOUNDS = """
window.played = [];
class Quiet {
  state = "running"; currentTime = 0; destination = {};
  resume() {}
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to) => to }; }
  createOscillator() {
    const tone = { frequency: {}, connect: (to) => to, stop() {} };
    tone.start = () => window.played.push(tone.frequency.value);
    return tone;
  }
}
window.AudioContext = Quiet;
"""


def _needs(page: Page) -> Locator:
    return page.locator(".need")


def _entry(page: Page, key: str) -> Locator:
    return page.locator(f'.need[data-name="{key}"]')


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('[data-name]')?.dataset.name ?? ''"))


def _first_free(page: Page) -> str:
    entry = page.locator('.need[data-handled="false"]').first
    expect(entry).to_be_visible()
    return str(entry.get_attribute("data-name"))


def test_what_one_desk_takes_on_shows_on_the_other_until_it_is_let_go(people: People) -> None:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    key = _first_free(ana)

    _entry(ana, key).get_by_role("button", name="Take it").click()
    expect(_entry(ana, key)).to_contain_text("You are handling")
    expect(_entry(bea, key)).to_contain_text(re.compile(r"Ana \S+.* is handling"))

    _entry(bea, key).get_by_role("button", name="Take over").click()
    expect(_entry(bea, key)).to_contain_text("You are handling")
    expect(_entry(ana, key)).to_contain_text(re.compile(r"Bea \S+.* is handling"))

    _entry(bea, key).get_by_role("button", name="Let go").click()
    expect(_entry(ana, key).get_by_role("button", name="Take it")).to_be_visible()


def test_the_board_is_worked_with_the_keyboard_alone(people: People) -> None:
    ana = people.sign_in("ana")
    expect(_needs(ana).first).to_be_visible()
    ana.keyboard.press("?")
    expect(ana.get_by_role("dialog", name="Keys")).to_be_visible()
    ana.keyboard.press("Escape")

    ana.keyboard.press("0")
    first = _focused(ana)
    assert first == _needs(ana).first.get_attribute("data-name")
    ana.keyboard.press("j")
    assert _focused(ana) == _needs(ana).nth(1).get_attribute("data-name")
    ana.keyboard.press("k")
    assert _focused(ana) == first

    # A column may be empty, so the next one with a card is where the arrow leads.
    ana.keyboard.press("ArrowRight")
    there = _focused(ana)
    assert there.startswith("visit-")
    ana.keyboard.press("ArrowLeft")
    assert _focused(ana) == first
    ana.keyboard.press("c")
    expect(_entry(ana, first)).to_contain_text("You are handling")
    ana.keyboard.press("c")
    expect(_entry(ana, first).get_by_role("button", name="Take it")).to_be_visible()

    ana.keyboard.press("ArrowRight")
    ana.keyboard.press("Enter")
    ana.wait_for_url(re.compile(f"/appointments/{there.removeprefix('visit-')}"))


def test_typing_is_never_taken_for_a_command(people: People) -> None:
    ana = people.sign_in("ana")
    expect(_needs(ana).first).to_be_visible()
    ana.keyboard.press("h")
    note = ana.get_by_label("Tonight's note")
    expect(note).to_be_focused()
    note.press_sequentially("jk0c?hb")
    expect(note).to_have_value("jk0c?hb")
    note.fill("")


def test_a_new_alarm_sounds_on_every_desk_unless_it_is_muted(people: People) -> None:
    ana, bea = people.visitor(), people.visitor()
    for page, name, base in ((ana, "ana", people.site.one), (bea, "bea", people.site.two)):
        page.add_init_script(SOUNDS)
        people.let_in(page, name, base=base)
        expect(_needs(page).first).to_be_visible()
    bea.get_by_role("button", name="Mute").click()
    expect(bea.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    assert ana.evaluate("window.played") == []

    booked = book(ana, "tor")
    phone = people.sign_in(booked.username, base=people.site.two, size=PHONE)
    phone.get_by_role("button", name="Reject").first.click()
    phone.get_by_role("button", name="I am ill").click()
    phone.get_by_role("dialog").get_by_role("button", name="Reject", exact=True).click()

    for desk in (ana, bea):
        expect(desk.locator(".needs").get_by_text("Rejected: I am ill").first).to_be_visible()
        expect(card(desk, booked.number).get_by_text("needs a decision")).to_be_visible()
    ana.wait_for_function("window.played.length > 0")
    assert bea.evaluate("window.played") == []


def test_the_next_shift_reads_the_note_once_and_nobody_overwrites_anybody(people: People) -> None:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    for desk in (ana, bea):
        expect(_needs(desk).first).to_be_visible()
    bea.keyboard.press("h")
    bea.get_by_label("Tonight's note").fill("Bea's half of it")

    ana.keyboard.press("h")
    ana.get_by_label("Tonight's note").fill("Mrs D'Souza's key is in the drawer")
    ana.keyboard.press("Control+Enter")
    expect(ana.get_by_role("dialog", name="Hand-over for the next shift")).to_be_hidden()
    # The writer knows it; the other desk is shown it, and keeps what it was typing.
    expect(ana.locator(".handover-banner")).to_have_count(0)
    expect(bea.locator(".handover-banner")).to_contain_text("Mrs D'Souza's key is in the drawer")
    sheet = bea.get_by_role("dialog", name="Hand-over for the next shift")
    expect(sheet.get_by_role("alert").first).to_contain_text("has changed the note while you were typing")
    bea.keyboard.press("Control+Enter")
    expect(sheet).to_contain_text("Somebody else has changed the note")
    expect(bea.get_by_label("Tonight's note")).to_have_value("Bea's half of it")
    sheet.get_by_role("button", name="Put mine below it").click()
    bea.keyboard.press("Control+Enter")
    expect(sheet).to_be_hidden()

    banner = ana.locator(".handover-banner")
    expect(banner).to_contain_text("Bea's half of it")
    expect(banner).to_contain_text("Mrs D'Souza's key")
    banner.get_by_role("button", name="I have read it").click()
    expect(banner).to_have_count(0)
    ana.reload()
    expect(_needs(ana).first).to_be_visible()
    expect(banner).to_have_count(0)
    bea.keyboard.press("h")
    expect(sheet).to_contain_text(re.compile(r"read by Ana \S+"))
    expect(sheet.locator(".handovers")).to_contain_text("earlier wording")


def test_the_sheet_can_be_printed_and_taken_along(people: People) -> None:
    ana = people.sign_in("ana")
    booked = book(ana, "san")
    with ana.expect_popup() as opened:
        ana.get_by_role("link", name="Print sheet").click()
    page = opened.value
    expect(page.get_by_role("row").filter(has_text=f"#{booked.number}")).to_contain_text(booked.therapist)
    expect(page.locator(".person").filter(has_text=booked.therapist).first).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Spreadsheet (CSV)").click()
    content = taken.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbfVisit,")
    assert f"\r\n{booked.number},".encode() in content

    page.get_by_role("link", name="Evening after").click()
    expect(page.get_by_role("row").filter(has_text=f"#{booked.number}")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) == []


def test_the_board_fits_a_phone(people: People) -> None:
    for dark in (False, True):
        phone = people.sign_in("bea", size=PHONE, dark=dark)
        expect(_needs(phone).first).to_be_visible()
        assert overflow(phone) == []
        assert phone.evaluate("document.querySelector('.top').scrollWidth <= innerWidth")
