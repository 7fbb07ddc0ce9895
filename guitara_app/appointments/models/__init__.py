"""Tables of a visit: the appointment, who goes, how they get there, and what needs somebody's decision."""

from guitara_app.appointments.models.appointment import Appointment, AppointmentService, Assignment
from guitara_app.appointments.models.attention import Alarm, AttentionClaim, Clash, Review
from guitara_app.appointments.models.leg import Leg, LegOffer, LegPassenger
from guitara_app.appointments.models.series import BookingSeries, SeriesGap
from guitara_app.appointments.models.wish import Wish, WishOffer

__all__ = [
    "Alarm",
    "Appointment",
    "AppointmentService",
    "Assignment",
    "AttentionClaim",
    "BookingSeries",
    "Clash",
    "Leg",
    "LegOffer",
    "LegPassenger",
    "Review",
    "SeriesGap",
    "Wish",
    "WishOffer",
]
