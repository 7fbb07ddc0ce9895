"""Every change of a visit."""

from guitara_app.appointments.services.alarms import panic, settle_alarm
from guitara_app.appointments.services.answers import accept, reject
from guitara_app.appointments.services.booking import book
from guitara_app.appointments.services.cancelling import cancel
from guitara_app.appointments.services.claims import claim, release
from guitara_app.appointments.services.overdue import grow_overdue

__all__ = ["accept", "book", "cancel", "claim", "grow_overdue", "panic", "reject", "release", "settle_alarm"]
