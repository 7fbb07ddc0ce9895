"""Takes the pictures of the guides and of the README: ``python -m docs.screenshots [NAME ...]``.

It starts a demo firm of its own in which nobody acts by themselves, signs in as the person of each picture, and writes
it into ``assets/help`` in both themes. Names are those of ``guitara_app.help.pictures``; without any all are taken.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.firm.queries import firm_settings
from guitara_app.help.pictures import PICTURES, Picture
from guitara_app.kit.database import reading
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT
from loadtest.firm import own_firm

FOLDER = PROJECT / "assets" / "help"
LARGEST = 80_000
"""Bytes of a picture at most; the quality follows."""

_CHROMIUM = os.environ.get("GUITARA_CHROMIUM", "/usr/bin/chromium")
_QUALITIES = (82, 70, 58, 45)
_SETTLED_MS = 1200


def main() -> int:
    """Take what is asked for."""
    wanted = [PICTURES[name] for name in sys.argv[1:]] or list(PICTURES.values())
    FOLDER.mkdir(exist_ok=True)
    with (
        own_firm(large=False, users=1, say=_say, put=os.environ.__setitem__) as system,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for picture in wanted:
            for theme in ("light", "dark"):
                taken = _take(chromium, system.base, picture, theme)
                (FOLDER / picture.file(theme)).write_bytes(taken)
                _say(f"{picture.file(theme)}: {len(taken) // 1000} kB")
        chromium.close()
    return 0


def _take(chromium: Browser, base: str, picture: Picture, theme: Literal["light", "dark"]) -> bytes:
    width, height = picture.size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if picture.narrow else 1,
        color_scheme=theme,
        reduced_motion="reduce",
        has_touch=picture.narrow,
    )
    answer = context.request.post(
        f"{base}/auth/login",
        form={"username": picture.username, "password": DEMO_PASSWORD},
        headers={"Origin": base},
        max_redirects=0,
    )
    if answer.status != 303:
        raise RuntimeError(answer.text())
    page = context.new_page()
    page.goto(f"{base}{picture.path}")
    expect(page.locator(".live").first).to_have_attribute("data-connection", "live", timeout=30_000)
    expect(page.locator(picture.shows).first).to_be_visible(timeout=30_000)
    _PREPARED.get(picture.name, _as_it_is)(page)
    page.wait_for_timeout(_SETTLED_MS)
    taken = _smallest(page)
    context.close()
    return taken


def _smallest(page: Page) -> bytes:
    """The picture as WebP, as good as its size allows. Playwright itself writes none."""
    browser = page.context.new_cdp_session(page)
    taken = b""
    for quality in _QUALITIES:
        answer = browser.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        taken = base64.b64decode(answer["data"])
        if len(taken) <= LARGEST:
            break
    return taken


def _as_it_is(page: Page) -> None:
    """Nothing is to be done first."""


def _book(page: Page) -> None:
    """The form as it is after a minute on the phone."""
    form = page.get_by_role("dialog", name="Book a visit")
    form.get_by_role("combobox", name="Client: name, phone or e-mail").press_sequentially("santos")
    expect(form.locator(".typeahead-option").first).to_be_visible()
    page.keyboard.press("Enter")
    # What is known of the client draws the form anew once it has come.
    expect(form.locator(".client-card b").first).to_contain_text("Santos")
    page.wait_for_timeout(_SETTLED_MS)
    form.get_by_role("checkbox", name="Shiatsu").check()
    with reading() as session:
        start = firm_settings(session).calendar.local(now() + timedelta(hours=2))
    form.get_by_label("Start").fill(f"{start:%H}:00")
    expect(form.locator(".candidates li").first).to_be_visible(timeout=30_000)
    form.get_by_text("Who goes", exact=True).first.scroll_into_view_if_needed()
    page.evaluate("document.activeElement.blur()")


_PREPARED: dict[str, Callable[[Page], None]] = {"booking": _book}


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
