"""What the form holds, as the browser sends it, and how it becomes a booking request."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from guitara_app.appointments.requests import BookingRequest, VisitFields
from guitara_app.clients.rules import NewClient
from guitara_app.kit.errors import Invalid

MOST_AUTOMATIC = 6
_LONGEST = 20_000

_CLOCK = re.compile(r"(\d{1,2})[:.h ]?(\d{2})?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE)

Words = Annotated[str, BeforeValidator(lambda typed: "" if typed is None else typed), Field(max_length=_LONGEST)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Id = Annotated[Number | None, BeforeValidator(lambda typed: None if typed == "" else typed)]
Ids = Annotated[list[Number], Field(max_length=50)]


class Draft(BaseModel):
    """Every field of the form; those nobody has touched are missing."""

    model_config = ConfigDict(extra="ignore")

    offered: Annotated[str, Field(max_length=60)] = ""
    client_text: Words = ""
    client_mode: Words = ""
    client_id: Id = None
    client_name: Words = ""
    client_phone: Words = ""
    client_email: Words = ""
    client_notes: Words = ""
    evening: Words = ""
    start: Words = ""
    service_ids: Ids = []
    minutes: Words = ""
    price: Words = ""
    therapist_ids: Ids = []
    automatic: Words = ""
    off_shift_reason: Words = ""
    driver_needed: bool = True
    car_needed: bool = False
    address_id: Id = None
    address_line: Words = ""
    locality_id: Id = None
    address_notes: Words = ""
    notes: Words = ""
    wish_id: Id = None
    gap_id: Id = None
    repeat: Words = ""
    repeat_every: Words = ""
    repeat_days: Ids = []
    repeat_nth: Words = ""
    repeat_day: Words = ""
    repeat_ends: Words = ""
    repeat_times: Words = ""
    repeat_until: Words = ""
    instead: dict[Annotated[str, Field(max_length=10)], Annotated[str, Field(max_length=400)]] = {}
    idempotency_key: Words = ""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, typed: Any) -> Any:
        """What becomes of each evening of a series is a field of its own in the form: ``on-2026-12-01``."""
        if not isinstance(typed, dict):
            return typed
        chosen = {name[3:]: value for name, value in typed.items() if str(name).startswith("on-") and value}
        return {**typed, "instead": chosen} if chosen else typed

    @property
    def key(self) -> str:
        """What makes a save sent twice count once."""
        return self.idempotency_key[:100]

    def request(self, tonight: date) -> tuple[BookingRequest, dict[str, str]]:
        """The request, and what could not be read, by field; unread fields are left out of the request."""
        problems: dict[str, str] = {}
        is_new = self.client_id is None and self.client_mode == "new"
        new = NewClient(
            name=self.client_name, phone=self.client_phone, email=self.client_email, notes=self.client_notes
        )
        return BookingRequest(
            client_id=self.client_id,
            new_client=new if is_new else None,
            service_ids=self.service_ids[:10],
            therapist_ids=self.therapist_ids[:20],
            automatic=_read(problems, "therapist_ids", lambda: how_many(self.automatic)) or 0,
            evening=_read(problems, "evening", lambda: date.fromisoformat(self.evening) if self.evening else tonight),
            start=_read(problems, "start", lambda: clock(self.start)),
            minutes=_read(problems, "minutes", lambda: whole(self.minutes)),
            price=_read(problems, "price", lambda: amount(self.price)),
            driver_needed=self.driver_needed,
            car_needed=self.car_needed,
            address_id=self.address_id,
            address_line=self.address_line,
            locality_id=self.locality_id,
            address_notes=self.address_notes,
            notes=self.notes,
            off_shift_reason=self.off_shift_reason,
            idempotency_key=self.key,
        ), problems


class ChangeDraft(Draft):
    """What was changed of a visit; ``seen`` is what stood there when each field was first changed."""

    visit_id: Id = None
    reason: Words = ""
    reach: Words = ""
    seen: dict[Annotated[str, Field(max_length=40)], Any] = {}

    def over(self, base: dict[str, Any]) -> Draft:
        """The whole form: what was typed over what stands there."""
        return Draft.model_validate(base | self.model_dump(exclude_unset=True))

    @property
    def series_version(self) -> int | None:
        """The version of the series that was seen when it was chosen which visits the change is for."""
        seen = self.seen.get("reach")
        return seen if isinstance(seen, int) and 0 < seen < 2**31 else None

    def seen_fields(self, stands: VisitFields) -> VisitFields:
        """What the editor saw; of what they did not change, and of what cannot be read, what stands there now."""
        known = {name: value for name, value in self.seen.items() if name in VisitFields.model_fields}
        try:
            return VisitFields.model_validate(stands.model_dump(mode="json") | known)
        except ValidationError:
            return stands


def clock(typed: str) -> time | None:
    """``21:30``, ``2130``, ``9:30pm``, ``0030`` or ``21`` as a time of day; None when nothing is typed.

    Raises:
        Invalid: it is no time.
    """
    if not typed.strip():
        return None
    digits = re.sub(r"\D", "", typed)
    plain = f"{digits[:-2]}:{digits[-2:]}" if typed.strip().isdigit() and len(digits) in (3, 4) else typed.strip()
    found = _CLOCK.fullmatch(plain[:20])
    if found is None:
        raise Invalid("Type the time like 21:30 or 00:30.", field="start")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99
    if hour == 24:
        hour = 0
    if hour > 23 or minute > 59:
        raise Invalid("Type the time like 21:30 or 00:30.", field="start")
    return time(hour, minute)


def whole(typed: str) -> int | None:
    """A number of minutes; None when nothing is typed.

    Raises:
        Invalid: it is no whole number.
    """
    if not typed.strip():
        return None
    if not re.fullmatch(r"-?\d{1,6}", typed.strip()):
        raise Invalid("Type the length in minutes, like 90.", field="minutes")
    return int(typed)


def how_many(typed: str) -> int:
    """How many therapists are to be chosen automatically; 0 when nothing is typed.

    Raises:
        Invalid: it is no such number.
    """
    if not typed.strip():
        return 0
    if not re.fullmatch(r"\d{1,2}", typed.strip()) or int(typed) > MOST_AUTOMATIC:
        raise Invalid(f"At most {MOST_AUTOMATIC} can be chosen automatically.", field="therapist_ids")
    return int(typed)


def amount(typed: str) -> Decimal | None:
    """A price in pesos; None when nothing is typed.

    Raises:
        Invalid: it is no amount.
    """
    plain = typed.strip().removeprefix("\u20b1").replace(",", "").strip()
    if not plain:
        return None
    try:
        found = Decimal(plain[:20])
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Invalid("Type the price in pesos, like 675 or 675.50.", field="price")
    return found


def _read(problems: dict[str, str], field: str, work: Any) -> Any:
    try:
        return work()
    except Invalid as error:
        problems[field] = error.sentence
    except ValueError:
        problems[field] = "Choose the evening from the list."
    return None
