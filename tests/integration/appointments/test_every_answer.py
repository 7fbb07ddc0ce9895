"""In one situation of a visit after another, everybody tries everything, on rows in PostgreSQL.

What the contract refuses writes nothing at all; what it allows is stamped, and stands in the history of the visit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries import detail
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.errors import GuitaraError
from tests.integration.stock.conftest import stocked
from tests.support.contract import CONTRACT
from tests.support.firm import Firm, open_firm
from tests.support.oracle import Standing, Try, expected, standing, taken_already, tries
from tests.support.stage import Stage, on_stage

_DRIVEN = "accept search_driver accept_leg start_journey arrive drop_off start_session end_session"
_PAID = "request_payment verify_payment report_materials"
_ALONE = "accept start_session end_session"
_BOTH = "accept.0 accept.1 search_driver accept_leg start_journey arrive drop_off"
_TOGETHER = f"{_BOTH} start_session.0 start_session.1 end_session.0 end_session.1"


def _along(way: str, *, least: int = 0, then: str = "") -> list[str]:
    """Every situation on the way, from the one after ``least`` steps on."""
    steps = way.split()
    return [" ".join([*steps[:many], *then.split()]) for many in range(least, len(steps) + 1)]


SITUATIONS: dict[str, list[str]] = {
    "driven": [
        *_along(f"{_DRIVEN} {_PAID}"),
        *_along(" ".join(_DRIVEN.split()[:6]), then="cancel"),
        *_along(" ".join(_DRIVEN.split()[:6]), least=1, then="withdraw"),
    ],
    "alone": [
        *_along(f"{_ALONE} {_PAID}"),
        "accept start_session extend",
        f"{_ALONE} request_payment extend",
        "accept start_session stop_early",
        "accept due",
        "accept due no_show",
        "accept cancel reopen accept.1",
        "accept cancel",
        "accept withdraw",
        "accept withdraw replace.0",
        "reject insist",
        f"{_ALONE} ask_pickup offer_leg",
        f"{_ALONE} request_payment write_off",
        f"{_ALONE} {_PAID} force",
    ],
    "group": [
        *_along(_TOGETHER, least=1),
    ],
}
SHAPES = {"driven": ((0,), True), "alone": ((0,), False), "group": ((0, 1), True)}


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    firm = open_firm()
    stocked(firm)
    return firm


def _check_stamp(stage: Stage, number: int, one: Try, last: int, happened: Any) -> None:
    """One event tells of it: by whom, for whom, when it was and when it was written; the page shows it."""
    kind = "swapped" if one.name == "swap" else HAPPENING[Action(one.name)].kind
    told = [event for event in stage.events_after(last) if event.kind == kind and event.appointment_id == number]
    assert len(told) == 1, [event.kind for event in stage.events_after(last)]
    [event] = told
    in_the_field = {"therapist", "driver"} & set(CONTRACT[one.name].by.split()) if one.name != "swap" else ()
    for_whom = one.theirs if in_the_field and one.actor.is_desk else None
    assert (event.actor_id, event.on_behalf_of_id) == (one.actor.person_id, for_whom)
    assert event.happened_at == happened
    assert event.recorded_at is not None
    page = detail(stage.session, number, now=stage.clock)
    assert page is not None
    [line] = [row for row in page["history"] if row["event_id"] == event.id]
    who = one.actor.name if one.actor is not SYSTEM else "The system"
    for_name = stage.rows("SELECT name FROM people WHERE id = :id", id=for_whom)[0].name if for_whom else ""
    assert line["who"] == (f"{who} for {for_name}" if for_name else who)
    assert line["reason"] == "as agreed"


def _answered(stage: Stage, now: Standing, one: Try, *, wanted: str, elsewhere: int) -> str:
    """What the services say, with nothing of it left."""
    happened = stage.clock - timedelta(seconds=20)
    more: dict[str, Any] = {"reason": "as agreed", "happened_at": happened}
    form = {"other_assignment_id": elsewhere} if one.name == "swap" else stage.form(one.name, now.number, one.target)
    stage.writes.clear()
    try:
        if wanted in ("NotAllowed", "NotFound"):
            stage.perform(one.actor, one.name, one.target, **form, **more)
            return "yes"
        with stage.trying():
            last = stage.last_event()
            stage.perform(one.actor, one.name, one.target, **form, **more)
            if not taken_already(now, one):
                _check_stamp(stage, now.number, one, last, happened)
    except GuitaraError as error:
        assert error.sentence.endswith("."), (one.name, error.sentence)
        return type(error).__name__
    return "yes"


@pytest.mark.parametrize("shape", SHAPES)
def test_everybody_tries_everything(firm: Firm, shape: str) -> None:
    differing: list[str] = []
    people, driven = SHAPES[shape]
    for steps in dict.fromkeys(SITUATIONS[shape]):
        with on_stage(firm) as stage:
            number = stage.book(*people, driven=driven)
            elsewhere = stage.seats(stage.book(2, driven=False))[0].id
            stage.walk(number, steps)
            stage.clock += timedelta(minutes=1)
            now = standing(stage, number)
            for one in list(tries(stage, now)):
                wanted, by_the_table = expected(now, one)
                said = _answered(stage, now, one, wanted=wanted, elsewhere=elsewhere)
                wrote = stage.writes if by_the_table and wanted != "yes" else []
                if said != wanted or wrote:
                    differing.append(f"{steps}: {one.actor.name}: {one.name}: {said}, not {wanted}; wrote {wrote}")
    assert differing == []
