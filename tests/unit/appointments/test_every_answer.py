"""Every state times every action times every role, with every answer, progress and trip that matters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from guitara_app.accounts.permissions import Actor, Role, allowed
from guitara_app.appointments.lifecycle import RULES, Action, check, party_of, permission_of
from guitara_app.appointments.words import Answer, AppointmentState, LegState, Progress
from guitara_app.kit.errors import GuitaraError
from tests.support.contract import CONTRACT, WHOEVER, Case, groups, verdict

_NONE = ("",)


def cases(action: str) -> Iterator[Case]:
    """The full product over every column the action could look at."""
    line = CONTRACT[action]
    # An action on a trip that looks at its riders is asked with each; a visit as a whole has neither place nor trip.
    answers = tuple(Answer) if line.answer else _NONE
    progress = tuple(Progress) if line.answer else _NONE
    legs = tuple(LegState) if line.leg else _NONE
    places = groups([*Progress]) if line.nobody or line.everybody else [()]
    reasons = ("as agreed", " ") if line.reason else ("as agreed",)
    columns = (WHOEVER, tuple(AppointmentState), (True, False), answers, progress, legs, places, reasons)
    for values in product(*columns):
        yield Case(*values)


def answered(action: Action, case: Case) -> str:
    """What the code says."""
    try:
        check(
            action,
            party_of(Actor(None, case.who, "somebody")),
            visit=AppointmentState(case.visit),
            driver_needed=case.driven,
            answer=Answer(case.answer) if case.answer else None,
            progress=Progress(case.progress) if case.progress else None,
            leg=LegState(case.leg) if case.leg else None,
            places=[Progress(place) for place in case.places],
            reason=case.reason,
        )
    except GuitaraError as error:
        assert error.sentence[0].isupper()
        assert error.sentence.endswith(".")
        return type(error).__name__
    return "yes"


def test_the_contract_has_a_line_for_every_action() -> None:
    assert CONTRACT.keys() == set(Action)


@pytest.mark.parametrize("action", Action)
def test_every_case_is_answered_as_the_contract_says(action: Action) -> None:
    differing = [case for case in cases(action) if answered(action, case) != verdict(action, case)]
    assert differing == []


@pytest.mark.parametrize("action", Action)
def test_every_action_is_possible_for_somebody_and_refused_to_somebody(action: Action) -> None:
    said = {verdict(action, case) for case in cases(action)}
    assert {"yes", "NotAllowed"} <= said
    assert ("Invalid" in said) is RULES[action].needs_reason


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_the_right_that_pages_and_routes_ask_for_lets_in_whom_the_contract_names(action: Action, role: Role) -> None:
    if CONTRACT[action].by != "system":
        assert allowed(role, permission_of(action)) is (role in CONTRACT[action].by.split())
