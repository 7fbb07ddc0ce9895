"""What a client's phone, name and e-mail must look like."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from pydantic import BaseModel, ConfigDict

from guitara_app.clients.models import FOLDED_FROM, FOLDED_TO
from guitara_app.kit.errors import Invalid

HOME_REGION = "PH"
LONGEST_NAME = 120
LONGEST_NOTE = 4000
MOST_PHONES = 10
FIELD_WORDS = {
    "name": "name",
    "phone": "phone",
    "other_phones": "other phones",
    "email": "e-mail",
    "notes": "notes",
    "preferred_gender": "preferred therapist's gender",
    "preferred_pressure": "preferred pressure",
    "preferred_therapist_id": "preferred therapist",
}
_LONGEST_PHONE = 40
_LONGEST_NUMBERS = 1000
_LIKELY = 3
_FEW_NAMESAKES = 5
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


class ClientChange(BaseModel):
    """Fields of a client to change, as typed; None leaves a field as it is, an empty text empties it."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    phone: str | None = None
    other_phones: str | None = None
    email: str | None = None
    notes: str | None = None
    preferred_gender: Literal["", "female", "male"] | None = None
    preferred_pressure: Literal["", "light", "medium", "hard"] | None = None
    preferred_therapist_id: str | None = None


def listed_phones(typed: str) -> list[str]:
    """Several phones, as kept, from a text that parts them by commas, semicolons or lines; each once.

    Raises:
        Invalid: one of them cannot be a phone, or there are too many.
    """
    numbers: list[str] = []
    for part in re.split(r"[,;\n/]+", typed[:_LONGEST_NUMBERS]):
        if part.strip():
            try:
                numbers.append(normal_phone(part))
            except Invalid as error:
                raise Invalid(f"{part.strip()[:40]}: {error.sentence}", field="other_phones") from error
    if len(numbers) > MOST_PHONES:
        raise Invalid(f"A client has at most {MOST_PHONES} more phones; put the rest into the notes.", field="phone")
    return list(dict.fromkeys(numbers))


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


@lru_cache(maxsize=4_096)
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
    if typed.isprintable():
        return typed
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in typed if _typable(letter))


def _typable(letter: str) -> bool:
    return letter.isprintable() or letter in ("\n", "\t", _JOINER) or unicodedata.category(letter) == "Zs"


class Likeness(NamedTuple):
    """How probable it is that two clients are one person, and why."""

    score: int
    reasons: list[str]

    @property
    def likely(self) -> bool:
        """Worth somebody's look."""
        return self.score >= _LIKELY


def likeness(
    *,
    own_name: str,
    name: str,
    alike: float,
    own_phone: str,
    phone: str,
    own_email: str,
    email: str,
    same_place: bool,
    namesakes: int,
) -> Likeness:
    """Compare two clients. Names are folded; ``alike`` is from 0 to 1; ``namesakes`` how many have the own name."""
    found: list[tuple[int, str]] = []
    if own_name == name or sorted(own_name.split()) == sorted(name.split()):
        # A name that hundreds have tells little.
        found.append((3 if namesakes <= _FEW_NAMESAKES else 1, "same name"))
    elif alike >= 0.5:
        found.append((1, "similar name"))
    if own_phone[-9:] == phone[-9:]:
        found.append((3, "same phone digits"))
    elif one_slip_apart(own_phone, phone):
        found.append((2, "phone differs in one digit"))
    mailbox = own_email.partition("@")[0]
    if len(mailbox) > 4 and mailbox == email.partition("@")[0]:
        found.append((2, "same e-mail name"))
    if same_place:
        found.append((2, "same address"))
    return Likeness(sum(score for score, _ in found), [reason for _, reason in found])


def one_slip_apart(one: str, other: str) -> bool:
    """Whether two numbers of one length differ in a single digit, or in two neighbours that changed places."""
    if len(one) != len(other):
        return False
    different = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(different) == 2 and different[1] == different[0] + 1:
        first, second = different
        return one[first] == other[second] and one[second] == other[first]
    return len(different) == 1


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
