"""What each action on a visit takes, however full the evening is."""

from __future__ import annotations

from datetime import time
from typing import Any, NamedTuple

from guitara_app.accounts.permissions import Role
from guitara_app.actions import DOINGS
from tests.integration.budgets.conftest import Said, Within, counting, same
from tests.support.firm import Firm
from tests.support.stage import on_stage

_DROPPED = "accept search_driver accept_leg start_journey arrive drop_off"
_ENDED = f"{_DROPPED} start_session end_session"
_PAID = f"{_ENDED} request_payment verify_payment"


class Scene(NamedTuple):
    """The steps after which the action can be taken, with how many therapists."""

    steps: str = ""
    people: int = 1
    driven: bool = True
    form: dict[str, Any] = {}


SCENES = {
    "accept": Scene(),
    "reject": Scene(),
    "withdraw": Scene("accept"),
    "insist": Scene("reject"),
    "replace": Scene("reject"),
    "drop": Scene("accept.0 reject.1", people=2),
    "swap": Scene(),
    "change": Scene(form={"request": {"start": "22:15"}}),
    "cancel": Scene("accept search_driver accept_leg"),
    "reopen": Scene("accept cancel"),
    "no_show": Scene("accept due", driven=False),
    "panic": Scene("accept start_session", driven=False),
    "search_driver": Scene("accept"),
    "search_again": Scene("accept search_driver decline_leg decline_leg decline_leg"),
    "choose_driver": Scene("accept"),
    "accept_leg": Scene("accept search_driver"),
    "decline_leg": Scene("accept search_driver"),
    "step_back": Scene("accept search_driver accept_leg"),
    "start_journey": Scene("accept search_driver accept_leg"),
    "arrive": Scene("accept search_driver accept_leg start_journey"),
    "drop_off": Scene("accept search_driver accept_leg start_journey arrive"),
    "start_session": Scene(_DROPPED),
    "extend": Scene(f"{_DROPPED} start_session"),
    "end_session": Scene(f"{_DROPPED} start_session"),
    "stop_early": Scene(f"{_DROPPED} start_session"),
    "request_payment": Scene(_ENDED),
    "verify_payment": Scene(f"{_ENDED} request_payment"),
    "correct_payment": Scene(_PAID),
    "write_off": Scene(f"{_ENDED} request_payment"),
    "report_materials": Scene(_PAID),
    "ask_pickup": Scene(_ENDED),
    "got_home": Scene(_ENDED),
    "collect": Scene(f"{_ENDED} ask_pickup offer_leg accept_leg"),
    "finish": Scene(f"{_ENDED} ask_pickup offer_leg accept_leg collect"),
    "force": Scene("accept"),
}
# The desk's release of a trip is a setting that is off; with it on it is the same as any other step of a driver.
NOT_MEASURED = {"release_leg"}


def said(firm: Firm, name: str, others: int) -> Said:
    """What the action says in an evening with so many other visits, some of them of the same people."""
    scene = SCENES[name]
    with on_stage(firm) as stage:
        visit = stage.book(*range(scene.people), driven=scene.driven, start=time(21, 15))
        for number in range(others):
            other = stage.book(4 + number, driven=False, start=time(21))
        for number in range(others // 2):
            # Later ones of the same therapist, half an hour each.
            stage.book(0, driven=number == 0, start=time(23, 15 + 15 * number), minutes=15)
        index = scene.people - 1
        stage.walk(visit, scene.steps)
        target = stage.target(name, visit, index)
        form = {"other_assignment_id": stage.seats(other)[0].id} if name == "swap" else stage.form(name, visit, target)
        values = {**form, **scene.form, "reason": "as agreed"}
        stage.session.expire_all()
        with stage.trying(), counting() as heard:
            stage.perform(stage.desk[Role.MANAGER], name, target, **values)
    return heard


def test_actions(firm: Firm, within: Within) -> None:
    within("actions", {name: same(name, said(firm, name, 2), said(firm, name, 6)) for name in SCENES})


def test_no_action_is_left_out() -> None:
    assert set(SCENES) | NOT_MEASURED == set(DOINGS)
