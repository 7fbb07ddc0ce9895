"""Who works when, and who is there.

``shifts`` holds, for every business day that can be booked, when a person can be offered work: usual hours, hours by
hand and approved time off are in it already. Ask it through these:

* ``on_shift_now(session, now)``: everybody who can be offered work at that moment.
* ``shift_periods(session, people, day)``: when each of these people can be offered work in a business day.
* ``week_of(session, person_id)``: somebody's usual hours, from which shifts follow.
* ``shifts_of``, ``person_hours``, ``open_requests``, ``on_now``, ``presence``: what the pages show.
"""

from guitara_app.availability.queries.evening import on_now, shifts_of
from guitara_app.availability.queries.people import open_requests, people_with_hours, person_hours, week_of
from guitara_app.availability.queries.present import OnShift, on_shift_now, presence, shift_periods

__all__ = [
    "OnShift",
    "on_now",
    "on_shift_now",
    "open_requests",
    "people_with_hours",
    "person_hours",
    "presence",
    "shift_periods",
    "shifts_of",
    "week_of",
]
