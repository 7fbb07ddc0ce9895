"""Tonight: a visit in every state a visit can be in, told up to this minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count

from guitara_app.appointments.words import LegState
from guitara_app.demo.history import tell_one
from guitara_app.demo.hours import Evening
from guitara_app.demo.sizes import Size
from guitara_app.demo.story import Story
from guitara_app.demo.teller import Teller, minutes
from guitara_app.demo.world import Call

_QUARTER = timedelta(minutes=15)
_OVER = ("completed",) * 7 + ("cancelled", "no_show", "expired")
_OVER_AFTER = minutes(170)
_APART = 5


@dataclass(slots=True)
class Tonight:
    """The stage: ``at(-10)`` is ten minutes ago, ``mark(40)`` the quarter of an hour before 40 minutes from now."""

    teller: Teller
    evening: Evening
    now: datetime

    def at(self, offset: float) -> datetime:
        """So many minutes from now."""
        return self.now + minutes(offset)

    def mark(self, offset: float) -> datetime:
        """When a visit near then would be booked for."""
        since = self.at(offset) - self.evening.opens_at
        return self.evening.opens_at + (since // _QUARTER) * _QUARTER


@dataclass(frozen=True, slots=True)
class Scene:
    """One visit of tonight: when it is booked for, what is sold, who is needed, and how far it has come.

    ``drive`` says from when to when a driver has to be free for the way there, in minutes from now.
    """

    start: float
    service: str
    play: Callable[[Tonight, Story, int | None], None]
    booked: float
    many: int = 1
    driven: bool = True
    drive: tuple[float, float] | None = None
    therapists: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    notes: str = ""


def tell_evening(teller: Teller, size: Size, evening: Evening, *, now: datetime) -> int:
    """Play every scene for which people are free, in a large firm many times over; returns how many visits it has."""
    told = _overrun(Tonight(teller, evening, now))
    for number in count():
        before = told
        # In a large firm too, not everything happens in the same minute.
        tonight = Tonight(teller, evening, now - minutes(number % _APART))
        told += sum(_play(tonight, scene) for scene in _SCENES)
        for outcome in _OVER:
            told += tell_one(teller, evening.opens_at, now - _OVER_AFTER, outcome) is not None
        if told >= size.tonight or told == before:
            break
    return told + _after_midnight(Tonight(teller, evening, now))


def _play(tonight: Tonight, scene: Scene) -> bool:
    teller = tonight.teller
    car = scene.driven and scene.many > 1
    driver = None
    if scene.drive:
        start, end = (tonight.at(offset) for offset in scene.drive)
        driver = teller.world.pick_driver(start, end, car=car, prefer=scene.drivers)
        if driver is None:
            return False
    told = teller.book(
        tonight.mark(scene.start),
        [scene.service],
        booked_at=tonight.at(scene.booked),
        many=scene.many,
        driven=scene.driven,
        car=car,
        prefer=scene.therapists,
        notes=scene.notes,
    )
    if told is None:
        return False
    if scene.drive and driver is not None:
        teller.world.diary.take(driver, *(tonight.at(offset) for offset in scene.drive))
    scene.play(tonight, told, driver)
    _search(tonight, told)
    return True


def _search(tonight: Tonight, told: Story) -> None:
    """Ways there begin to be given out some time before the visit."""
    leg = told.outbound
    begins = told.visit.starts_at - minutes(tonight.teller.world.firm.leg_search_minutes)
    if leg and leg.state == LegState.PLANNED and begins <= tonight.now:
        told.search_driver(max(begins, told.visit.booked_at))


def _inside(tonight: Tonight, told: Story, driver: int | None, dropped: float, session: float | None = None) -> None:
    told.accept_all(told.visit.booked_at + minutes(6))
    if driver is not None:
        tonight.teller.drive(told, driver, tonight.at(dropped - 34), tonight.at(dropped - 3), tonight.at(dropped))
    if session is not None:
        told.start_session(tonight.at(session))


def _waits_for_pickup(tonight: Tonight, told: Story, driver: int | None) -> None:
    _inside(tonight, told, driver, -80, -74)
    told.end_session(tonight.at(-13))
    told.request_payment(tonight.at(-11))
    told.ask_pickup(tonight.at(-9), urgent=True)


def _waits_for_payment(tonight: Tonight, told: Story, _driver: int | None) -> None:
    _inside(tonight, told, None, -90, -89)
    told.visit.extension_price = Decimal(200)
    told.end_session(tonight.at(-18))
    told.request_payment(tonight.at(-16))


def _paid_and_driven_back(tonight: Tonight, told: Story, driver: int | None) -> None:
    _inside(tonight, told, driver, -112, -108)
    told.end_session(tonight.at(-46))
    told.request_payment(tonight.at(-44))
    told.ask_pickup(tonight.at(-43))
    told.pay(tonight.at(-36), "gcash")
    travel = tonight.teller.world.travel_minutes(told.call.home)
    back = (tonight.at(-30), tonight.at(-6 + travel))
    other = tonight.teller.world.pick_driver(*back)
    if other is not None:
        tonight.teller.world.diary.take(other, *back)
        told.accept_way_back(other, back[0])
        told.collect(tonight.at(-6))


def _paid(tonight: Tonight, told: Story, _driver: int | None) -> None:
    _inside(tonight, told, None, -105, -104)
    told.end_session(tonight.at(-42))
    told.request_payment(tonight.at(-40))
    told.pay(tonight.at(-29), "cash")


def _in_session(session: float) -> Callable[[Tonight, Story, int | None], None]:
    return lambda tonight, told, driver: _inside(tonight, told, driver, session - 5, session)


def _dropped_off(tonight: Tonight, told: Story, driver: int | None) -> None:
    _inside(tonight, told, driver, -3)


def _arrived(tonight: Tonight, told: Story, driver: int | None) -> None:
    _on_the_way(-33)(tonight, told, driver)
    told.arrive(tonight.at(-2))


def _on_the_way(departed: float) -> Callable[[Tonight, Story, int | None], None]:
    def play(tonight: Tonight, told: Story, driver: int | None) -> None:
        _driver_confirmed(departed - 15)(tonight, told, driver)
        told.depart(tonight.at(departed))

    return play


def _driver_confirmed(accepted: float) -> Callable[[Tonight, Story, int | None], None]:
    def play(tonight: Tonight, told: Story, driver: int | None) -> None:
        _accepted(tonight, told, driver)
        if driver is not None:
            told.accept_way_there(driver, tonight.at(accepted))

    return play


def _accepted(_tonight: Tonight, told: Story, _driver: int | None) -> None:
    told.accept_all(told.visit.booked_at + minutes(7))


def _driver_asked(tonight: Tonight, told: Story, driver: int | None) -> None:
    _accepted(tonight, told, driver)
    if driver is not None:
        told.ask_driver(driver, tonight.at(-4))


def _offered(_tonight: Tonight, _told: Story, _driver: int | None) -> None:
    """Nobody has answered yet."""


def _rejected(tonight: Tonight, told: Story, _driver: int | None) -> None:
    told.reject(told.seats[0], tonight.at(-5), tonight.teller.reason())


def _replaced(tonight: Tonight, told: Story, _driver: int | None) -> None:
    review = told.reject(told.seats[0], tonight.at(-40), tonight.teller.reason())
    visit, world = told.visit, tonight.teller.world
    other = world.pick_therapists(1, visit.starts_at, visit.ends_at)
    if other:
        world.diary.take(other[0], visit.starts_at, visit.ends_at)
        told.accept(told.replace(review, other[0], tonight.at(-35)), tonight.at(-31))


def _half_answered(tonight: Tonight, told: Story, _driver: int | None) -> None:
    told.accept(told.seats[0], tonight.at(-7))


def _cancelled(tonight: Tonight, told: Story, _driver: int | None) -> None:
    told.accept_all(tonight.at(-80))
    told.cancel(tonight.at(-20), "Client was called away to work.")


_SCENES = (
    Scene(-85, "Shiatsu", _waits_for_pickup, -240, drive=(-114, -80)),
    Scene(-95, "Foot", _waits_for_payment, -200, driven=False),
    Scene(-115, "Dry", _paid_and_driven_back, -260, drive=(-146, -112)),
    Scene(-110, "Combi", _paid, -190, driven=False),
    Scene(-32, "Shiatsu", _in_session(-28), -150, drive=(-67, -33), therapists=("liza",)),
    Scene(-58, "Combi", _in_session(-56), -180, drive=(-95, -61)),
    Scene(-24, "Hot Stone", _in_session(-20), -170, many=2, drive=(-59, -25)),
    Scene(14, "Dry", _dropped_off, -130, drive=(-37, -3)),
    Scene(14, "Foot", _arrived, -120, drive=(-33, 5)),
    Scene(29, "Ventosa", _on_the_way(-15), -140, drive=(-15, 20), drivers=("edgar",)),
    Scene(39, "Combi", _on_the_way(-8), -160, many=2, drive=(-8, 28), drivers=("dodong",)),
    Scene(-8, "Hand", _accepted, -100, driven=False),
    Scene(74, "Shiatsu", _driver_confirmed(-12), -75, drive=(22, 74), therapists=("grace",), drivers=("dodong",)),
    Scene(89, "Hot Stone", _driver_confirmed(-6), -70, drive=(37, 89), drivers=("edgar",)),
    Scene(104, "Combi", _driver_confirmed(-3), -65, many=2, drive=(52, 104)),
    Scene(74, "Foot", _driver_asked, -55, drive=(22, 74)),
    Scene(99, "Dry", _accepted, -50, notes="Second visit this week, same room."),
    Scene(120, "Hand", _accepted, -85, driven=False),
    Scene(165, "Combi", _accepted, -95, many=2),
    Scene(150, "Shiatsu", _offered, -6, therapists=("liza",)),
    Scene(120, "Foot", _offered, -27),
    Scene(95, "Dry", _offered, -38),
    Scene(110, "Shiatsu", _rejected, -14, therapists=("grace",)),
    Scene(150, "Hot Stone", _half_answered, -12, many=2),
    Scene(135, "Ventosa", _replaced, -48),
    Scene(140, "Foot", _cancelled, -110),
)  # fmt: skip


def _overrun(tonight: Tonight) -> int:
    """A session that went over its time and now stands in the way of the same therapist's next one: a clash."""
    teller, base = tonight.teller, tonight.mark(0)
    first = teller.book(base - minutes(75), ["Combi"], booked_at=base - minutes(180), driven=False)
    if first is None:
        return 0
    first.accept_all(base - minutes(170))
    first.start_session(base - minutes(65))
    seat = first.seats[0]
    home = teller.world.pick_home()
    if home is None or any(base < end and base + minutes(60) > start for start, end in _later(tonight, seat.person_id)):
        return 1
    services = [teller.world.services["Hand"]]
    call = Call(teller.day, base, services, home, base - minutes(120), first.call.booked_by, driven=False)
    then = Story.booked(teller.rows, teller.world, teller.stock, call, [seat.person_id])
    then.pack(then.seats, call.booked_at)
    then.accept_all(base - minutes(112))
    teller.world.diary.take(seat.person_id, base, base + minutes(60))
    return 2


def _later(tonight: Tonight, person_id: int) -> list[tuple[datetime, datetime]]:
    base = tonight.mark(0)
    return [(start, end) for start, end in tonight.teller.world.diary.busy[person_id] if end > base]


def _after_midnight(tonight: Tonight) -> int:
    """Visits across and past midnight, when there is a midnight left in this evening."""
    calendar, told = tonight.evening.calendar, 0
    for clock, service in ((time(23, 30), "Dry"), (time(0, 30), "Shiatsu")):
        starts_at = calendar.at(tonight.evening.day, clock)
        fits = tonight.at(60) < starts_at <= tonight.evening.closes_at - minutes(30)
        visit = tonight.teller.book(starts_at, [service], booked_at=tonight.at(-90), driven=False) if fits else None
        if visit is not None:
            visit.accept_all(tonight.at(-80))
            told += 1
    return told
