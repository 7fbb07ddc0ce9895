"""How big a made-up firm is: the demo that fits on one screen, or the size the product promises to hold up at."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import NamedTuple

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Role
from guitara_app.demo.accounts import STAFF, StaffMember
from guitara_app.demo.names import FIRST_NAMES, LAST_NAMES

_OPERATORS, _THERAPISTS, _DRIVERS = 10, 160, 40


class Size(NamedTuple):
    """Who works there, and how much is told of it.

    ``evenings`` are told one by one, with ``visits`` each and ``more_on_weekends``. Where ``cycles`` is set they repeat
    through the past that many times, ``clients`` are added, and ``ahead`` evenings are booked. The shelves hold
    ``shelves`` times what a small firm needs, and tonight is told until it has ``tonight`` visits, at least once.
    """

    name: str
    staff: tuple[StaffMember, ...]
    evenings: int
    visits: range
    more_on_weekends: int
    tonight: int = 0
    homes: int = 500
    shelves: int = 1
    cycles: int = 0
    clients: int = 0
    ahead: int = 0


def _staff() -> tuple[StaffMember, ...]:
    """The demo's people, so that one signs in as ever, and as many more as it takes."""
    names = [f"{first} {last}" for first, last in product(FIRST_NAMES, LAST_NAMES)]
    Random("guitara staff").shuffle(names)  # noqa: S311  made-up data
    more = iter(names)
    staff = list(STAFF)
    for role, many in ((Role.OPERATOR, _OPERATORS), (Role.THERAPIST, _THERAPISTS), (Role.DRIVER, _DRIVERS)):
        for number in range(sum(member.role == role for member in STAFF), many):
            vehicle = (Vehicle.CAR, Vehicle.MOTORCYCLE)[number % 2] if role == Role.DRIVER else None
            staff.append(StaffMember(role, next(more), vehicle, f"{role}{number + 1}"))
    return tuple(staff)


DEMO = Size("demo", STAFF, evenings=14, visits=range(16, 23), more_on_weekends=8)
LARGE = Size(
    "large",
    _staff(),
    evenings=28,
    visits=range(245, 286),
    more_on_weekends=30,
    tonight=270,
    homes=2_500,
    shelves=20,
    cycles=26,
    clients=1_000_000,
    ahead=60,
)
TENTH = LARGE._replace(name="tenth", evenings=14, cycles=5, clients=50_000)
