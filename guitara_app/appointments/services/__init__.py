"""Every change of a visit."""

from guitara_app.appointments.services.answers import accept, reject
from guitara_app.appointments.services.booking import book
from guitara_app.appointments.services.cancelling import cancel
from guitara_app.appointments.services.overdue import grow_overdue

__all__ = ["accept", "book", "cancel", "grow_overdue", "reject"]
