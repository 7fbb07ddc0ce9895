"""The words of the lifecycle: what an appointment, an assignment and a leg can be."""

from __future__ import annotations

from enum import StrEnum


class AppointmentState(StrEnum):
    """Where a visit stands; derived from its assignments and legs until it ends."""

    PENDING = "pending"
    THERAPIST_CONFIRMED = "therapist_confirmed"
    DRIVER_CONFIRMED = "driver_confirmed"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    DROPPED_OFF = "dropped_off"
    IN_SESSION = "in_session"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"


class Answer(StrEnum):
    """What became of one therapist's place in a visit."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


class Progress(StrEnum):
    """How far one therapist has come with a visit."""

    WAITING = "waiting"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    DROPPED_OFF = "dropped_off"
    IN_SESSION = "in_session"
    ENDED = "ended"


class LegState(StrEnum):
    """Where one trip stands."""

    PLANNED = "planned"
    SEARCHING = "searching"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    DONE = "done"
    CANCELLED = "cancelled"


class OfferAnswer(StrEnum):
    """What a driver said to a leg."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


ENDINGS = frozenset({AppointmentState.CANCELLED, AppointmentState.EXPIRED, AppointmentState.NO_SHOW})
CLOSED = ENDINGS | {AppointmentState.COMPLETED}
LIVE_ANSWERS = frozenset({Answer.OFFERED, Answer.ACCEPTED})
LIVE_LEGS = frozenset({LegState.OFFERED, LegState.ACCEPTED, LegState.UNDER_WAY})
OPEN_LEGS = LIVE_LEGS | {LegState.PLANNED, LegState.SEARCHING}
