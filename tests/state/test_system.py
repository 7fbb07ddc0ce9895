"""The page of the system answers admins and nobody else."""

from __future__ import annotations

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.pages.access import NOT_ALLOWED
from guitara_app.pages.system.state import SystemState
from tests.state.conftest import OpenBrowser

PAGE = SystemState.get_full_name()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_who_is_no_admin_is_told_nothing(browser: OpenBrowser, role: Role) -> None:
    tab = browser(role, "/system")
    for name, payload in (("load", {}), ("show_hour", {"on": True})):
        told = tab.call(f"{PAGE}.{name}", payload)
        assert told.says(NOT_ALLOWED)
        assert "hour" not in told.values


def test_nobody_is_asked_to_sign_in(browser: OpenBrowser) -> None:
    assert browser(None, "/system").call(f"{PAGE}.load").leads_to("/login")


def test_an_admin_chooses_how_far_back_to_look(browser: OpenBrowser) -> None:
    tab = browser(Role.ADMIN, "/system")
    assert tab.call(f"{PAGE}.load").events == []
    assert tab.call(f"{PAGE}.show_hour", {"on": True}).values["hour"] is True
    assert tab.call(f"{PAGE}.show_hour", {"on": "perhaps"}).says("could not be read")
