"""Everything that can be done with a visit: what to ask for each action, and the service that does it.

One list for the pages and the API. When an action is possible stands in ``appointments.lifecycle``; what it is called,
in ``appointments.happenings``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments import services as visits
from guitara_app.appointments.lifecycle import Action, Target, target_of
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services.sessions import StopOutcome
from guitara_app.appointments.words import AppointmentState
from guitara_app.kit.errors import NotFound
from guitara_app.money import services as money

Pesos = Annotated[Decimal, Field(ge=0, max_digits=8, decimal_places=2, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Words = Annotated[str, Field(max_length=4000)]


class Asks(StrEnum):
    """How a page asks for a field: what to choose from."""

    WORDS = "words"
    NUMBER = "number"
    MONEY = "money"
    THERAPIST = "therapist"
    DRIVER = "driver"
    PLACE = "place"
    EVENING = "evening"
    CLOCK = "clock"
    FLAG = "flag"
    ITEMS = "items"
    RECEIPT = "receipt"
    OUTCOME = "outcome"
    METHOD = "method"
    STATE = "state"
    REACH = "reach"


def asked(label: str, how: Asks, **more: Any) -> Any:
    """A field of a form, with its label and how to ask for it."""
    return Field(title=label, json_schema_extra={"asks": how}, **more)


class Form(BaseModel):
    """What comes with every action: perhaps a reason, and when it really happened if that was earlier."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=4000)] = ""
    happened_at: datetime | None = Field(default=None, description="Within the last 24 hours; now when left out.")

    def extra(self) -> dict[str, Any]:
        """The fields of this action alone, as its service takes them."""
        return {name: value for name, value in self if name not in Form.model_fields}


class AcceptForm(Form):
    """Saying yes, perhaps to all of a series."""

    all_of_series: bool = asked("All visits of this series that wait for an answer", Asks.FLAG, default=False)


class InsistForm(Form):
    """Asking the same person again."""

    off_shift_reason: Words = asked("Reason, if outside the shift", Asks.WORDS, default="")


class ReplaceForm(Form):
    """Asking somebody else."""

    person_id: Number = asked("Who goes instead", Asks.THERAPIST)
    off_shift_reason: Words = asked("Reason, if outside the shift", Asks.WORDS, default="")


class SwapForm(Form):
    """Trading places with somebody on another visit."""

    other_assignment_id: Number = asked("Swap with", Asks.PLACE)
    off_shift_reason: Words = asked("Reason, if outside the shift", Asks.WORDS, default="")


class ReopenForm(Form):
    """Taking a visit up again, at its old time or another."""

    evening: date | None = asked("Another evening", Asks.EVENING, default=None)
    start: time | None = asked("Another start", Asks.CLOCK, default=None)
    therapist_ids: list[Number] | None = Field(default=None, max_length=20)
    off_shift_reason: Words = asked("Reason, if outside the shift", Asks.WORDS, default="")


class ExtendForm(Form):
    """More time for more money."""

    minutes: int = asked("Minutes more", Asks.NUMBER, ge=1, le=600)
    price: Pesos = asked("Pesos more", Asks.MONEY)


class StopForm(Form):
    """Breaking a session off."""

    outcome: StopOutcome = asked("What becomes of it", Asks.OUTCOME)
    amount: Pesos | None = asked("What the client pays for the visit", Asks.MONEY, default=None)


class PaymentForm(Form):
    """What was paid, and how."""

    method: Literal["cash", "gcash", "bank_transfer", "card"] = asked("Paid by", Asks.METHOD)
    amount: Pesos = asked("For the visit", Asks.MONEY)
    extension_amount: Pesos = asked("For extensions", Asks.MONEY, default=Decimal(0))
    receipt_id: Number | None = asked("Receipt; GCash needs one", Asks.RECEIPT, default=None)


class VerifyForm(PaymentForm):
    """A payment that was seen."""

    notes: Words = asked("Notes on the payment", Asks.WORDS, default="")


class MaterialsForm(Form):
    """Which of what was taken along is empty."""

    empty: list[Number] = asked("What is empty now", Asks.ITEMS, default_factory=list, max_length=100)


class PickupForm(Form):
    """Asking to be brought back."""

    urgent: bool = asked("Urgent", Asks.FLAG, default=False)


class DriverForm(Form):
    """The desk's own choice of a driver."""

    driver_id: Number = asked("Who drives", Asks.DRIVER)
    off_shift_reason: Words = asked("Reason, if outside the shift", Asks.WORDS, default="")


class CancelForm(Form):
    """Calling a visit off, alone or with others of its series."""

    reach: Annotated[str, Field(pattern=r"^(one|(following|all)(:[0-9]{1,9})?)$")] = asked(
        "Which visits of the series",
        Asks.REACH,
        default="one",
        description="Of a series: only this one, this and the `following`, or `all` to come. `all:3` refuses when the"
        " series is no longer at version 3.",
    )


class ForceForm(Form):
    """Any state, by a manager."""

    to_state: AppointmentState = asked("The visit is really", Asks.STATE)


class ChangeForm(Form):
    """Changing who, when, what and where."""

    request: ChangeRequest


class Doing(NamedTuple):
    """One action: what it is about, the form it comes with, and the service."""

    target: Target
    form: type[Form]
    service: Callable[..., Any]


SWAP = "swap"
"""Not one action on one visit but a change of two; offered on each place beside the actions of the table."""

DOINGS: dict[str, Doing] = {
    **{
        action: Doing(target_of(action), form, service)
        for action, form, service in (
            (Action.ACCEPT, AcceptForm, visits.accept_all),
            (Action.REJECT, Form, visits.reject),
            (Action.WITHDRAW, Form, visits.withdraw),
            (Action.INSIST, InsistForm, visits.insist),
            (Action.REPLACE, ReplaceForm, visits.replace),
            (Action.DROP, Form, visits.drop),
            (Action.CHANGE, ChangeForm, visits.change),
            (Action.CANCEL, CancelForm, visits.cancel_reaching),
            (Action.NO_SHOW, Form, visits.no_show),
            (Action.START_SESSION, Form, visits.start_session),
            (Action.EXTEND, ExtendForm, visits.extend),
            (Action.END_SESSION, Form, visits.end_session),
            (Action.STOP_EARLY, StopForm, visits.stop_early),
            (Action.REQUEST_PAYMENT, Form, visits.request_payment),
            (Action.VERIFY_PAYMENT, VerifyForm, money.verify_payment),
            (Action.CORRECT_PAYMENT, PaymentForm, money.correct_payment),
            (Action.WRITE_OFF, Form, money.write_off),
            (Action.REPORT_MATERIALS, MaterialsForm, visits.report_materials),
            (Action.ASK_PICKUP, PickupForm, visits.ask_pickup),
            (Action.GOT_HOME, Form, visits.got_home),
            (Action.SEARCH_DRIVER, Form, visits.search_driver),
            (Action.SEARCH_AGAIN, Form, visits.search_again),
            (Action.CHOOSE_DRIVER, DriverForm, visits.choose_driver),
            (Action.ACCEPT_LEG, Form, visits.accept_leg),
            (Action.DECLINE_LEG, Form, visits.decline_leg),
            (Action.STEP_BACK, Form, visits.step_back),
            (Action.RELEASE_LEG, Form, visits.release_leg),
            (Action.START_JOURNEY, Form, visits.start_journey),
            (Action.ARRIVE, Form, visits.arrive),
            (Action.DROP_OFF, Form, visits.drop_off),
            (Action.COLLECT, Form, visits.collect),
            (Action.FINISH, Form, visits.finish),
            (Action.FORCE, ForceForm, visits.force),
            (Action.PANIC, Form, visits.panic),
            (Action.REOPEN, ReopenForm, visits.reopen),
        )
    },
    SWAP: Doing(Target.PLACE, SwapForm, visits.swap),
}


def doing_of(name: str) -> Doing:
    """The action of this name.

    Raises:
        NotFound: there is none that people can take.
    """
    found = DOINGS.get(name)
    if found is None:
        raise NotFound("There is no such action.")
    return found


def perform(
    session: Session, actor: Actor, name: str, target_id: int, form: Form, *, now: datetime, idempotency_key: str = ""
) -> Any:
    """Take the action ``name`` on the visit, place or trip ``target_id``; what its service says.

    Raises:
        GuitaraError: whatever the service refuses it for.
    """
    return doing_of(name).service(
        session,
        actor,
        target_id,
        **form.extra(),
        now=now,
        reason=form.reason,
        happened_at=form.happened_at,
        idempotency_key=idempotency_key,
    )
