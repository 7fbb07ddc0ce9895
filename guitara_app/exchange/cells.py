"""What a row says, read by the same rules as the forms: values as they are kept, or a reason for each that cannot be.

An empty cell says nothing: what stands there stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from guitara_app.accounts import rules as accounts
from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Role
from guitara_app.catalog.rules import ServiceDetails, check_service
from guitara_app.clients import rules as clients
from guitara_app.exchange.models import Subject
from guitara_app.kit.errors import Invalid

_GENDERS = {"f": "female", "woman": "female", "m": "male", "man": "male"} | {one: one for one in ("female", "male")}
_PRESSURES = {"soft": "light", "strong": "hard", "firm": "hard"} | {one: one for one in ("light", "medium", "hard")}
_YES, _NO = {"yes", "y", "true", "1", "on"}, {"no", "n", "false", "0", "off"}
_AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_WHOLE = re.compile(r"\d{1,6}")
_LONGEST_LINE = 300
_ANY_SERVICE = ServiceDetails("x", 60, Decimal(0))

Reader = Callable[[str, "Known"], Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What cells may name: therapists by user name and by name, towns; folded. None: several have that name."""

    therapists: Mapping[str, int | None] = field(default_factory=dict)
    towns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """A row as it would be kept, and what is wrong with it, by field."""

    wanted: dict[str, Any]
    problems: list[dict[str, str]]


def read_row(subject: Subject, cells: Mapping[str, str], known: Known) -> Read:
    """Read the cells of one row, by field."""
    wanted: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    for name, cell in cells.items():
        if cell:
            try:
                wanted[name] = _READERS[subject][name](cell, known)
            except Invalid as error:
                problems.append({"field": name, "why": error.sentence})
    if subject is Subject.CLIENTS:
        _check_place(cells, problems)
        wanted = {_KEPT_AS.get(name, name): value for name, value in wanted.items()}
    # What was emptied by cleaning says nothing either.
    return Read({name: value for name, value in wanted.items() if value not in (None, "", [])}, problems)


_KEPT_AS = {"town": "locality_id", "preferred_therapist": "preferred_therapist_id"}


def _check_place(cells: Mapping[str, str], problems: list[dict[str, str]]) -> None:
    line, town, notes = (cells.get(name, "") for name in ("address", "town", "address_notes"))
    if (line or notes) and not town:
        problems.append({"field": "town", "why": "An address needs its town."})
    if (town or notes) and not line:
        problems.append({"field": "address", "why": "Type the street and number, or leave the town empty too."})


def _number(cell: str, _known: Known) -> int:
    digits = cell.removeprefix("#").strip()
    if not (digits.isascii() and digits.isdecimal() and 0 < int(digits[:20]) < 2**63):
        raise Invalid("This is no number of Guitara's. Leave it empty for a new row.")
    return int(digits)


def _one_of(values: Mapping[str, str], words: str) -> Reader:
    def read(cell: str, _known: Known) -> str:
        found = values.get(cell.casefold())
        if found is None:
            raise Invalid(f"This is {words}, or empty.")
        return found

    return read


def _yes_or_no(cell: str, _known: Known) -> bool:
    word = cell.casefold()
    if word not in _YES | _NO:
        raise Invalid("This is yes or no.")
    return word in _YES


def _therapist(cell: str, known: Known) -> int:
    name = clients.folded(cell)
    if name not in known.therapists:
        raise Invalid("There is no therapist of this name. Give the user name.")
    found = known.therapists[name]
    if found is None:
        raise Invalid("Several therapists have this name. Give the user name.")
    return found


def _town(cell: str, known: Known) -> int:
    found = known.towns.get(clients.folded(" ".join(cell.split())))
    if found is None:
        raise Invalid("There is no such town. Add it on the zones page, or correct it.")
    return found


def _line(cell: str, _known: Known) -> str:
    line = " ".join(clients.clean_text(cell).split())
    if len(line) > _LONGEST_LINE:
        raise Invalid(f"An address line has at most {_LONGEST_LINE} characters; put the rest into its notes.")
    return line


def _minutes(cell: str, _known: Known) -> int:
    minutes = _whole(cell)
    check_service(replace(_ANY_SERVICE, minutes=minutes))
    return minutes


def _rest(cell: str, _known: Known) -> int:
    minutes = _whole(cell)
    check_service(replace(_ANY_SERVICE, buffer_minutes=minutes))
    return minutes


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise Invalid("A whole number of minutes, such as 60.")
    return int(cell)


def _price(cell: str, _known: Known) -> str:
    digits = re.sub(r"^(?:₱|php)\s*", "", cell, flags=re.IGNORECASE)
    if not _AMOUNT.fullmatch(digits):
        raise Invalid("A price in pesos, such as 500 or 1,250.50.")
    price = Decimal(digits.replace(",", ""))
    check_service(replace(_ANY_SERVICE, price=price))
    return f"{price:.2f}"


def _service_name(cell: str, _known: Known) -> str:
    name = accounts.plain(cell)
    check_service(replace(_ANY_SERVICE, name=name))
    return name


def _plainly(read: Callable[[str], Any]) -> Reader:
    return lambda cell, _known: read(cell)


_READERS: dict[Subject, dict[str, Reader]] = {
    Subject.CLIENTS: {
        "id": _number,
        "name": _plainly(clients.normal_name),
        "phone": _plainly(clients.normal_phone),
        "other_phones": _plainly(clients.listed_phones),
        "email": _plainly(clients.normal_email),
        "notes": _plainly(clients.normal_note),
        "preferred_gender": _one_of(_GENDERS, "female or male"),
        "preferred_pressure": _one_of(_PRESSURES, "light, medium or hard"),
        "preferred_therapist": _therapist,
        "address": _line,
        "town": _town,
        "address_notes": _plainly(clients.normal_note),
    },
    Subject.SERVICES: {
        "id": _number,
        "name": _service_name,
        "minutes": _minutes,
        "buffer_minutes": _rest,
        "price": _price,
        "active": _yes_or_no,
    },
    Subject.STAFF: {
        "id": _number,
        "name": _plainly(accounts.normal_name),
        "username": _plainly(accounts.normal_username),
        "role": _one_of({role.value: role.value for role in Role}, "operator, therapist, driver, manager or admin"),
        "email": _plainly(accounts.normal_email),
        "phone": _plainly(clients.normal_phone),
        "vehicle": _one_of({one.value: one.value for one in Vehicle}, "car or motorcycle"),
        "active": _yes_or_no,
    },
}
