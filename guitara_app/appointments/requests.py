"""What an operator asks for when booking, as the form, the API and the tasks send it."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from guitara_app.clients.rules import NewClient


class BookingRequest(BaseModel):
    """A booking as typed, complete or not; the service says what is missing.

    ``automatic`` is how many therapists the policy chooses when it is saved, besides those named.
    """

    model_config = ConfigDict(extra="forbid")

    client_id: int | None = None
    new_client: NewClient | None = None
    service_ids: list[int] = Field(default_factory=list, max_length=10)
    therapist_ids: list[int] = Field(default_factory=list, max_length=20)
    automatic: int = Field(default=0, ge=0, le=20)
    evening: date | None = None
    start: time | None = None
    minutes: int | None = None
    price: Decimal | None = Field(default=None, allow_inf_nan=False)
    driver_needed: bool = True
    car_needed: bool = False
    address_id: int | None = None
    address_line: str = ""
    locality_id: int | None = None
    address_notes: str = ""
    notes: str = ""
    off_shift_reason: str = ""
    idempotency_key: str = Field(default="", max_length=100, pattern=r"^[!-~]*$")

    @property
    def people(self) -> int:
        """How many go: those chosen by hand, and those the policy is to choose."""
        return len(self.therapist_ids) + self.automatic


class VisitFields(BaseModel):
    """What can be changed of a visit, complete: as an editor saw it, and as they want it."""

    model_config = ConfigDict(extra="forbid")

    evening: date
    start: time
    minutes: int
    price: Decimal = Field(allow_inf_nan=False)
    service_ids: list[int] = Field(max_length=10)
    therapist_ids: list[int] = Field(max_length=20)
    driver_needed: bool
    car_needed: bool
    address_id: int
    notes: str


class ChangeRequest(BaseModel):
    """A change of a visit: only the fields that are to be different, and the fields as the editor saw them.

    ``seen`` is what tells a change of a colleague from one's own; without it nothing is compared.
    """

    model_config = ConfigDict(extra="forbid")

    evening: date | None = None
    start: time | None = None
    minutes: int | None = None
    price: Decimal | None = Field(default=None, allow_inf_nan=False)
    service_ids: list[int] | None = Field(default=None, max_length=10)
    therapist_ids: list[int] | None = Field(default=None, max_length=20)
    driver_needed: bool | None = None
    car_needed: bool | None = None
    address_id: int | None = None
    address_line: str = ""
    locality_id: int | None = None
    address_notes: str = ""
    notes: str | None = None
    off_shift_reason: str = ""
    seen: VisitFields | None = None


class WishRequest(BaseModel):
    """What somebody waits for, as typed.

    ``therapist_id`` is whom they would rather have; with ``only_therapist`` nobody else will do. The clock times are
    of the start; None is any.
    """

    model_config = ConfigDict(extra="forbid")

    client_id: int | None = None
    new_client: NewClient | None = None
    address_id: int | None = None
    service_ids: list[int] = Field(default_factory=list, max_length=10)
    people: int = Field(default=1, ge=1, le=6)
    first_evening: date | None = None
    last_evening: date | None = None
    earliest: time | None = None
    latest: time | None = None
    therapist_id: int | None = None
    only_therapist: bool = False
    driver_needed: bool = True
    car_needed: bool = False
    notes: str = ""
    idempotency_key: str = Field(default="", max_length=100, pattern=r"^[!-~]*$")
