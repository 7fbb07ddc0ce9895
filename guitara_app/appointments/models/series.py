"""Visits that come again: the rule, what each of them is, and the evenings of it that have no visit."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from guitara_app.appointments.recurrence import MOST_APART, MOST_TIMES, Frequency, Repeat
from guitara_app.kit.columns import Table, count, identity, moment, one_of, reference, word, words


class BookingSeries(Table, table=True):
    """A rule on the firm's wall clock, and the booking that it repeats.

    ``start`` is the clock's time in each business evening: 00:30 is after its midnight. ``minutes`` and ``price`` are
    None where they follow from the services. ``next_evening`` is the first one that has not been booked yet, None when
    none is left; ``stops_before`` is where the desk ended the series. ``continues_id`` is the series it came out of.
    """

    __tablename__ = "booking_series"
    __table_args__ = (
        one_of("frequency", Frequency),
        CheckConstraint(f"every BETWEEN 1 AND {MOST_APART}", name="every"),
        CheckConstraint(
            "cardinality(weekdays) BETWEEN 1 AND 7 AND weekdays <@ '{0,1,2,3,4,5,6}'::smallint[]", name="weekdays"
        ),
        CheckConstraint("(frequency = 'monthly') = (nth IS NOT NULL)", name="monthly_nth"),
        CheckConstraint("nth IN (-1, 1, 2, 3, 4)", name="nth"),
        CheckConstraint("frequency = 'weekly' OR cardinality(weekdays) = 1", name="monthly_weekday"),
        CheckConstraint("times IS NULL OR last_evening IS NULL", name="one_end"),
        CheckConstraint(f"times BETWEEN 1 AND {MOST_TIMES}", name="times"),
        CheckConstraint("last_evening >= first_evening", name="last_evening"),
        CheckConstraint("cardinality(service_ids) > 0", name="service_ids"),
        CheckConstraint("automatic >= 0 AND cardinality(therapist_ids) + automatic > 0", name="people"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("NOT car_needed OR driver_needed", name="car_means_driver"),
        CheckConstraint("(ended_at IS NULL) = (stops_before IS NULL)", name="ended_at"),
        CheckConstraint("ended_at IS NULL OR next_evening IS NULL", name="next_evening"),
        Index("ix_booking_series_client_id", "client_id"),
        Index("ix_booking_series_next", "next_evening", postgresql_where=text("next_evening IS NOT NULL")),
    )

    id: int = identity()
    client_id: int = reference("clients.id")
    address_id: int = reference("client_addresses.id")
    frequency: str = word()
    every: int
    weekdays: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    nth: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    first_evening: date
    last_evening: date | None = None
    times: int | None = None
    start: time
    service_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    therapist_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    automatic: int = count()
    minutes: int | None = None
    price: Decimal | None = Field(default=None, sa_column=Column(Numeric(10, 2), nullable=True))
    driver_needed: bool
    car_needed: bool
    notes: str = words()
    next_evening: date | None = None
    made_at: datetime = moment()
    made_by_id: int = reference("people.id")
    changed_at: datetime = moment()
    changed_by_id: int = reference("people.id")
    ended_at: datetime | None = moment(nullable=True)
    stops_before: date | None = None
    continues_id: int | None = reference("booking_series.id", nullable=True)
    version: int = 1

    @property
    def repeat(self) -> Repeat:
        """The rule."""
        return Repeat(
            frequency=Frequency(self.frequency),
            every=self.every,
            weekdays=tuple(self.weekdays),
            nth=self.nth,
            times=self.times,
            until=self.last_evening,
        )


class SeriesGap(Table, table=True):
    """An evening of a series without a visit: nobody was free (``open``, until the desk decides), or it is skipped.

    ``instead`` is what was free when it was looked at, in words.
    """

    __tablename__ = "series_gaps"
    __table_args__ = (
        UniqueConstraint("series_id", "business_date"),
        one_of("state", ("open", "skipped", "booked", "ended", "past")),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_at"),
        Index("ix_series_gaps_open", "business_date", postgresql_where=text("state = 'open'")),
    )

    id: int = identity()
    series_id: int = reference("booking_series.id")
    business_date: date
    state: str = word()
    because: str = words()
    instead: str = words()
    found_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)
