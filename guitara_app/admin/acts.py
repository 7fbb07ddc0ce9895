"""States and assignments change by actions alone: which a row offers, what each asks for, and the service that does it.

Those of visits come from ``guitara_app.actions``, like the buttons of the visit's page; when one is possible stands in
``appointments.lifecycle``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette_admin.fields import BaseField, BooleanField, EnumField, IntegerField, StringField, TextAreaField

from guitara_app.accounts.permissions import Actor
from guitara_app.accounts.services import disable, enable
from guitara_app.actions import DOINGS, Asks, Form, perform
from guitara_app.admin.help import HELP
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import RULES, Action
from guitara_app.appointments.services import end_series, withdraw_wish
from guitara_app.appointments.words import AppointmentState
from guitara_app.availability.services import approve_time_off, refuse_time_off, take_back_time_off
from guitara_app.clients import services as clients
from guitara_app.kit.errors import Invalid
from guitara_app.kit.statements import text
from guitara_app.privacy import services as privacy
from guitara_app.stock import services as stock

Data = dict[str, Any]

_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Act:
    """One action on one row. ``fields`` are what it asks for besides the reason."""

    label: str
    do: Callable[[Session, Actor, int, Data, datetime], Any]
    fields: tuple[BaseField, ...] = ()
    possible: Callable[[Any], bool] = lambda row: True
    icon: str = "fa-solid fa-bolt"
    grave: bool = False
    reason: bool = True
    words: str = ""


def people_for_choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Who can be chosen in the actions' forms, by role."""
    rows = session.execute(text("SELECT id, name, role FROM people WHERE disabled_at IS NULL ORDER BY name")).all()
    return {
        role: [("", "\u2013"), *((str(row.id), row.name) for row in rows if row.role == role)]
        for role in ("therapist", "driver")
    }


def _chosen(role: str) -> Callable[[Request], list[tuple[str, str]]]:
    return lambda request: request.state.choices[role]


def _of_visit(action: Action, *, grave: bool = False) -> Act:
    doing, rule = DOINGS[action], RULES[action]

    def possible(row: Any) -> bool:
        answers, leg = getattr(row, "answer", None), getattr(row, "state", None)
        by_target = {
            "visit": lambda: row.state in rule.visit,
            "place": lambda: answers in rule.answers,
            "trip": lambda: leg in rule.leg,
        }
        return bool(by_target[doing.target]())

    def do(session: Session, actor: Actor, number: int, data: Data, at: datetime) -> Any:
        given = {
            name: value for name, value in data.items() if value not in (None, "") and name in doing.form.model_fields
        }
        try:
            form = doing.form.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0]) if first["loc"] else ""
            raise Invalid("Choose or type something that fits here.", field=field) from error
        return perform(session, actor, action, number, form, now=at, idempotency_key=data["key"])

    return Act(
        HAPPENING[action].button,
        do,
        tuple(_asked(doing.form)),
        possible,
        grave=grave,
        words="The people concerned are told, and open pages show it at once.",
    )


def _asked(form: type[Form]) -> list[BaseField]:
    found: list[BaseField] = []
    for name, field in form.model_fields.items():
        said = field.json_schema_extra
        how = said.get("asks") if isinstance(said, dict) else None
        more: dict[str, Any] = {"label": field.title or name, "required": field.is_required()}
        match how:
            case Asks.THERAPIST:
                found.append(EnumField(name, choices_loader=_chosen("therapist"), **more))
            case Asks.DRIVER:
                found.append(EnumField(name, choices_loader=_chosen("driver"), **more))
            case Asks.STATE:
                states = [(state.value, state.value.replace("_", " ")) for state in AppointmentState]
                found.append(EnumField(name, choices=states, **more))
            case Asks.FLAG:
                found.append(BooleanField(name, label=more["label"]))
            case Asks.EVENING:
                found.append(StringField(name, placeholder="2026-11-27", **more))
            case Asks.CLOCK:
                found.append(StringField(name, placeholder="21:30", **more))
            case Asks.WORDS:
                found.append(StringField(name, maxlength=_LONGEST, **more))
    return found


def _moves(kind: str, *fields: BaseField) -> Callable[[Session, Actor, int, Data, datetime], Any]:
    service: Any = getattr(stock, kind)

    def do(session: Session, actor: Actor, number: int, data: Data, at: datetime) -> Any:
        values = {field.name: data.get(field.name) for field in fields}
        for name, value in values.items():
            if not isinstance(value, int) or abs(value) > 1_000_000:
                raise Invalid("Type a whole number.", field=name)
        return service(
            session, actor, number, **values, now=at, reason=data.get("reason") or "", idempotency_key=data["key"]
        )

    return do


def _merge(session: Session, actor: Actor, number: int, data: Data, at: datetime) -> Any:
    other = data.get("gone_id")
    if not isinstance(other, int):
        raise Invalid("Type the number of the other client.", field="gone_id")
    return clients.merge(session, actor, keep_id=number, gone_id=other, now=at)


def reason_field() -> BaseField:
    """Why, for the log."""
    return TextAreaField("reason", label="Reason", rows=3, maxlength=_LONGEST, help_text=HELP["reason"])


_QUANTITY = IntegerField("quantity", label="How many", required=True, min=1)
_COUNTED = (
    IntegerField("available", label="On the shelf", required=True, min=0),
    IntegerField("empty", label="Empty", required=True, min=0),
)

ACTS: dict[str, dict[str, Act]] = {
    "appointments": {
        "cancel": _of_visit(Action.CANCEL, grave=True),
        "no_show": _of_visit(Action.NO_SHOW, grave=True),
        "reopen": _of_visit(Action.REOPEN),
        "force": _of_visit(Action.FORCE, grave=True),
    },
    "assignments": {
        action: _of_visit(action)
        for action in (
            Action.ACCEPT,
            Action.REJECT,
            Action.WITHDRAW,
            Action.INSIST,
            Action.REPLACE,
            Action.DROP,
        )
    },
    "legs": {
        action: _of_visit(action)
        for action in (Action.SEARCH_DRIVER, Action.SEARCH_AGAIN, Action.CHOOSE_DRIVER, Action.STEP_BACK)
    },
    "people": {
        "disable": Act(
            "Disable the account",
            lambda session, actor, number, data, at: disable(session, actor, number, reason=data["reason"], now=at),
            possible=lambda row: row.disabled_at is None,
            icon="fa-solid fa-user-lock",
            grave=True,
            words="Its sessions and API tokens end at once, and its open pages close. It can be enabled again."
            " Jobs to come stay the person's; the page of the staff can hand them back to the desk.",
        ),
        "enable": Act(
            "Enable the account",
            lambda session, actor, number, data, at: enable(session, actor, number, reason=data["reason"], now=at),
            possible=lambda row: row.disabled_at is not None,
            icon="fa-solid fa-user-check",
            words="The person signs in anew.",
        ),
    },
    "time_off": {
        "approve": Act(
            "Approve",
            lambda session, actor, number, data, at: approve_time_off(
                session, actor, number, now=at, reason=data["reason"]
            ),
            possible=lambda row: row.state == "asked",
            words="The person's shifts are cut at once; jobs already booked stay booked.",
        ),
        "refuse": Act(
            "Refuse",
            lambda session, actor, number, data, at: refuse_time_off(
                session, actor, number, now=at, reason=data["reason"]
            ),
            possible=lambda row: row.state == "asked",
            words="The person reads the reason.",
        ),
        "take_back": Act(
            "Take back",
            lambda session, actor, number, data, at: take_back_time_off(
                session, actor, number, now=at, reason=data["reason"]
            ),
            possible=lambda row: row.state in ("asked", "approved"),
        ),
    },
    "booking_series": {
        "end": Act(
            "End the series",
            lambda session, actor, number, data, at: end_series(
                session, actor, number, version=None, reason=data["reason"], now=at
            ),
            possible=lambda row: row.ended_at is None,
            grave=True,
            words="Every visit of it that is to come is cancelled, and everybody concerned is told once.",
        ),
    },
    "wishes": {
        "withdraw": Act(
            "Take off the list",
            lambda session, actor, number, data, at: withdraw_wish(
                session, actor, number, reason=data["reason"], now=at
            ),
            possible=lambda row: row.closed_at is None,
        ),
    },
    "clients": {
        "merge": Act(
            "Merge another into this one",
            _merge,
            (IntegerField("gone_id", label="Number of the other client", required=True, min=1),),
            possible=lambda row: row.merged_into_id is None,
            icon="fa-solid fa-code-merge",
            grave=True,
            reason=False,
            words="Everything of the other client moves to this one. The client's card compares the two side by side.",
        ),
        "erase": Act(
            "Erase who this is",
            lambda session, actor, number, data, at: privacy.erase_client(
                session, actor, number, now=at, reason=data.get("reason") or ""
            ),
            possible=lambda row: row.merged_into_id is None and row.erased_at is None,
            icon="fa-solid fa-user-slash",
            grave=True,
            words="Name, phones, e-mail, addresses, notes, and what the log says of them in words are gone for good."
            " Visits and money stay, without a name. Do not write who it was into the reason."
            " What is known of them can be taken along before, from the client's card.",
        ),
    },
    "client_addresses": {
        "retire": Act(
            "Offer no more",
            lambda session, actor, number, data, at: clients.retire_address(session, actor, number, now=at),
            possible=lambda row: row.retired_at is None,
            reason=False,
            words="Visits that were there keep it.",
        ),
    },
    "items": {
        "restock": Act("Restock", _moves("restock", _QUANTITY), (_QUANTITY,), lambda row: row.active),
        "refill": Act("Refill", _moves("refill", _QUANTITY), (_QUANTITY,), lambda row: row.active and row.empty > 0),
        "discard": Act("Discard", _moves("discard", _QUANTITY), (_QUANTITY,), lambda row: row.active),
        "correct": Act("Correct the count", _moves("correct", *_COUNTED), _COUNTED, lambda row: row.active),
    },
}
"""By table, by name."""
