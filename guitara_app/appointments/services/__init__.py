"""Every change of a visit."""

from guitara_app.appointments.services.alarms import panic, settle_alarm
from guitara_app.appointments.services.answers import accept, lapse, reject, withdraw
from guitara_app.appointments.services.booking import book
from guitara_app.appointments.services.changing import change, swap
from guitara_app.appointments.services.claims import claim, release
from guitara_app.appointments.services.endings import cancel, expire, no_show, reopen
from guitara_app.appointments.services.forcing import force
from guitara_app.appointments.services.materials import open_day, report_materials
from guitara_app.appointments.services.pickups import ask_pickup
from guitara_app.appointments.services.relayout import grow_overdue
from guitara_app.appointments.services.reviews import drop, insist, replace
from guitara_app.appointments.services.sessions import end_session, extend, request_payment, start_session, stop_early

__all__ = [
    "accept",
    "ask_pickup",
    "book",
    "cancel",
    "change",
    "claim",
    "drop",
    "end_session",
    "expire",
    "extend",
    "force",
    "grow_overdue",
    "insist",
    "lapse",
    "no_show",
    "open_day",
    "panic",
    "reject",
    "release",
    "reopen",
    "replace",
    "report_materials",
    "request_payment",
    "settle_alarm",
    "start_session",
    "stop_early",
    "swap",
    "withdraw",
]
