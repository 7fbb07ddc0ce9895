"""Every change of a visit."""

from guitara_app.appointments.services.alarms import panic, settle_alarm
from guitara_app.appointments.services.answers import accept, lapse, reject, withdraw
from guitara_app.appointments.services.booking import book
from guitara_app.appointments.services.changing import change, swap
from guitara_app.appointments.services.claims import claim, release
from guitara_app.appointments.services.endings import cancel, expire, no_show, reopen
from guitara_app.appointments.services.relayout import grow_overdue
from guitara_app.appointments.services.reviews import drop, insist, replace

__all__ = [
    "accept",
    "book",
    "cancel",
    "change",
    "claim",
    "drop",
    "expire",
    "grow_overdue",
    "insist",
    "lapse",
    "no_show",
    "panic",
    "reject",
    "release",
    "reopen",
    "replace",
    "settle_alarm",
    "swap",
    "withdraw",
]
