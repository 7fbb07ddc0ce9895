"""Phones, names and notes as people and keyboards really type them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.clients.rules import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Likeness,
    clean_text,
    likeness,
    listed_phones,
    normal_email,
    normal_name,
    normal_note,
    normal_phone,
    one_slip_apart,
    search_terms,
    shown_phone,
)
from guitara_app.kit.errors import Invalid


@pytest.mark.parametrize(
    "typed",
    ["0917 123 4567", "09171234567", "+63 917 123 4567", "+639171234567", "(0917) 123-4567", " 0917.123.4567 "],
)
def test_one_phone_however_it_is_typed(typed: str) -> None:
    assert normal_phone(typed) == "+639171234567"


@pytest.mark.parametrize(("typed", "kept"), [("+1 202 555 0143", "+12025550143"), ("(02) 8123 4567", "+63281234567")])
def test_foreign_and_landline_phones_are_phones_too(typed: str, kept: str) -> None:
    assert normal_phone(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "abc",
        "123",
        "0917",
        "+63",
        "0917 123 4567 890 123",
        "0917 123 4567 ext. 12",
        "\U0001f4de",
        "0917 123 \U0001f600",
        "\x00",
        "'; DROP TABLE clients; --",
        "9" * 10_000,
        "0917123456" + "7" * 9_990,
        "+639171234567" + " " * 30 + "and 10,000 more",
    ],
)
def test_what_is_no_phone_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_phone(typed)
    assert refused.value.field == "phone"
    assert "0917 123 4567" in refused.value.sentence


def test_phones_are_shown_as_people_here_write_them() -> None:
    assert shown_phone("+639171234567") == "0917 123 4567"
    assert shown_phone("+12025550143").startswith("+1 ")
    assert shown_phone("not a phone") == "not a phone"


@given(st.text())
def test_anything_typed_as_a_phone_is_kept_as_e164_or_refused(typed: str) -> None:
    try:
        kept = normal_phone(typed)
    except Invalid:
        return
    assert kept[0] == "+"
    assert kept[1:].isdecimal()
    assert kept.isascii()
    assert normal_phone(kept) == kept


@pytest.mark.parametrize(
    "name", ["Mrs D'Souza", "Niño Peñaflor", "Ana \U0001f338", "سارة علي", "李小龍", 'Ana "Annie"']
)
def test_names_stay_as_they_are(name: str) -> None:
    assert normal_name(name) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   Cruz ", "Ana Cruz"),
        ("Ana\x00 Cruz", "Ana Cruz"),
        ("Ana\x1b[31m", "Ana[31m"),
        ("Ana\nCruz", "Ana Cruz"),
        ("\u202eAna", "Ana"),
        ("Ana \x00 Cruz", "Ana Cruz"),
        ("Ana\u00a0Cruz", "Ana Cruz"),
    ],
)
def test_control_characters_do_not_reach_the_database(typed: str, kept: str) -> None:
    assert normal_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "\x00", "\u200b", "\u200d", "x" * (LONGEST_NAME + 1), "x" * 10_000])
def test_a_name_is_neither_empty_nor_endless(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_name(typed)
    assert refused.value.field == "name"


def test_a_note_keeps_its_lines_and_ends_somewhere() -> None:
    assert normal_note("Ring\u00a0twice.\r\n\tDog!\x00") == "Ring twice.\n\tDog!"
    assert normal_note("x" * LONGEST_NOTE)
    with pytest.raises(Invalid) as refused:
        normal_note("x" * 10_000, field="address_notes")
    assert (refused.value.field, "10000" in refused.value.sentence) == ("address_notes", True)


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_can_be_encoded_and_holds_no_nul(typed: str) -> None:
    cleaned = clean_text(typed)
    assert "\x00" not in cleaned
    cleaned.encode()
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize("typed", ["ana", "ana@", "@x.ph", "a b@x.ph", "ana@x", "a" * 300 + "@x.ph"])
def test_what_is_no_e_mail_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        normal_email(typed)


def test_an_empty_e_mail_is_none_and_case_does_not_matter() -> None:
    assert normal_email("  ") is None
    assert normal_email(" Ana@Example.PH\x00 ") == "ana@example.ph"


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("Ana Cruz", ["ana", "cruz"]),
        ("0917 123", ["0917123"]),
        ("Peña, O'Hara", ["pena", "ohara"]),
        ("maria 0917", ["maria", "917"]),
        ("+63 917", ["+63917"]),
        ("917-123", ["917123"]),
        ("12", ["12"]),
        ("\x00", []),
        ("a b c d e f", ["a", "b", "c", "d"]),
    ],
)
def test_what_is_looked_for(typed: str, terms: list[str]) -> None:
    assert search_terms(typed) == terms


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("+639171234567", "+639171234568", True),
        ("+639171234567", "+639171234576", True),
        ("+639171234567", "+639171234578", False),
        ("+639171234567", "+639171234567", False),
        ("+639171234567", "+63917123456", False),
    ],
)
def test_one_slip_in_a_phone(one: str, other: str, slip: bool) -> None:
    assert one_slip_apart(one, other) is slip
    assert one_slip_apart(other, one) is slip


def compared(**changed: Any) -> Likeness:
    """Two who have nothing in common but what is changed."""
    values: dict[str, Any] = {
        "own_name": "ana cruz",
        "name": "bea reyes",
        "alike": 0.1,
        "own_phone": "+639171234567",
        "phone": "+639998887766",
        "own_email": "",
        "email": "",
        "same_place": False,
        "namesakes": 1,
    }
    return likeness(**(values | changed))


def test_a_rare_name_or_two_weaker_signs_make_a_probable_duplicate() -> None:
    assert not compared().likely
    assert compared(name="ana cruz").likely
    assert compared(name="cruz ana").likely
    assert not compared(name="ana cruz", namesakes=50).likely
    assert compared(name="ana cruz", namesakes=50, same_place=True).likely
    assert compared(name="anna cruz", alike=0.7, phone="+639171234568").likely
    assert not compared(phone="+639171234568").likely
    assert compared(phone="+19171234567").reasons == ["same phone digits"]
    mail = compared(own_email="ana.cruz@one.ph", email="ana.cruz@two.ph", alike=0.6)
    assert mail.reasons == ["similar name", "same e-mail name"]
    assert mail.likely


def test_several_phones_in_one_field() -> None:
    assert listed_phones("0917 123 4567; +1 202 555 0143\n0917-123-4567,") == ["+639171234567", "+12025550143"]
    assert listed_phones(" , ") == []
    with pytest.raises(Invalid, match="twelve"):
        listed_phones("0917 123 4567, twelve")
    with pytest.raises(Invalid, match="at most"):
        listed_phones(",".join(f"0917 123 45{number}" for number in range(10, 21)))
