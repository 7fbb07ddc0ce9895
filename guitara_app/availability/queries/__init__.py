"""Who works when, and who is there.

``shifts`` holds, for every business day that can be booked, when a person can be offered work: usual hours, hours by
hand and approved time off are in it already. Ask it through these:

* ``on_shift_now(session, now)``: everybody who can be offered work at that moment.
* ``shift_periods(session, people, day)``: when each of these people can be offered work in a business day.
* ``week_of(session, person_id)``: somebody's usual hours, from which shifts follow.
* ``standing(session, people)``, ``planned_spans(session, edits)``: what shifts follow from, and would follow from.
* ``holidays_between(session, first, last)``: public holidays, with what the firm does on them.
* ``shifts_of``, ``person_hours``, ``open_requests``, ``on_now``, ``presence``: what the pages show.
"""

from guitara_app.availability.queries.evening import on_now, shifts_of
from guitara_app.availability.queries.people import open_requests, people_with_hours, person_hours, week_of
from guitara_app.availability.queries.planning import (
    Standing,
    evenings_changed,
    holidays_between,
    holidays_under,
    hours_by_hand,
    planned_days,
    planned_spans,
    standing,
    time_off_edit,
)
from guitara_app.availability.queries.present import OnShift, on_shift_now, presence, shift_periods

__all__ = [
    "OnShift",
    "Standing",
    "evenings_changed",
    "holidays_between",
    "holidays_under",
    "hours_by_hand",
    "on_now",
    "on_shift_now",
    "open_requests",
    "people_with_hours",
    "person_hours",
    "planned_days",
    "planned_spans",
    "presence",
    "shift_periods",
    "shifts_of",
    "standing",
    "time_off_edit",
    "week_of",
]
