"""Saying when somebody can be offered work, and that they are there."""

from guitara_app.availability.services.evening import set_shift, usual_shift
from guitara_app.availability.services.holidays import checked_holidays, set_holidays
from guitara_app.availability.services.materialising import extend
from guitara_app.availability.services.presence import check_in, check_out
from guitara_app.availability.services.time_off import (
    approve_time_off,
    ask_time_off,
    call_in_sick,
    enter_time_off,
    refuse_time_off,
    take_back_time_off,
)
from guitara_app.availability.services.together import set_together
from guitara_app.availability.services.week import set_week

__all__ = [
    "approve_time_off",
    "ask_time_off",
    "call_in_sick",
    "check_in",
    "check_out",
    "checked_holidays",
    "enter_time_off",
    "extend",
    "refuse_time_off",
    "set_holidays",
    "set_shift",
    "set_together",
    "set_week",
    "take_back_time_off",
    "usual_shift",
]
