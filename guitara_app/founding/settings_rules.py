"""What an admin types into the settings, and what of it cannot be right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from guitara_app.firm.queries import KEEPING, FirmSettings
from guitara_app.founding.rules import check_hours, clock_of, known_zone, whole_number
from guitara_app.kit.errors import Invalid

_LONGEST_NAME = 80

SHOWN: dict[str, FieldInfo] = {key: field for key, field in FirmSettings.model_fields.items() if field.title}
"""The settings of the page, in its order."""

OF_EVERY_VISIT = ("timezone", "day_starts")
"""Each visit belongs to an evening by these; they cannot change any more once there is one."""

LEAST_KEPT = {"keep_clients_months": 6, "keep_sign_ins_days": 30}
"""What is forgotten for good is kept for so long at least; a slip of the finger must not empty the firm."""

Kind = Literal["text", "zone", "clock", "switch", "choice", "number", "share"]


def kind_of(key: str) -> Kind:
    """How a setting is typed."""
    known = SHOWN[key].annotation
    if key == "timezone":
        return "zone"
    if get_origin(known) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {time: "clock", bool: "switch", int: "number", Decimal: "share"}
    return kinds.get(known, "text")


def more_of(key: str) -> dict[str, str]:
    """The heading and the unit of a setting."""
    more: dict[str, str] = SHOWN[key].json_schema_extra  # type: ignore[assignment]  # as FirmSettings writes them
    return more


def choices_of(key: str) -> tuple[str, ...]:
    """What can be chosen for a setting that is a choice."""
    return get_args(SHOWN[key].annotation)


def range_of(key: str) -> tuple[int, int]:
    """The least and the most a number may be."""
    found = {type(one): one for one in SHOWN[key].metadata}
    return int(found[Ge].ge), int(found[Le].le)


def words_of(firm: FirmSettings) -> dict[str, str]:
    """Each setting as it stands in its field."""
    return {key: _words(getattr(firm, key)) for key in SHOWN}


def read_typed(typed: Mapping[str, str], seen: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed where something else had been ``seen``, and a sentence for each that cannot be right."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key in SHOWN:
        words = typed.get(key, seen[key]).strip()
        if words == seen[key]:
            continue
        try:
            values[key] = _read(key, words)
        except Invalid as error:
            problems[key] = error.sentence
    return values, problems


def check(firm: FirmSettings) -> None:
    """Whether the settings can be together.

    Raises:
        Invalid: two of them contradict each other; ``field`` is one of them.
    """
    try:
        check_hours(firm.opens, firm.closes, firm.day_starts)
    except Invalid as error:
        raise Invalid(error.sentence, field="closes") from error
    if firm.answer_minutes_least > firm.answer_minutes:
        raise Invalid(
            f"No more than the {firm.answer_minutes} minutes that everybody has.", field="answer_minutes_least"
        )
    for key, least in LEAST_KEPT.items():
        if 0 < getattr(firm, key) < least:
            raise Invalid(f"0, so that nothing is forgotten, or {least} and more.", field=key)


def _read(key: str, words: str) -> Any:
    match kind_of(key):
        case "clock":
            return clock_of(words)
        case "zone":
            return known_zone(words)
        case "switch":
            return _chosen(words, ("yes", "no")) == "yes"
        case "choice":
            return _chosen(words, choices_of(key))
        case "share":
            return _percent(words) / 100
        case "number":
            # What is kept for no time that was said is kept for ever.
            words = words or ("0" if more_of(key)["heading"] == KEEPING else "")
            return whole_number(words, *range_of(key))
        case _:
            return _name(words)


def _chosen(words: str, among: tuple[str, ...]) -> str:
    if words not in among:
        raise Invalid("Choose one of the list.")
    return words


def _percent(words: str) -> Decimal:
    try:
        percent = Decimal(words)
    except InvalidOperation:
        percent = Decimal(-1)
    if not (percent.is_finite() and 0 <= percent <= 100 and percent == round(percent, 2)):
        raise Invalid("A number from 0 to 100, with two decimals at most.")
    return percent


def _name(words: str) -> str:
    clean = " ".join(words.split())
    if not (0 < len(clean) <= _LONGEST_NAME and clean.isprintable()):
        raise Invalid(f"Type a name of up to {_LONGEST_NAME} letters.")
    return clean


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return f"{(value * 100).normalize():f}"
    return str(value)
