"""What the dialog asks before an action, with what there is to choose from, and how what was typed is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.actions import DOINGS, SWAP, Asks, Form, doing_of
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import IN_THE_FIELD, RULES, Action, permission_of
from guitara_app.appointments.policies import SHORT, Policy
from guitara_app.appointments.queries.candidates import candidates
from guitara_app.appointments.queries.choices import about, due, others_of_the_evening, person_of
from guitara_app.appointments.queries.drivers import driver_candidates, trip_of
from guitara_app.appointments.queries.series_changes import series_of
from guitara_app.appointments.queries.series_words import reached
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.appointments.words import AppointmentState
from guitara_app.components.act_dialog import Ask, AskedField, Option
from guitara_app.components.words import STATES
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid
from guitara_app.pages.booking.draft import amount, clock, whole
from guitara_app.stock.queries import out_with

_ON_BEHALF = ["Phone is dead", "No signal there", "Told me on the phone"]
_REASONS = {
    Action.CANCEL: ["Client called off", "Client cannot be reached", "Nobody can go", "Booked twice"],
    Action.REOPEN: ["Client called again", "Cancelled by mistake"],
    Action.REJECT: ["Is ill", "Too far", "Not enough time before"],
    Action.WITHDRAW: ["Is ill", "Family emergency", "Stuck in traffic"],
    Action.STOP_EARLY: ["Client asked to stop", "Therapist is unwell", "Not safe"],
    Action.STEP_BACK: ["Breakdown", "Accident", "Is ill"],
}
_OWN_REASONS = {
    Action.REJECT: ["I am ill", "Too far", "Not enough time before", "I do not want this client"],
    Action.WITHDRAW: ["I am ill", "Family emergency", "Stuck in traffic"],
    Action.STOP_EARLY: ["Client asked to stop", "I am unwell", "Not safe"],
    Action.DECLINE_LEG: ["Too far", "Car trouble", "On a break"],
    Action.STEP_BACK: ["Breakdown", "Accident", "I am ill"],
}
_GRAVE = frozenset({Action.CANCEL, Action.NO_SHOW, Action.WRITE_OFF, Action.FORCE, Action.STOP_EARLY})
_KINDS = {
    Asks.WORDS: "words",
    Asks.NUMBER: "number",
    Asks.MONEY: "money",
    Asks.CLOCK: "clock",
    Asks.EVENING: "select",
    Asks.THERAPIST: "choose",
    Asks.DRIVER: "choose",
    Asks.PLACE: "choose",
    Asks.FLAG: "flag",
    Asks.ITEMS: "check",
    Asks.RECEIPT: "receipt",
    Asks.OUTCOME: "choose",
    Asks.METHOD: "choose",
    Asks.STATE: "select",
    Asks.REACH: "choose",
}
_SHOWN_EVENINGS = 30


def asking(session: Session, actor: Actor, name: str, target_id: int, number: int, *, now: datetime) -> Ask:
    """What to ask before ``name`` is done with the visit, place or trip ``target_id``.

    Raises:
        NotAllowed: it is not a step of theirs.
        NotFound: there is no such action or target.
    """
    doing = doing_of(name)
    action = None if name == SWAP else Action(name)
    require(actor, Permission.RUN_VISITS if action is None else permission_of(action))
    visit_id, who = about(session, actor, doing.target, target_id)
    own = not actor.is_desk
    on_behalf = not own and action is not None and bool(IN_THE_FIELD & RULES[action].by)
    label = "Swap" if action is None else HAPPENING[action].button
    known = _OWN_REASONS if own else _REASONS
    return Ask(
        number=number,
        action=name,
        target_id=target_id,
        title=f"{label}: {who}" if who and not own else label,
        text=f"You do this for {who}; the history says so." if on_behalf and who else "",
        yes=label,
        grave=action in _GRAVE,
        reason_needed=on_behalf or action is None or RULES[action].needs_reason,
        reasons=known.get(action, _ON_BEHALF if on_behalf else []) if action else [],
        fields=[
            asked
            for field, info in doing.form.model_fields.items()
            if _how(info) and (asked := _field(session, field, info, visit_id, target_id, now)) is not _NO_FIELD
        ],
    )


def known_asks() -> dict[str, Ask]:
    """What is asked before those own steps of which the server need not say what there is to choose from."""
    return {
        action.value: Ask(
            number=0,
            action=action.value,
            target_id=0,
            title=HAPPENING[action].button,
            text="There is no connection: it is sent as soon as there is one.",
            yes=HAPPENING[action].button,
            grave=action in _GRAVE,
            reason_needed=RULES[action].needs_reason,
            reasons=_OWN_REASONS.get(action, []),
            fields=[
                _known_field(field, info) for field, info in DOINGS[action].form.model_fields.items() if _how(info)
            ],
        )
        for action in (*_OWN_REASONS, Action.EXTEND)
    }


def read_form(name: str, values: dict[str, list[str]]) -> tuple[Form | None, dict[str, str]]:
    """The form as typed, or by field why it cannot be read."""
    form = doing_of(name).form
    read: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, info in form.model_fields.items():
        typed = [value for value in values.get(field, []) if value.strip()]
        try:
            value = _READERS.get(str(_how(info)), _first)(typed)
        except Invalid as error:
            problems[field] = error.sentence
            continue
        if value is not None:
            read[field] = value
    if problems:
        return None, problems
    try:
        return form.model_validate(read), {}
    except ValidationError as error:
        return None, {str(problem["loc"][0]): _MISSING for problem in error.errors()}


_MISSING = "Choose one, or fill this in."


def _first(typed: list[str]) -> str | None:
    return typed[0] if typed else None


_READERS: dict[str, Callable[[list[str]], Any]] = {
    Asks.NUMBER: lambda typed: whole("".join(typed[:1])),
    Asks.MONEY: lambda typed: amount("".join(typed[:1])),
    Asks.CLOCK: lambda typed: clock("".join(typed[:1])),
    Asks.ITEMS: lambda typed: typed,
}


def _how(info: Any) -> Asks | None:
    return Asks(info.json_schema_extra["asks"]) if isinstance(info.json_schema_extra, dict) else None


def _known_field(name: str, info: Any) -> AskedField:
    how = Asks(info.json_schema_extra["asks"])
    return AskedField(
        name=name,
        label=info.title or name,
        kind=_KINDS[how],
        options=_FIXED.get(how, []),
        value="",
        needed=info.is_required(),
        hint="",
    )


_NO_FIELD = AskedField(name="", label="", kind="", options=[], value="", needed=False, hint="")


def _field(session: Session, name: str, info: Any, visit_id: int, target_id: int, now: datetime) -> AskedField:
    how = Asks(info.json_schema_extra["asks"])
    options = _OPTIONS[how](session, visit_id, target_id, now) if how in _OPTIONS else []
    alone = not options if how is Asks.REACH else name == "all_of_series" and series_of(session, visit_id) is None
    if alone:
        # A visit of no series is asked about alone.
        return _NO_FIELD
    return AskedField(
        name=name,
        label=f"{info.title or name}{_ordered_by(session) if how is Asks.THERAPIST else ''}",
        kind=_KINDS[how],
        options=options,
        value=_value(session, name, info, visit_id),
        needed=info.is_required() and how not in (Asks.RECEIPT, Asks.FLAG, Asks.ITEMS),
        hint=f"/receipts/visit/{visit_id}" if how is Asks.RECEIPT else "",
    )


def _ordered_by(session: Session) -> str:
    """What the people to choose from are ordered by, after the label."""
    return f" ({SHORT[Policy(firm_settings(session).policy)]})"


def _value(session: Session, name: str, info: Any, visit_id: int) -> str:
    if name in ("amount", "extension_amount"):
        price, extension = due(session, visit_id)
        return f"{price if name == 'amount' else extension:.2f}"
    return "" if info.is_required() or not isinstance(info.default, str) else info.default


def _therapists(session: Session, visit_id: int, target_id: int, now: datetime) -> list[Option]:
    found = candidates(session, wanted_for(session, visit_id), now=now)
    gone = person_of(session, target_id)
    return [
        Option(value=str(one.person_id), label=one.name, detail=one.reason, good=one.free)
        for one in found
        if one.person_id != gone
    ]


def _drivers(session: Session, _visit_id: int, target_id: int, now: datetime) -> list[Option]:
    found = driver_candidates(session, trip_of(session, target_id, now=now), now=now)
    return [Option(value=str(one.person_id), label=one.name, detail=one.reason, good=one.free) for one in found]


def _places(session: Session, visit_id: int, target_id: int, _now: datetime) -> list[Option]:
    found = others_of_the_evening(session, visit_id, target_id)
    return [Option(value=str(one.id), label=one.name, detail=one.words, good=True) for one in found]


def _items(session: Session, _visit_id: int, target_id: int, _now: datetime) -> list[Option]:
    found = out_with(session, target_id)
    return [Option(value=str(one.item_id), label=one.name, detail=f"{one.many} {one.unit}", good=True) for one in found]


def _evenings(session: Session, _visit_id: int, _target_id: int, now: datetime) -> list[Option]:
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    days: list[date] = [tonight + timedelta(days=number) for number in range(_SHOWN_EVENINGS)]
    same = Option(value="", label="The same evening", detail="", good=True)
    return [same] + [Option(value=f"{day}", label=calendar.evening_label(day), detail="", good=True) for day in days]


def _listed(*options: tuple[str, str, str]) -> list[Option]:
    return [Option(value=value, label=label, detail=detail, good=True) for value, label, detail in options]


_FIXED: dict[Asks, list[Option]] = {
    Asks.OUTCOME: _listed(
        ("pay_part", "The client pays a part", "type how much below"),
        ("safety", "Called off for safety", "nothing to pay for this therapist, brought back at once"),
    ),
    Asks.METHOD: _listed(
        ("cash", "Cash", ""),
        ("gcash", "GCash", "with a receipt"),
        ("bank_transfer", "Bank transfer", ""),
        ("card", "Card", ""),
    ),
    Asks.STATE: _listed(*((state.value, STATES[state.value], "") for state in AppointmentState)),
}


def _reaches(session: Session, visit_id: int, _target_id: int, now: datetime) -> list[Option]:
    found = reached(session, visit_id, now=now)
    if found is None:
        return []

    def one(value: str, label: str, many: int) -> Option:
        visits = f"{many} visit{'s' if many > 1 else ''}"
        ends = "; the series ends" if value != "one" else ""
        return Option(value=value, label=label, detail=f"{visits}{ends}", good=value == "one")

    return [
        one("one", "Only this one", 1),
        one(f"following:{found.version}", "This and the following", found.following),
        one(f"all:{found.version}", "All to come", found.everything),
    ]


_OPTIONS: dict[Asks, Callable[[Session, int, int, datetime], list[Option]]] = {
    Asks.THERAPIST: _therapists,
    Asks.DRIVER: _drivers,
    Asks.PLACE: _places,
    Asks.EVENING: _evenings,
    Asks.ITEMS: _items,
    Asks.REACH: _reaches,
    **{how: lambda *_, listed=listed: listed for how, listed in _FIXED.items()},
}
