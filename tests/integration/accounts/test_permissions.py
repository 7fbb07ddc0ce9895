"""The permission table against what the contract says of the five roles."""

from __future__ import annotations

import pytest

from guitara_app.accounts.permissions import HOLDERS, SYSTEM, Actor, Permission, Role, allowed, require
from guitara_app.kit.errors import NotAllowed

OPERATOR = {"signed_in", "see_board", "see_appointment", "see_clients", "edit_clients", "book", "run_visits"}
OPERATOR |= {"step_as_therapist", "step_as_driver", "see_shifts", "manage_shifts"}
OPERATOR |= {"handle_attention", "hand_over", "print_sheet", "manage_stock"}
EXPECTED = {
    Role.OPERATOR: OPERATOR,
    Role.THERAPIST: {"signed_in", "see_own_jobs", "step_as_therapist", "own_shifts"},
    Role.DRIVER: {"signed_in", "see_own_jobs", "see_queue", "step_as_driver", "own_shifts"},
    Role.MANAGER: OPERATOR | {"overrule", "set_holidays", "see_plan", "exchange", "set_catalog", "manage_staff"},
    Role.ADMIN: OPERATOR
    | {"overrule", "set_holidays", "see_plan", "set_catalog", "set_firm", "manage_staff", "manage_accounts"}
    | {"exchange", "use_console", "see_audit", "erase_clients", "see_system"},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_contract_says_and_nothing_else(role: Role) -> None:
    assert {permission.value for permission in Permission if allowed(role, permission)} == EXPECTED[role]


def test_every_permission_is_held_by_somebody() -> None:
    assert set(HOLDERS) == set(Permission)
    assert all(HOLDERS.values())


@pytest.mark.parametrize("permission", Permission)
def test_whoever_has_no_role_has_no_right(permission: Permission) -> None:
    assert not allowed(None, permission)
    with pytest.raises(NotAllowed):
        require(SYSTEM, permission)


def test_acting_for_somebody_gives_none_of_their_rights() -> None:
    driver = Actor(1, Role.DRIVER, "Driver", on_behalf_of=2)
    with pytest.raises(NotAllowed):
        require(driver, Permission.STEP_AS_THERAPIST)
