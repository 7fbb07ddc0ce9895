"""Series: visits that come again, booked, read and ended. A visit of one is changed like any other."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.v1.appointments import Booking
from guitara_app.api.v1.fields import WHOLE, Body, Clock, Day, Id, Money, PathId
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.appointments.queries.series_read import whole_series
from guitara_app.appointments.recurrence import Frequency, Repeat, end_in_words, in_words
from guitara_app.appointments.series_requests import Instead, SeriesRequest
from guitara_app.appointments.services import book_series, end_series, wishes_met
from guitara_app.appointments.words import AppointmentState
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/series", tags=["series"])

Reader = Annotated[Actor, Depends(needs(Permission.SEE_APPOINTMENT))]
Booker = Annotated[Actor, Depends(needs(Permission.BOOK))]
Ender = Annotated[Actor, Depends(needs(Permission.RUN_VISITS))]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rule(Body):
    """How often, and until when."""

    frequency: Frequency
    every: Annotated[int, Field(ge=1, le=52), WHOLE] = Field(default=1, description="Weeks or months apart.")
    weekdays: list[Weekday] = Field(
        default=[], max_length=7, description="Those of the evenings; that of the first evening when left out."
    )
    nth: Annotated[int, Field(ge=-1, le=4), WHOLE] | None = Field(
        default=None, description="Of a monthly series: the first to fourth of its weekday in the month, -1 the last."
    )
    times: Annotated[int, Field(ge=1, le=520), WHOLE] | None = Field(default=None, description="So many visits.")
    until: Day | None = Field(default=None, description="The last evening there may be.")

    def repeat(self, first: date) -> Repeat:
        """As the service takes it."""
        days = tuple(_WEEKDAYS.index(day) for day in self.weekdays) or (first.weekday(),)
        try:
            return Repeat(
                frequency=self.frequency,
                every=self.every,
                weekdays=days,
                nth=self.nth,
                times=self.times,
                until=self.until,
            )
        except ValidationError as error:
            said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            raise Invalid(f"This rule cannot be: {said}.", field="rule") from None


class InsteadOf(Body):
    """What becomes of an evening that cannot be booked as the others."""

    evening: Day = Field(description="The evening of the series.")
    do: Literal["skip", "later", "anyway", "move"] = Field(
        description="No visit; the desk decides later; outside a shift, with off_shift_reason; or what else is named."
    )
    to_evening: Day | None = None
    start: Clock | None = None
    therapist_ids: list[Id] = Field(default=[], max_length=20)


class SeriesBooking(Booking):
    """A booking that comes again from its evening on."""

    rule: Rule
    instead: list[InsteadOf] = Field(default=[], max_length=100)
    otherwise: Literal["refuse", "skip", "later"] = Field(
        default="refuse", description="What becomes of evenings that cannot be had and are not named in instead."
    )


class Ending(Body):
    """Why a series ends."""

    reason: str = Field(min_length=1, max_length=1000, description="Kept in the history.", examples=["moved away"])
    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = Field(
        default=None, description="Refused when the series is no longer at this version."
    )


class VisitOf(BaseModel):
    """A visit of the series; ``stands_for`` is its evening in the rule, wherever it has been moved since."""

    id: int
    stands_for: date
    evening: date
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState


class WithoutVisit(BaseModel):
    """An evening of the series without a visit; ``open`` waits for the desk."""

    evening: date
    state: Literal["open", "skipped", "booked", "ended", "past"]
    because: str


class Series(BaseModel):
    """A series as the desk sees it; ``next_evening`` is the first that is not booked yet, null when none is left."""

    id: int
    version: int
    words: str
    ends: str
    client_id: int
    address_id: int
    frequency: Frequency
    every: int
    weekdays: list[Weekday]
    nth: int | None
    times: int | None
    until: date | None
    first_evening: date
    start: Annotated[time, Field(description="On the firm's wall clock.")]
    service_ids: list[int]
    therapist_ids: list[int]
    automatic: int
    minutes: int | None
    price: Money | None
    driver_needed: bool
    car_needed: bool
    notes: str
    next_evening: date | None
    ended_at: datetime | None
    continues_id: int | None
    visits: list[VisitOf]
    without_visit: list[WithoutVisit]


@router.post("", status_code=201, response_model=Series, responses=refuses(404, 409))
async def booked(actor: Booker, asked: Once, booking: SeriesBooking) -> Response:
    """Book a series; its visits within the next weeks at once, the later ones as they come nearer."""

    def work(session: Session) -> BaseModel:
        if (booking.client_id is None) == (booking.new_client is None):
            raise Invalid("Give either client_id or new_client.", field="client_id")
        if (booking.address_id is None) == (booking.new_address is None):
            raise Invalid("Give either address_id or new_address.", field="address_id")
        request = SeriesRequest(
            booking=booking.request(),
            repeat=booking.rule.repeat(booking.evening),
            instead={
                one.evening: Instead(
                    do=one.do,
                    evening=one.to_evening,
                    start=one.start,
                    therapist_ids=tuple(one.therapist_ids) or None,
                )
                for one in booking.instead
            },
            otherwise=booking.otherwise,
        )
        number = book_series(session, actor, request, now=now())
        wishes_met(session, actor, number, now=now())
        return _shaped(session, number)

    return await carry_out(actor, asked, work, made_at="/series")


@router.get("/{series_id}", response_model=Series, responses=refuses(404))
async def one(_actor: Reader, series_id: PathId) -> Series:
    """A series with its visits, and the evenings that have none."""

    def read() -> Series:
        with reading() as session:
            return _shaped(session, series_id)

    return await in_thread(read)


@router.post("/{series_id}/end", response_model=Series, responses=refuses(404, 409))
async def ended(actor: Ender, asked: Once, series_id: PathId, ending: Ending) -> Response:
    """End a series: its visits to come are cancelled, and none follows."""

    def work(session: Session) -> BaseModel:
        end_series(session, actor, series_id, version=ending.version, reason=ending.reason, now=now())
        return _shaped(session, series_id)

    return await carry_out(actor, asked, work)


def _shaped(session: Session, series_id: int) -> Series:
    session.flush()
    found = whole_series(session, series_id)
    series = found.series
    return Series(
        **series.model_dump(include=set(Series.model_fields) - {"weekdays", "words", "ends", "until"}),
        words=in_words(series.repeat, series.start),
        ends=end_in_words(series.repeat),
        weekdays=[_WEEKDAYS[day] for day in series.weekdays],
        until=series.last_evening,
        visits=[
            VisitOf(
                id=row.id,
                stands_for=row.series_date,
                evening=row.business_date,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                state=row.state,
            )
            for row in found.visits
        ],
        without_visit=[
            WithoutVisit(evening=row.business_date, state=row.state, because=row.because) for row in found.gaps
        ],
    )
