"""A visit in memory: 1 to 3 places, a trip there when it is driven, and what each action does to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from guitara_app.appointments.lifecycle import Action, Party, Rule, Seat, Visit, check, derive_state
from guitara_app.appointments.words import CLOSED, ENDINGS, LIVE_ANSWERS, Answer, AppointmentState, LegState, Progress

RIDES = frozenset({Action.START_JOURNEY, Action.ARRIVE, Action.DROP_OFF})
MOST_SEATS = 5


@dataclass
class Place:
    """One therapist's place as rows would hold it."""

    answer: Answer = Answer.OFFERED
    progress: Progress = Progress.WAITING
    undecided: bool = False
    reported: bool = False


@dataclass
class Simulated:
    """A visit whose state changes only by ``attempt``."""

    places: list[Place]
    leg: LegState | None
    state: AppointmentState = AppointmentState.PENDING
    payment_requested: bool = False
    paid: bool = False
    departed: bool = False
    trail: list[Action] = field(default_factory=list)

    @classmethod
    def booked(cls, seats: int, *, driven: bool) -> Simulated:
        return cls([Place() for _ in range(seats)], LegState.PLANNED if driven else None)

    @property
    def driven(self) -> bool:
        return self.leg is not None

    def allowed(self, action: Action, party: Party, number: int, reason: str = "") -> Rule:
        """The rule, or what ``check`` raises; changes nothing."""
        place = self.places[number]
        return check(
            action,
            party,
            visit=self.state,
            driver_needed=self.driven,
            answer=place.answer,
            progress=place.progress,
            leg=self.leg,
            places=[p.progress for p in self.places if p.answer is Answer.ACCEPTED or _worked(p)],
            reason=reason,
        )

    def attempt(self, action: Action, party: Party, number: int, reason: str = "") -> None:
        """Do it as a service would: check, set what the rule says, then what product.md adds, then derive."""
        rule = self.allowed(action, party, number, reason)
        was_closed = self.state in CLOSED
        self._apply(action, rule, number)
        self.trail.append(action)
        self.state = rule.ending or derive_state(self.seen())
        self.departed = self.departed or action in (Action.START_JOURNEY, Action.START_SESSION)
        if self.state in CLOSED and not was_closed:
            self._close()

    def seen(self) -> Visit:
        """What the state follows from."""
        return Visit(
            reached=self.state,
            driver_needed=self.driven,
            seats=tuple(Seat(place.answer, place.progress, place.undecided) for place in self.places),
            driver_accepted=self.leg in (LegState.ACCEPTED, LegState.UNDER_WAY, LegState.DONE),
            payment_requested=self.payment_requested,
            paid=self.paid,
            materials_reported=all(place.reported for place in self.places if _worked(place)),
        )

    def _apply(self, action: Action, rule: Rule, number: int) -> None:
        place = self.places[number]
        riders = [p for p in self.places if p.answer is Answer.ACCEPTED and p.progress is place.progress]
        for moved in riders if action in RIDES else [place]:
            moved.progress = rule.progress_becomes or moved.progress
            moved.answer = rule.answer_becomes or moved.answer
        self.leg = rule.leg_becomes or self.leg if self.driven else None
        if action in (Action.REJECT, Action.WITHDRAW, Action.LAPSE):
            place.undecided = True
        if action in (Action.INSIST, Action.REPLACE, Action.DROP):
            place.undecided = False
        if action in (Action.INSIST, Action.REPLACE) and len(self.places) < MOST_SEATS:
            self.places.append(Place())
        if action is Action.REOPEN:
            self._begin_again()
        self.payment_requested = self.payment_requested or action is Action.REQUEST_PAYMENT
        self.paid = self.paid or action in (Action.VERIFY_PAYMENT, Action.WRITE_OFF)
        place.reported = place.reported or action is Action.REPORT_MATERIALS

    def _begin_again(self) -> None:
        self.state, self.departed = AppointmentState.PENDING, False
        self.places = [Place() for _ in self.places]
        self.leg = LegState.PLANNED if self.driven else None

    def _close(self) -> None:
        for place in self.places:
            if place.answer in LIVE_ANSWERS:
                place.answer = Answer.RELEASED
            place.undecided = False
        if self.state in ENDINGS and self.leg not in (None, LegState.UNDER_WAY, LegState.DONE):
            self.leg = LegState.CANCELLED


def _worked(place: Place) -> bool:
    return place.answer is Answer.RELEASED and place.progress is Progress.ENDED
