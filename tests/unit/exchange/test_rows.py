"""Columns are known by their names, and cells are read by the rules of the forms."""

from __future__ import annotations

import pytest

from guitara_app.exchange.cells import Known, read_row
from guitara_app.exchange.models import Subject
from guitara_app.exchange.rules import FIELDS, checked_mapping, guessed, titles
from guitara_app.kit.errors import Invalid

KNOWN = Known({"ana": 5, "twice": None}, {"quezon city": 7})


def test_columns_are_known_by_any_of_their_names() -> None:
    assert guessed(Subject.CLIENTS, ["CLIENT NAME", "mobile_no.", "E-Mail Address", "City", "Whatever"]) == {
        "name": 0, "email": 2, "town": 3,
    }  # fmt: skip
    assert guessed(Subject.CLIENTS, ["Mobile", "Phone", "Client", "Name"]) == {"phone": 1, "name": 3}
    assert guessed(Subject.SERVICES, ["Service", "Duration", "Price (PHP)", "Price"]) == {
        "name": 0, "minutes": 1, "price": 3,
    }  # fmt: skip


@pytest.mark.parametrize("subject", list(Subject))
def test_our_own_columns_are_all_known(subject: Subject) -> None:
    assert guessed(subject, titles(subject)) == {field.key: at for at, field in enumerate(FIELDS[subject])}


def test_a_mapping_has_to_recognise_a_row() -> None:
    columns = ["A", "B"]
    assert checked_mapping(Subject.CLIENTS, columns, {"phone": 1, "name": 0, "notes": 9, "x": 0}) == {
        "phone": 1, "name": 0,
    }  # fmt: skip
    with pytest.raises(Invalid, match="Number, Phone or E-mail: by it a row is recognised"):
        checked_mapping(Subject.CLIENTS, columns, {"name": 0})
    with pytest.raises(Invalid, match="“B” is chosen for Name and Phone"):
        checked_mapping(Subject.CLIENTS, columns, {"name": 1, "phone": 1})


@pytest.mark.parametrize(
    ("subject", "cells", "wanted"),
    [
        (Subject.CLIENTS, {"phone": "639171234567"}, {"phone": "+639171234567"}),
        (Subject.CLIENTS, {"phone": "9171234567"}, {"phone": "+639171234567"}),
        (Subject.CLIENTS, {"name": " José   O'Hara "}, {"name": "José O'Hara"}),
        (Subject.CLIENTS, {"preferred_therapist": "ANA"}, {"preferred_therapist_id": 5}),
        (
            Subject.CLIENTS,
            {"address": "1  Main", "town": "Quezon  City"},
            {"address": "1 Main", "locality_id": 7},
        ),
        (Subject.CLIENTS, {"id": "#12", "preferred_gender": "F"}, {"id": 12, "preferred_gender": "female"}),
        (Subject.SERVICES, {"price": "₱1,250.5", "active": "No"}, {"price": "1250.50", "active": False}),
        (Subject.STAFF, {"role": "Driver", "vehicle": "CAR"}, {"role": "driver", "vehicle": "car"}),
        (Subject.CLIENTS, {"name": "", "email": ""}, {}),
    ],
)
def test_what_is_read(subject: Subject, cells: dict[str, str], wanted: dict[str, object]) -> None:
    read = read_row(subject, cells, KNOWN)
    assert (read.wanted, read.problems) == (wanted, [])


@pytest.mark.parametrize(
    ("subject", "cells", "field"),
    [
        (Subject.CLIENTS, {"phone": "12345"}, "phone"),
        (Subject.CLIENTS, {"other_phones": "0917 123 4567, x"}, "other_phones"),
        (Subject.CLIENTS, {"id": "1.5"}, "id"),
        (Subject.CLIENTS, {"id": "9" * 40}, "id"),
        (Subject.CLIENTS, {"email": "a@b"}, "email"),
        (Subject.CLIENTS, {"name": "x" * 121}, "name"),
        (Subject.CLIENTS, {"notes": "x" * 4001}, "notes"),
        (Subject.CLIENTS, {"preferred_therapist": "nobody"}, "preferred_therapist"),
        (Subject.CLIENTS, {"preferred_therapist": "Twice"}, "preferred_therapist"),
        (Subject.CLIENTS, {"preferred_pressure": "a lot"}, "preferred_pressure"),
        (Subject.CLIENTS, {"address": "1 Main"}, "town"),
        (Subject.CLIENTS, {"town": "Quezon City"}, "address"),
        (Subject.CLIENTS, {"address": "1 Main", "town": "Atlantis"}, "town"),
        (Subject.SERVICES, {"minutes": "4"}, "minutes"),
        (Subject.SERVICES, {"minutes": "60.5"}, "minutes"),
        (Subject.SERVICES, {"buffer_minutes": "241"}, "buffer_minutes"),
        (Subject.SERVICES, {"price": "500,00"}, "price"),
        (Subject.SERVICES, {"price": "-1"}, "price"),
        (Subject.SERVICES, {"price": "100001"}, "price"),
        (Subject.SERVICES, {"name": "x" * 81}, "name"),
        (Subject.SERVICES, {"active": "maybe"}, "active"),
        (Subject.STAFF, {"username": "two words"}, "username"),
        (Subject.STAFF, {"role": "boss"}, "role"),
        (Subject.STAFF, {"vehicle": "bus"}, "vehicle"),
    ],
)
def test_what_cannot_be_is_told_by_its_column(subject: Subject, cells: dict[str, str], field: str) -> None:
    [problem] = read_row(subject, cells, KNOWN).problems
    assert problem["field"] == field
    assert problem["why"].endswith(".")
