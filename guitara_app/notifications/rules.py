"""Who is told of what, in which words, and what cannot wait: one table, by the kind of the event.

The first line that names a person is what they are told; nobody is told of what they did themselves. A client's name
is for the desk alone, and neither phones nor doors are in any of these words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from guitara_app.appointments.happenings import WHAT_HAPPENED
from guitara_app.notifications.facts import Happened, Seat
from guitara_app.notifications.words import Group

_ANSWER_NOW_S = 3600


class Told(NamedTuple):
    """What one person is told of an event."""

    person_id: int
    about: Group
    urgent: bool
    title: str
    body: str
    link: str


People = Callable[[Happened], Iterable[int]]
Words = Callable[[Happened, int], str]


class Line(NamedTuple):
    """Whom one line of the table tells, and how; ``when`` says whether it counts at all."""

    to: People
    title: str | Words
    body: Words
    about: Group = Group.VISITS
    urgent: Callable[[Happened, int], bool] = lambda event, person: False
    when: Callable[[Happened], bool] = lambda event: True


# Who.


def _desk(event: Happened) -> Iterable[int]:
    return event.desk


def _admins(event: Happened) -> Iterable[int]:
    return event.admins


def _person(event: Happened) -> Iterable[int]:
    return () if event.person_id is None else (event.person_id,)


def _seat(event: Happened) -> Iterable[int]:
    return () if event.seat is None else (event.seat.person_id,)


def _driver(event: Happened) -> Iterable[int]:
    return () if event.trip is None or event.trip.driver_id is None else (event.trip.driver_id,)


def _riders(event: Happened) -> Iterable[int]:
    return () if event.trip is None else event.trip.riders


def _seats(event: Happened, counts: Callable[[Seat], bool]) -> Iterable[int]:
    return [seat.person_id for seat in event.visit.seats if counts(seat)] if event.visit else ()


def _going(event: Happened) -> Iterable[int]:
    return _seats(event, lambda seat: seat.goes)


def _everybody(event: Happened) -> Iterable[int]:
    return _seats(event, lambda seat: seat.goes or seat.worked)


def _worked(event: Happened) -> Iterable[int]:
    return _seats(event, lambda seat: seat.worked)


def _drivers(event: Happened) -> Iterable[int]:
    trips = event.visit.trips if event.visit else ()
    return [trip.driver_id for trip in trips if trip.runs and trip.driver_id is not None]


def _asked(event: Happened) -> Iterable[int]:
    return [person for person in event.asked if (seat := event.seat_of(person)) and seat.unanswered]


def _lost_place(event: Happened) -> Iterable[int]:
    return [person for person in event.let_go if event.is_therapist(person)]


def _lost_trip(event: Happened) -> Iterable[int]:
    return [person for person in event.let_go if not event.is_therapist(person)]


def _unanswered_seat(event: Happened) -> Iterable[int]:
    return (event.seat.person_id,) if event.seat and event.seat.unanswered else ()


def _unanswered_trip(event: Happened) -> Iterable[int]:
    # Somebody else may have been asked since, and is told by that event.
    return [
        driver
        for driver in _driver(event)
        if event.trip and event.trip.unanswered and event.person_id in (None, driver)
    ]


def _on_behalf(event: Happened) -> Iterable[int]:
    return () if event.on_behalf_of is None else (event.on_behalf_of,)


# What.


def _visit(event: Happened, _person: int = 0) -> str:
    """``Shiatsu in Pasig, Fri night, 00:30``: what anybody who works on it may keep."""
    visit = event.visit
    return f"{visit.what} in {visit.town}, {event.when(visit.starts_at, visit.day)}" if visit else ""


def _for_desk(event: Happened, _person: int = 0) -> str:
    """``Mrs D'Souza, Shiatsu in Pasig, Fri 21:30``."""
    return f"{event.visit.client}, {_visit(event)}" if event.visit else ""


def _answer_by(event: Happened, person: int) -> str:
    seat = event.seat_of(person)
    due = f" Answer by {event.when(seat.due_at)}." if seat and seat.due_at else ""
    return f"{_visit(event)}.{due}"


def _seat_due(event: Happened, person: int) -> bool:
    seat = event.seat_of(person)
    return bool(seat and seat.due_at and (seat.due_at - event.at).total_seconds() <= _ANSWER_NOW_S)


def _trip(event: Happened, _person: int = 0) -> str:
    """``Bring Joy T. to Pasig, Fri 20:15``."""
    trip, visit = event.trip, event.visit
    if trip is None or visit is None:
        return _visit(event)
    riders = " and ".join(event.name(rider) for rider in trip.riders) or "the therapist"
    leads = f"Bring {riders} to {visit.town}" if trip.there else f"Collect {riders} in {visit.town}"
    return f"{leads}, {event.when(trip.starts_at)}"


def _trip_answer_by(event: Happened, person: int) -> str:
    due = event.trip.due_at if event.trip else None
    return f"{_trip(event, person)}.{f' Answer by {event.when(due)}.' if due else ''}"


def _ride(event: Happened, _person: int = 0) -> str:
    trip, visit = event.trip, event.visit
    if trip is None or visit is None:
        return _visit(event)
    return f"{'To' if trip.there else 'From'} {visit.town}, {event.when(trip.starts_at)}"


def _own_part(event: Happened, person: int) -> str:
    return _visit(event, person) if event.is_therapist(person) or event.trip is None else _trip(event, person)


def _evening(event: Happened, _person: int = 0) -> str:
    return "Look at your hours for what holds now."


def _nothing(_event: Happened, _person: int) -> str:
    return ""


def _named(words: str) -> Words:
    """A title with the name of whom it is about in front."""
    return lambda event, person: f"{event.who} {words}"


def _driver_named(words: str) -> Words:
    return lambda event, person: f"{event.driver} {words}"


def _always(_event: Happened, _person: int) -> bool:
    return True


def _soon(event: Happened, _person: int) -> bool:
    return event.soon


def _nobody_next(event: Happened) -> bool:
    return event.data.get("next_person_id") is None


# The lines that several kinds share.

_OFFER = Line(_asked, "A job for you", _answer_by, urgent=_seat_due)
_OFFER_AGAIN = Line(_asked, "Changed: can you come then?", _answer_by, urgent=_seat_due)
_ACTED_FOR = Line(
    _on_behalf,
    lambda event, person: f"{event.name(event.actor_id)} did this for you: {WHAT_HAPPENED.get(event.kind, 'a step')}",
    _own_part,
)


def _gone(place: str, trip: str = "") -> tuple[Line, Line]:
    """Whose place or trip was taken away; they had set their time aside for it."""
    return (
        Line(_lost_place, place, _visit, urgent=_soon),
        Line(_lost_trip, trip or place, _visit, Group.TRIPS, urgent=_soon),
    )


_WHATEVER_IT_WAS = (
    _OFFER,
    *_gone("This job is not yours any more", "This trip is not yours any more"),
)
"""Who is asked for a place, or loses one, is told whatever led to it, in other words where the table has some."""


def _ended(title: str) -> tuple[Line, ...]:
    """The visit is over before its work; a driver who is under way brings people back instead."""
    return (Line(_drivers, f"{title}: look at your trip", _visit, Group.TRIPS, urgent=_soon), *_gone(title))


def _to_desk(title: str | Words, about: Group = Group.VISITS, **more: Callable[..., bool]) -> Line:
    return Line(_desk, title, _for_desk, about, **more)


def _for_own_hours(title: str) -> tuple[Line, ...]:
    return (Line(_person, title, _evening, Group.HOURS),)


def _forced(event: Happened, _person: int) -> str:
    state = str(event.data.get("to", "")).replace("_", " ")
    return f"The desk set this visit to {state}" if state else "The desk changed this visit"


def _short(event: Happened, _person: int) -> str:
    return f"{event.data.get('item', 'Something')}: {event.data.get('missing', 0)} missing"


def _level(event: Happened, _person: int) -> str:
    return f"{event.data.get('available', 0)} left; the minimum is {event.data.get('minimum', 0)}."


def _wrong(event: Happened, _person: int) -> str:
    return str(event.data.get("words", ""))


def _slot(event: Happened, _person: int) -> str:
    """``Mrs D'Souza, Fri night, 00:30``."""
    starts_at = datetime.fromisoformat(event.data["starts_at"]) if "starts_at" in event.data else event.at
    return f"{event.client}, {event.when(starts_at, event.calendar.business_date(starts_at))}"


def _of_series(name: str) -> People:
    """Therapists with places in a series, or who lose some."""
    return lambda event: [int(person) for person in event.data.get(name, {})]


def _series(name: str) -> Words:
    """``Shiatsu in Pasig. Every Tuesday, 20:00: 8 visits, the first Tue 20:00. Answer the first by Mon 20:30.``"""

    def words(event: Happened, person: int) -> str:
        many, visit = event.data.get(name, {}).get(str(person), 0), event.visit
        what = f"{visit.what} in {visit.town}. " if visit else ""
        first = f", the first {event.when(visit.starts_at, visit.day)}" if visit and many > 1 else ""
        seat = event.seat_of(person)
        due = f" Answer the first by {event.when(seat.due_at)}." if seat and seat.unanswered and seat.due_at else ""
        return f"{what}{event.data.get('words', '')}: {many} visit{'s' if many > 1 else ''}{first}.{due}"

    return words


def _series_asked(title: str) -> Line:
    return Line(_of_series("offered"), title, _series("offered"), urgent=_seat_due)


_SERIES_LOST = Line(_of_series("lost"), "Visits of a series are not yours any more", _series("lost"), urgent=_soon)
_AS_A_SERIES = frozenset({"booked", "appointment_changed", "appointment_cancelled", "offer_accepted"})
"""What is told of a whole series at once when it happens to several of its visits."""


# Nothing for anybody: everybody concerned sits in the same car or at the same desk, or did it, or sees it live.
_NOBODY: tuple[Line, ...] = ()
_ONLY_ASKED = _NOBODY

RULES: dict[str, tuple[Line, ...]] = {
    # Answers.
    "booked": _ONLY_ASKED,
    "offer_accepted": _NOBODY,
    "offer_rejected": (_to_desk(_named("rejected"), urgent=_soon),),
    "place_withdrawn": (_to_desk(_named("withdrew"), urgent=_soon),),
    "offer_lapsed": (
        Line(_seat, "You did not answer in time", _visit),
        _to_desk(_named("did not answer"), urgent=_soon, when=_nobody_next),
    ),
    "offer_due_soon": (
        Line(
            _unanswered_seat,
            "Answer now, or it goes to somebody else",
            _answer_by,
            urgent=_always,
            # Of several visits of a series that are due at once, the first is enough.
            when=lambda event: not event.data.get("like_another", False),
        ),
    ),
    "appointment_expired": (_to_desk("Expired: nobody said yes", urgent=_always), *_ended("Expired")),
    "review_insisted": _ONLY_ASKED,
    "review_replaced": _ONLY_ASKED,
    "review_dropped": (Line(_going, lambda event, person: f"You go without {event.who}", _visit),),
    "review_decided": _NOBODY,
    # Changes.
    "appointment_changed": (
        _OFFER_AGAIN,
        Line(_going, "Your visit has changed", _visit, urgent=_soon),
        Line(_drivers, "Your trip's visit has changed", _visit, Group.TRIPS, urgent=_soon),
    ),
    "swapped": _ONLY_ASKED,
    "appointment_reopened": _ONLY_ASKED,
    "appointment_cancelled": _ended("Cancelled"),
    "no_show": _ended("No-show"),
    "state_forced": (
        _OFFER,
        *_gone("Called off"),
        Line(_everybody, _forced, _visit),
        Line(_drivers, _forced, _visit, Group.TRIPS),
    ),
    # Trips.
    "driver_searched": (_to_desk("No driver found", Group.TRIPS, urgent=_always, when=_nobody_next),),
    "driver_searched_again": (_to_desk("No driver found", Group.TRIPS, urgent=_always, when=_nobody_next),),
    "driver_asked": (Line(_unanswered_trip, "A trip for you", _trip_answer_by, Group.TRIPS, urgent=_always),),
    "leg_offer_due_soon": (
        Line(_unanswered_trip, "Answer now, or it goes to somebody else", _trip_answer_by, Group.TRIPS, urgent=_always),
    ),
    "driver_accepted": (Line(_riders, _driver_named("drives you"), _ride, Group.TRIPS),),
    "driver_declined": (_to_desk("No driver left to ask", Group.TRIPS, urgent=_always, when=_nobody_next),),
    "driver_offer_lapsed": (
        _to_desk("No driver left to ask", Group.TRIPS, urgent=_always, when=_nobody_next),
        Line(_lost_trip, "You did not answer in time", _visit, Group.TRIPS),
    ),
    "driver_chosen": (
        Line(_driver, "The desk chose you for a trip", _trip, Group.TRIPS, urgent=_soon),
        Line(_riders, _driver_named("drives you"), _ride, Group.TRIPS),
    ),
    "driver_stepped_back": (
        _to_desk(_driver_named("stepped back"), Group.TRIPS, urgent=_soon),
        Line(_riders, "Another driver is being found for you", _ride, Group.TRIPS),
    ),
    "trip_released": (Line(_driver, "You may leave now", _trip, Group.TRIPS, urgent=_always),),
    "journey_started": _NOBODY,
    "arrived": _NOBODY,
    "dropped_off": _NOBODY,
    "pickup_asked": (
        _to_desk(
            _named("asks for pick-up"), Group.TRIPS, urgent=lambda event, person: bool(event.data.get("urgent", False))
        ),
    ),
    "collected": _NOBODY,
    "brought_back": _NOBODY,
    "got_home": _NOBODY,
    # Work.
    "session_started": _NOBODY,
    "session_extended": _NOBODY,
    "session_ended": _NOBODY,
    "session_stopped_early": (
        _to_desk(_named("stopped early"), urgent=lambda event, person: event.data.get("outcome") == "safety"),
        *_gone("Called off"),
    ),
    "payment_requested": (_to_desk("A payment to verify", Group.MONEY),),
    "payment_verified": (Line(_worked, "Paid: report your materials", _visit, Group.MONEY),),
    "payment_corrected": (Line(_worked, "The payment was corrected", _visit, Group.MONEY),),
    "payment_written_off": (Line(_worked, "The payment was written off", _visit, Group.MONEY),),
    "materials_reported": _NOBODY,
    "completed": (Line(_worked, "Everything is done", _visit),),
    "alarm_raised": (_to_desk(_named("calls for help"), urgent=_always),),
    "alarm_settled": (Line(_seat, "The desk has closed your call for help", _visit),),
    "clash_opened": (_to_desk(_named("runs into the next job"), urgent=_soon),),
    "attention_claimed": _NOBODY,
    "attention_taken_over": _NOBODY,
    "attention_released": _NOBODY,
    # Materials.
    "materials_packed": _NOBODY,
    "stock_short": (_to_desk(_short, Group.MATERIALS), Line(_seat, _short, _visit, Group.MATERIALS)),
    "stock_low": (Line(_desk, lambda event, person: f"{event.item} is low", _level, Group.MATERIALS),),
    "stock_getting_low": (Line(_desk, lambda event, person: f"{event.item} is getting low", _level, Group.MATERIALS),),
    # Hours.
    "time_off_asked": (Line(_desk, _named("asks for time off"), _nothing, Group.HOURS),),
    "time_off_approved": _for_own_hours("Your time off is approved"),
    "time_off_refused": _for_own_hours("Your time off is refused"),
    "time_off_entered": _for_own_hours("Time off was entered for you"),
    "time_off_taken_back": (
        *_for_own_hours("Your time off was taken back"),
        Line(_desk, _named("takes time off back"), _nothing, Group.HOURS),
    ),
    "shift_set": _for_own_hours("Your hours have changed"),
    "shift_removed": _for_own_hours("A shift of yours was removed"),
    "shift_usual": _for_own_hours("Your usual hours hold again"),
    "week_set": _for_own_hours("Your week has changed"),
    "evenings_set": _for_own_hours("Your hours of some evenings have changed"),
    "holidays_set": _NOBODY,
    "calendar_feed_made": _NOBODY,
    "calendar_feed_revoked": _NOBODY,
    # The waiting list.
    "wish_matched": (Line(_desk, "A slot for somebody on the waiting list", _slot, Group.DESK),),
    # Series; those who are asked hear of all its visits at once.
    "series_booked": (_series_asked("A series for you"),),
    "series_changed": (
        _series_asked("A series has changed: can you come then?"),
        _SERIES_LOST,
        Line(_of_series("kept"), "A series of yours has changed", _series("kept"), urgent=_soon),
    ),
    "series_cancelled": (Line(_of_series("lost"), "Visits of a series are cancelled", _series("lost"), urgent=_soon),),
    "series_gap_found": (Line(_desk, "An evening of a series could not be booked", _slot, Group.DESK),),
    # The desk among itself.
    "handover_written": (
        Line(
            _desk, lambda event, person: f"{event.name(event.actor_id)} wrote the hand-over note", _nothing, Group.DESK
        ),
    ),
    # The system itself, to those who look after it.
    "system_alert_opened": (
        Line(
            _admins,
            "Guitara needs a look",
            _wrong,
            Group.SYSTEM,
            urgent=lambda event, person: bool(event.data.get("urgent", False)),
        ),
    ),
}
"""Every kind that anybody could want to be told of; ``()`` where nobody is."""


def told(event: Happened) -> list[Told]:
    """Who is told of ``event``, and what."""
    if event.kind in _AS_A_SERIES and "series" in event.data:
        return []
    lines = RULES.get(event.kind, _NOBODY)
    if event.kind in WHAT_HAPPENED:
        # For whom the desk took a step, that is the news, whatever it led to.
        lines = (_ACTED_FOR, *lines, *_WHATEVER_IT_WAS)
    found: dict[int, Told] = {}
    for line in lines:
        if not line.when(event):
            continue
        for person in line.to(event):
            if person in found or person == event.actor_id:
                continue
            title = line.title if isinstance(line.title, str) else line.title(event, person)
            found[person] = Told(
                person,
                line.about,
                line.urgent(event, person),
                title,
                line.body(event, person),
                _link(event, line, person),
            )
    return list(found.values())


def _link(event: Happened, line: Line, person: int) -> str:
    """The page of the application where one sees it, and can act."""
    if line.about is Group.SYSTEM:
        return "/system"
    if person not in event.desk:
        return "/hours" if line.about is Group.HOURS else "/tonight"
    if event.kind == "wish_matched":
        return f"/waiting?offer={event.data.get('offer', 0)}"
    if event.kind == "series_gap_found":
        return f"/waiting?gap={event.data.get('gap', 0)}"
    if event.visit is not None:
        return f"/appointments/{event.visit.id}"
    return "/shifts" if line.about is Group.HOURS else "/board"
