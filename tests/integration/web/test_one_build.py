"""One build of the pages, on two ports and under two names, in a real browser."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.integration.web.conftest import PASSWORD, StartWeb, Web

pytestmark = pytest.mark.browser


def watch(page: Page, complaints: list[str]) -> None:
    def hear(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            complaints.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def sign_in(browser: Browser, base: str, complaints: list[str]) -> Page:
    page = browser.new_context().new_page()
    watch(page, complaints)
    page.goto(f"{base}/login?next=/board")
    page.get_by_label("User name or e-mail").fill("operator")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="User name or password is not right.")).to_be_visible()
    expect(page.get_by_label("User name or e-mail")).to_have_value("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/board")
    expect(page.locator(".live").first).to_have_attribute("data-connection", "live")
    expect(page.get_by_text("Operator").first).to_be_visible()
    return page


def test_the_same_files_serve_any_port_and_name(web: Web, start_web: StartWeb) -> None:
    second = start_web(1)
    complaints: list[str] = []
    chromium = os.environ.get("GUITARA_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for base in (web.base, second.base, f"http://127.0.0.1:{second.port}", f"http://guitara.localhost:{web.port}"):
            page = sign_in(browser, base, complaints)
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_role("alert").filter(has_text="You are signed out.")).to_be_visible()
            page.goto(f"{base}/board")
            page.wait_for_url(f"{base}/login?next=%2Fboard")
            page.context.close()
        browser.close()
    assert complaints == []
