"""What a client's phone, name and e-mail must look like."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from pydantic import BaseModel, ConfigDict

from guitara_app.clients.models import FOLDED_FROM, FOLDED_TO
from guitara_app.kit.errors import Invalid

HOME_REGION = "PH"
LONGEST_NAME = 120
LONGEST_NOTE = 4000
_LONGEST_PHONE = 40
_JOINER = "\u200d"
_FOLDED = str.maketrans(FOLDED_FROM[: len(FOLDED_TO)], FOLDED_TO, FOLDED_FROM[len(FOLDED_TO) :])
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class NewClient(BaseModel):
    """A client as typed by the operator."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    phone: str = ""
    email: str = ""
    notes: str = ""


def normal_phone(typed: str) -> str:
    """The phone in E.164, read as a Philippine number unless it names a country.

    Raises:
        Invalid: it cannot be a phone.
    """
    try:
        number = phonenumbers.parse(typed, HOME_REGION) if len(typed) <= _LONGEST_PHONE else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        raise Invalid("This is not a phone number. Type it like 0917 123 4567, or with +country code.", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown_phone(phone: str) -> str:
    """The phone as people here write it: ``0917 123 4567``, foreign ones with their country."""
    try:
        number = phonenumbers.parse(phone, HOME_REGION)
    except phonenumbers.NumberParseException:
        return phone
    home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def normal_name(typed: str) -> str:
    """The name without doubled spaces and control characters.

    Raises:
        Invalid: nothing is left, or it is longer than ``LONGEST_NAME`` characters.
    """
    name = " ".join(clean_text(" ".join(typed.split())).split()).strip(_JOINER)
    if not name:
        raise Invalid("Type the client's name.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters; put the rest into the notes.", field="name")
    return name


def normal_email(typed: str) -> str | None:
    """The e-mail in lower case; None when nothing was typed.

    Raises:
        Invalid: it cannot be an e-mail address.
    """
    email = clean_text(typed).strip().lower()
    if not email:
        return None
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address. Leave it empty if there is none.", field="email")
    return email


def normal_note(typed: str, *, field: str = "notes") -> str:
    """The note without control characters.

    Raises:
        Invalid: it is longer than ``LONGEST_NOTE`` characters.
    """
    note = clean_text(typed.strip())
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"This text has {len(note)} characters; {LONGEST_NOTE} fit. Shorten it.", field=field)
    return note


def clean_text(typed: str) -> str:
    """``typed`` without what no keyboard types and PostgreSQL or a screen chokes on; line breaks and tabs stay."""
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in typed if _typable(letter))


def _typable(letter: str) -> bool:
    return letter.isprintable() or letter in ("\n", "\t", _JOINER) or unicodedata.category(letter) == "Zs"


def folded(text: str) -> str:
    """``text`` as names are compared: lower case, without accents and apostrophes."""
    return text.lower().translate(_FOLDED)


def search_terms(typed: str) -> list[str]:
    """The words to look for, folded; a phone's digits are put together, however they were grouped."""
    text = " ".join(folded(clean_text(typed)).replace(",", " ").split())[:80]
    digits = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+?[0-9]{3,}", digits):
        return [digits]
    # Among other words a local number still starts with 0, which is not how it is kept.
    return [re.sub(r"^0(?=[0-9]{2,}$)", "", term) for term in text.split()[:4]]
