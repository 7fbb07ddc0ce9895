"""Which columns a file may have, who may send one, and which of its columns says what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guitara_app.accounts.permissions import Actor, Permission, allowed, require
from guitara_app.clients.rules import folded
from guitara_app.exchange.models import Subject
from guitara_app.kit.errors import Invalid

LARGEST_FILE = 32 * 2**20
MOST_COLUMNS = 100
MOST_ROWS = {Subject.CLIENTS: 200_000, Subject.SERVICES: 2_000, Subject.STAFF: 5_000}
ROWS_OF_A_SHEET = 1_048_575
"""What a sheet of Excel holds besides the line of titles."""

_RIGHTS = {
    Subject.CLIENTS: Permission.EDIT_CLIENTS,
    Subject.SERVICES: Permission.SET_CATALOG,
    Subject.STAFF: Permission.MANAGE_ACCOUNTS,
}
_TITLES = {Subject.CLIENTS: "Clients", Subject.SERVICES: "Services", Subject.STAFF: "Staff"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a row may say: its title in files, other titles it is known by, and what may stand there."""

    key: str
    title: str
    known_as: tuple[str, ...] = ()
    hint: str = ""


FIELDS: dict[Subject, tuple[Field, ...]] = {
    Subject.CLIENTS: (
        Field("id", "Number", ("id", "no", "client number", "client id"), "Guitara's own; empty for somebody new"),
        Field("name", "Name", ("client", "client name", "full name", "customer", "customer name"), "needed if new"),
        Field(
            "phone",
            "Phone",
            ("mobile", "phone number", "mobile number", "cellphone", "cell", "telephone", "tel"),
            "needed if new",
        ),
        Field(
            "other_phones", "Other phones", ("other phone", "phone 2", "second phone", "more phones"), "commas between"
        ),
        Field("email", "E-mail", ("e-mail address", "mail")),
        Field("notes", "Notes", ("note", "remarks", "comments", "comment")),
        Field("preferred_gender", "Preferred gender", ("gender", "therapist gender"), "female or male"),
        Field("preferred_pressure", "Preferred pressure", ("pressure",), "light, medium or hard"),
        Field(
            "preferred_therapist",
            "Preferred therapist",
            ("therapist", "favourite therapist", "favorite therapist"),
            "user name or name",
        ),
        Field("address", "Address", ("address line", "street", "street address"), "street and number"),
        Field("town", "Town", ("city", "locality", "municipality"), "one of the zones page"),
        Field("address_notes", "Address notes", ("address note", "directions", "landmark")),
    ),
    Subject.SERVICES: (
        Field("id", "Number", ("id", "no", "service number", "service id"), "Guitara's own; empty for a new one"),
        Field("name", "Name", ("service", "service name", "massage"), "needed if new"),
        Field("minutes", "Minutes", ("duration", "length"), "of the session; needed if new"),
        Field("buffer_minutes", "Rest afterwards", ("rest", "buffer", "buffer minutes", "pause"), "minutes"),
        Field("price", "Price", ("cost", "amount", "price php", "rate"), "pesos; needed if new"),
        Field("active", "On sale", ("active", "sold"), "yes or no"),
    ),
    Subject.STAFF: (
        Field("id", "Number", ("id", "no", "staff number", "person id"), "Guitara's own; empty for somebody new"),
        Field("name", "Name", ("full name", "staff", "employee"), "needed if new"),
        Field("username", "User name", ("user", "login", "username"), "needed if new"),
        Field("role", "Role", ("position", "job"), "operator, therapist, driver, manager or admin"),
        Field("email", "E-mail", ("e-mail address", "mail")),
        Field("phone", "Phone", ("mobile", "phone number", "mobile number", "cellphone", "telephone")),
        Field("vehicle", "Vehicle", (), "car or motorcycle, of drivers alone"),
        Field("active", "Active", ("enabled",), "yes or no; accounts are disabled on their own page"),
    ),
}
_KNOWS = {
    Subject.CLIENTS: ("id", "phone", "email"),
    Subject.SERVICES: ("id", "name"),
    Subject.STAFF: ("id", "username", "email"),
}
_NEVER_BOTH = re.compile(r"[^a-z0-9]+")


def title_of(subject: Subject) -> str:
    """What the file is about, in a word."""
    return _TITLES[subject]


def titles(subject: Subject) -> list[str]:
    """The titles of all columns, in the order in which files are written."""
    return [field.title for field in FIELDS[subject]]


def field_titles(subject: Subject) -> dict[str, str]:
    """The title of each field."""
    return {field.key: field.title for field in FIELDS[subject]}


def may_exchange(actor: Actor, subject: Subject) -> bool:
    """Whether ``actor`` may take such files in and out."""
    return allowed(actor.role, Permission.EXCHANGE) and allowed(actor.role, _RIGHTS[subject])


def require_exchange(actor: Actor, subject: Subject) -> None:
    """Refuse unless ``actor`` may take such files in and out.

    Raises:
        NotAllowed: the role has no such right.
    """
    require(actor, Permission.EXCHANGE)
    require(actor, _RIGHTS[subject])


def guessed(subject: Subject, columns: Sequence[str]) -> dict[str, int]:
    """The columns that are known by their names: field to place. Each column is taken once."""
    names = [_plain(column) for column in columns]
    found: dict[str, int] = {}
    for exact in (True, False):
        for field in FIELDS[subject]:
            wanted = {_plain(field.title), _plain(field.key)} if exact else {_plain(name) for name in field.known_as}
            place = next((at for at, name in enumerate(names) if name in wanted and at not in found.values()), None)
            if field.key not in found and place is not None:
                found[field.key] = place
    return found


def checked_mapping(subject: Subject, columns: Sequence[str], mapping: Mapping[str, int]) -> dict[str, int]:
    """``mapping`` if it can be: known fields, columns that are there, each once, and one that says who a row is.

    Raises:
        Invalid: it says what is missing.
    """
    known = field_titles(subject)
    kept = {field: place for field, place in mapping.items() if field in known and 0 <= place < len(columns)}
    for place in sorted(kept.values()):
        twice = [known[field] for field, at in kept.items() if at == place]
        if len(twice) > 1:
            raise Invalid(f"The column “{columns[place]}” is chosen for {' and '.join(twice)}. Choose it once.")
    if not set(kept) & set(_KNOWS[subject]):
        asked = [known[field] for field in _KNOWS[subject]]
        raise Invalid(f"Choose the column for {', '.join(asked[:-1])} or {asked[-1]}: by it a row is recognised.")
    return kept


def _plain(name: str) -> str:
    return _NEVER_BOTH.sub("", folded(name))
