"""Who of the demo's staff is left to themselves, and what each of them can do now; a few statements for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import DESK, FIELD, Actor, Role
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries.own_steps import place_steps, ride_of, trip_steps, works_before
from guitara_app.appointments.queries.rows import VisitRow, session_end, visits
from guitara_app.appointments.words import (
    LIVE_ANSWERS,
    LIVE_LEGS,
    OPEN_LEGS,
    Answer,
    AppointmentState,
    LegState,
    Progress,
)
from guitara_app.demo.simulator.rules import Chance, Presence
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text

AFTER_SIGNING_OUT = timedelta(minutes=3)
"""How long after somebody has signed out, or their session has ended, the demo goes on for them."""

_SOON = timedelta(hours=3)
_GOES_ON = timedelta(minutes=90)
_PATIENCE = timedelta(minutes=15)
_ASKED_FOR = OPEN_LEGS - {LegState.PLANNED}
_STOOD_BY = timedelta(minutes=10)
_STARTS_EARLY = timedelta(minutes=10)

_SIGNED_IN = "s.ended_at IS NULL AND s.expires_at > :now"
_CAST = text(
    "SELECT p.id, p.name, p.role, p.is_demo,"
    f" coalesce(bool_or({_SIGNED_IN}), false) AS here,"
    " max(least(coalesce(s.ended_at, s.expires_at), s.expires_at)) AS gone FROM people p"
    " LEFT JOIN login_sessions s ON s.person_id = p.id"
    " WHERE p.disabled_at IS NULL AND (p.is_demo OR p.role IN ('operator', 'manager', 'admin'))"
    " GROUP BY p.id ORDER BY p.id"
)
_HERE = text(f"SELECT EXISTS (SELECT FROM login_sessions s WHERE s.person_id = ANY(:people) AND {_SIGNED_IN})")
_SHIFTS = text(
    "SELECT s.person_id, s.business_date, min(lower(s.period)) AS starts, max(upper(s.period)) AS ends,"
    " c.in_at, c.out_at FROM shifts s"
    " LEFT JOIN check_ins c ON c.person_id = s.person_id AND c.business_date = s.business_date"
    " WHERE s.person_id = ANY(:people) AND s.business_date BETWEEN CAST(:day AS date) - 1 AND :day"
    " GROUP BY 1, 2, 5, 6 ORDER BY 1, 2"
)
_GOING_ON = (
    "a.id = ANY(ARRAY(SELECT v.id FROM appointments v WHERE v.closed_at IS NULL AND (v.starts_at < :soon OR EXISTS"
    " (SELECT FROM assignments g WHERE g.appointment_id = v.id AND g.answer = 'offered' AND g.released_at IS NULL))"
    " UNION SELECT unnest(ARRAY[t.to_appointment_id, t.from_appointment_id]) FROM legs t"
    " WHERE t.state IN ('searching', 'offered', 'accepted', 'under_way')))"
)
_MOMENTS = text(
    "SELECT 'place' AS of, id, offered_at AS asked, NULL::timestamptz AS agreed, NULL::timestamptz AS left,"
    " dropped_off_at AS came FROM assignments WHERE appointment_id = ANY(:visits)"
    " UNION ALL SELECT 'trip', t.id, o.offered_at, t.accepted_at, t.departed_at, t.arrived_at FROM legs t"
    " LEFT JOIN leg_offers o ON o.leg_id = t.id AND o.answer = 'open' WHERE t.id = ANY(:trips)"
    " UNION ALL SELECT 'money', appointment_id, min(happened_at), NULL, NULL, NULL FROM payments"
    " WHERE appointment_id = ANY(:visits) GROUP BY appointment_id"
)


class Member(NamedTuple):
    """Somebody of the demo's staff who is left to themselves, since when."""

    actor: Actor
    awake: datetime


@dataclass(frozen=True, slots=True)
class Stage:
    """Everybody who acts by themselves, with all they can do now; ``desk`` while nobody sits there."""

    members: dict[int, Member]
    desk: Member | None
    chances: tuple[Chance, ...]


def is_left_alone(session: Session, people: list[int], *, now: datetime) -> bool:
    """Whether a human is signed in as one of ``people``."""
    return bool(session.execute(_HERE, {"people": people, "now": now}).scalar())


def stage(session: Session, *, now: datetime) -> Stage:
    """Who acts by themselves at ``now``, and what each of them could do."""
    set_at = session.execute(text("SELECT changed_at FROM settings WHERE key = 'demo_evening'")).scalar()
    members, desk = _cast(session, set_at, now)
    going_on = visits(session, _GOING_ON, {"soon": now + _SOON})
    looked = _Look(members, desk, going_on, _moments(session, going_on))
    chances = [*looked.chances(), *_presence(session, looked, now)]
    return Stage(members, desk, tuple(chances))


def _cast(session: Session, set_at: datetime | None, now: datetime) -> tuple[dict[int, Member], Member | None]:
    members: dict[int, Member] = {}
    desk: Member | None = None
    desk_is_taken = False
    for row in session.execute(_CAST, {"now": now}):
        awake = max(at for at in (set_at, row.gone and row.gone + AFTER_SIGNING_OUT, _AGES_AGO) if at)
        taken = row.here or (row.gone is not None and awake > now)
        role = Role(row.role)
        if role in DESK:
            desk_is_taken = desk_is_taken or taken
            if desk is None and row.is_demo and role is Role.OPERATOR:
                desk = Member(Actor(row.id, role, row.name), awake)
        elif role in FIELD and not taken:
            members[row.id] = Member(Actor(row.id, role, row.name), awake)
    return members, None if desk_is_taken else desk


_AGES_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _moments(session: Session, going_on: list[VisitRow]) -> dict[tuple[str, int], Any]:
    values = {"visits": [one.row.id for one in going_on], "trips": [leg["id"] for one in going_on for leg in one.legs]}
    return {(row.of, row.id): row for row in session.execute(_MOMENTS, values)}


def _at(moment: str | datetime | None, default: datetime) -> datetime:
    if moment is None:
        return default
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


@dataclass(slots=True)
class _Look:
    """One look at everything that is going on."""

    members: dict[int, Member]
    desk: Member | None
    going_on: list[VisitRow]
    moments: dict[tuple[str, int], Any]

    def chances(self) -> Iterator[Chance]:
        """What anybody could do now about visits."""
        for visit in self.going_on:
            for seat in visit.seats:
                if seat["person_id"] in self.members:
                    yield from self._of_place(visit, seat)
            if self.desk is not None:
                yield from self._of_desk(visit, self.desk)
        at = {visit.row.id: visit for visit in self.going_on}
        for visit in self.going_on:
            for leg in visit.legs:
                # A trip from one client straight to the next stands with both; it counts where it leads.
                if leg["driver_id"] in self.members and (leg["outbound"] or not leg["leads_to"]):
                    yield from self._of_trip(visit, leg, at.get(leg["comes_from"]))

    @property
    def working(self) -> set[int]:
        """Who has something to do, or is not back yet."""
        seats = [(visit, seat) for visit in self.going_on for seat in visit.seats]
        busy = {seat["person_id"] for _, seat in seats if seat["answer"] in LIVE_ANSWERS}
        busy |= {seat["person_id"] for visit, seat in seats if _is_out(visit, seat)}
        legs = [leg for visit in self.going_on for leg in visit.legs]
        return busy | {leg["driver_id"] for leg in legs if leg["driver_id"] and leg["state"] in LIVE_LEGS}

    def _of_place(self, visit: VisitRow, seat: dict[str, Any]) -> Iterator[Chance]:
        steps, row = place_steps(visit, seat), visit.row
        seen = self.moments[("place", seat["id"])]
        paid = self.moments.get(("money", row.id))
        ended = [_at(one["ended_at"], row.starts_at) for one in visit.counting if one["progress"] == Progress.ENDED]
        length = datetime.fromisoformat(seat["planned_end"]) - datetime.fromisoformat(seat["planned_start"])
        for one in (steps.step, *steps.more):
            more: dict[str, Any] = {}
            match one["action"]:
                case Action.ACCEPT:
                    since, more = seen.asked, {"due": _at(seat["due_at"], row.starts_at)}
                case Action.START_SESSION:
                    held = self._held_up(visit, seat)
                    if held is None:
                        continue
                    since, more = _at(seen.came, row.starts_at - _STARTS_EARLY), {"begins": row.starts_at + held}
                case Action.END_SESSION:
                    since = _at(seat["started_at"], row.starts_at)
                    minutes = length.total_seconds() / 60 + seat["extension_minutes"]
                    more = {"minutes": minutes, "begins": session_end(visit, seat)}
                case Action.REQUEST_PAYMENT:
                    since = max(ended, default=row.ends_at)
                case Action.REPORT_MATERIALS:
                    since = paid.asked if paid else row.ends_at
                case Action.ASK_PICKUP if self._needs_a_car(visit, seat, one["values"]):
                    since = _at(seat["ended_at"], row.closed_at or row.ends_at)
                case _:
                    continue
            yield self._chance(one["action"], one["target_id"], seat["person_id"], visit, since, **more)

    def _of_trip(self, visit: VisitRow, leg: dict[str, Any], before: VisitRow | None) -> Iterator[Chance]:
        driver, seen = leg["driver_id"], self.moments[("trip", leg["id"])]
        driving = any(
            one["driver_id"] == driver and one["state"] == LegState.UNDER_WAY and one["id"] != leg["id"]
            for other in self.going_on
            for one in other.legs
        )
        steps = trip_steps(visit, leg, busy=driving, at_work=works_before(visit, leg, before))
        planned = _at(leg["starts_at"], _at(leg["wanted_at"], visit.row.starts_at))
        more: dict[str, Any] = {}
        match steps.step["action"]:
            case Action.ACCEPT_LEG:
                since, more = seen.asked or planned, {"due": _at(leg["offer_due_at"], planned)}
            case Action.START_JOURNEY:
                riders = [seat for seat in visit.seats if seat["id"] in (leg["riders"] or [])]
                held = [self._held_up(visit, seat) for seat in riders if before is None]
                waits = [one for one in held if one is not None]
                if len(waits) < len(held):
                    return
                since, more = seen.agreed or planned, {"begins": planned + max(waits, default=timedelta(0))}
            case Action.COLLECT:
                since, more = max(planned, seen.agreed or planned), {"minutes": leg["minutes"]}
            case Action.ARRIVE | Action.FINISH:
                since, more = seen.left or planned, {"minutes": leg["minutes"]}
            case Action.DROP_OFF:
                since = seen.came or planned
            case _:
                return
        yield self._chance(steps.step["action"], leg["id"], driver, visit, since, **more)

    def _of_desk(self, visit: VisitRow, desk: Member) -> Iterator[Chance]:
        row, person = visit.row, desk.actor.person_id or 0
        if row.state == AppointmentState.AWAITING_PAYMENT:
            asked = [_at(seat["payment_requested_at"], row.ends_at) for seat in visit.seats]
            yield self._chance(Action.VERIFY_PAYMENT, row.id, person, visit, max(asked, default=row.ends_at))
        for seat in visit.seats:
            if seat["review"]:
                opened = _at(seat["review_opened_at"], row.starts_at)
                yield self._chance(Action.REPLACE, seat["id"], person, visit, opened)
        for leg in visit.legs:
            if leg["state"] == LegState.SEARCHING and (leg["outbound"] or not leg["leads_to"]):
                wanted = _at(leg["wanted_at"], row.starts_at)
                since = wanted - _STOOD_BY if leg["outbound"] else wanted
                yield self._chance(Action.CHOOSE_DRIVER, leg["id"], person, visit, since)

    def _chance(self, action: str, target: int, person: int, visit: VisitRow, since: datetime, **more: Any) -> Chance:
        member = self.members.get(person) or self.desk
        awake = member.awake if member else since
        return Chance(action, target, person, since, awake, visit_id=visit.row.id, **more)

    def _held_up(self, visit: VisitRow, seat: dict[str, Any]) -> timedelta | None:
        """How long past the plan they are waited for; None while they are at work elsewhere, or in a car home."""
        elsewhere = [
            (other, one)
            for other in self.going_on
            if other.row.id != visit.row.id
            for one in other.seats
            if one["person_id"] == seat["person_id"]
        ]
        if any(
            (one["answer"] in LIVE_ANSWERS and one["progress"] not in (Progress.WAITING, Progress.ENDED))
            or _is_out(other, one, {LegState.ACCEPTED, LegState.UNDER_WAY})
            for other, one in elsewhere
        ):
            return None
        # Whoever finds no car home is fetched from where they are in the end; else everybody waits for everybody.
        return _PATIENCE if any(_is_out(other, one) for other, one in elsewhere) else timedelta(0)

    def _needs_a_car(self, visit: VisitRow, seat: dict[str, Any], values: dict[str, Any]) -> bool:
        rides_on = _rides_on(visit, seat) or self._goes_on(visit, seat)
        return not values and visit.row.driver_needed and not rides_on

    def _goes_on(self, visit: VisitRow, seat: dict[str, Any]) -> bool:
        """A car fetches them soon, from here, for another visit: they need none home in between."""
        ended = _at(seat["ended_at"], visit.row.ends_at)
        return any(
            one["person_id"] == seat["person_id"]
            and one["answer"] == Answer.ACCEPTED
            and one["progress"] == Progress.WAITING
            for other in self.going_on
            if other.row.driver_needed and visit.row.id != other.row.id and other.row.starts_at < ended + _GOES_ON
            for one in other.seats
        )


def _is_out(visit: VisitRow, seat: dict[str, Any], states: Collection[str] = _ASKED_FOR) -> bool:
    """Waits for a car home, or sits in it."""
    return any(
        leg["state"] in states and not leg["leads_to"] and not leg["outbound"] and seat["id"] in (leg["riders"] or [])
        for leg in visit.legs
    )


def _rides_on(visit: VisitRow, seat: dict[str, Any]) -> bool:
    """A car will soon take them straight to the next client."""
    leg = ride_of(visit, seat)
    return bool(leg and leg["leads_to"] and _at(leg["wanted_at"], visit.row.ends_at) < visit.row.ends_at + _GOES_ON)


def _presence(session: Session, look: _Look, now: datetime) -> Iterator[Chance]:
    day, working = firm_settings(session).calendar.business_date(now), look.working
    for row in session.execute(_SHIFTS, {"people": sorted(look.members), "day": day}):
        awake = look.members[row.person_id].awake
        if row.in_at is None and row.business_date == day and row.starts <= now < row.ends:
            yield Chance(Presence.CHECK_IN, row.person_id, row.person_id, row.starts, awake)
        elif row.in_at is not None and row.out_at is None and row.ends <= now and row.person_id not in working:
            yield Chance(Presence.CHECK_OUT, row.person_id, row.person_id, row.ends, awake)
