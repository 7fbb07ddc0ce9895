"""What in one visit waits for somebody at the desk: its places, its trips, its payment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries.rows import VisitRow, pesos, session_end
from guitara_app.appointments.queries.ways import after_refusal, call, first_name, way
from guitara_app.appointments.views import Way
from guitara_app.appointments.words import ENDINGS, Answer, AppointmentState, LegState, Progress
from guitara_app.kit.time import Calendar

SOON = timedelta(minutes=5)
LATE = timedelta(minutes=5)
_DRIVER_WANTED = timedelta(minutes=20)
_ANSWERS = {Answer.REJECTED: "Rejected", Answer.WITHDRAWN: "Withdrawn"}
_STEPS = {
    Progress.WAITING: Action.START_JOURNEY,
    Progress.IN_TRANSIT: Action.ARRIVE,
    Progress.ARRIVED: Action.DROP_OFF,
    Progress.DROPPED_OFF: Action.START_SESSION,
}
S = AppointmentState


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that waits for somebody. ``began`` is when it got onto the list, ``visits`` are those it is about.

    Its age counts from ``since``, or from ``began`` when that is the same; with ``due_at`` it counts down instead.
    """

    key: str
    kind: str
    tone: str
    title: str
    detail: str
    visits: tuple[int, ...]
    began: datetime
    more: str = ""
    since: datetime | None = None
    due_at: datetime | None = None
    alarm_id: int = 0
    driver_id: int = 0
    ways: tuple[Way, ...] = ()


def of_visit(visit: VisitRow, calendar: Calendar, now: datetime) -> Iterator[Entry]:
    """Everything in one visit that waits."""
    row = visit.row
    clock = calendar.clock_label(row.starts_at, row.business_date)
    of_legs = [entry for leg in visit.legs for entry in _of_leg(visit, leg, clock, now)]
    yield from of_legs
    if row.state not in ENDINGS:
        # What keeps the car from leaving is said once, of the trip and not of everybody in it.
        held = any(entry.kind in ("silent", "late", "no_driver") for entry in of_legs)
        for seat in visit.seats:
            yield from _of_seat(visit, seat, clock, now, held=held)
    if row.state == S.AWAITING_PAYMENT:
        asked = [_moment(seat["payment_requested_at"]) for seat in visit.seats if seat["payment_requested_at"]]
        yield Entry(
            key=f"payment-{row.id}",
            kind="payment",
            tone="pay",
            title=f"Verify payment {pesos(row.price + row.extension_price)}",
            detail=f"{row.client}, {row.services}",
            visits=(row.id,),
            began=max(asked, default=row.ends_at),
            ways=(way("Verify", row.id, Action.VERIFY_PAYMENT, first=True), *call("Client", row.phone)),
        )


def _of_leg(visit: VisitRow, leg: dict[str, Any], clock: str, now: datetime) -> Iterator[Entry]:
    if leg["state"] in (LegState.UNDER_WAY, LegState.DONE, LegState.CANCELLED):
        return
    row, state, wanted = visit.row, leg["state"], _moment(leg["wanted_at"])
    passengers = leg["passengers"] or "Therapist"
    trip = f"{passengers} to {row.locality} for {clock}" if leg["outbound"] else f"{passengers} from {row.locality}"
    choose = way("Choose driver", row.id, Action.CHOOSE_DRIVER, first=True, leg=leg["id"])
    search = Action.SEARCH_DRIVER if state == LegState.PLANNED else Action.SEARCH_AGAIN
    automatic = way("Automatic", row.id, search, leg=leg["id"])
    key, driver, starts = f"leg-{leg['id']}", leg["driver"] or "", leg["starts_at"]
    if state == LegState.OFFERED and leg["offer_due_at"] and _moment(leg["offer_due_at"]) < now:
        yield Entry(
            key=f"silent-{key}",
            kind="silent",
            tone="alarm",
            title=f"{driver} does not answer",
            detail=trip,
            visits=(row.id,),
            began=_moment(leg["offer_due_at"]),
            driver_id=leg["driver_id"],
            ways=(choose, *call(first_name(driver), leg["driver_phone"])),
        )
    elif state == LegState.ACCEPTED and starts and _moment(starts) + LATE < now:
        begin = Action.START_JOURNEY if leg["outbound"] else Action.COLLECT
        yield Entry(
            key=f"late-{key}",
            kind="late",
            tone="alarm",
            title="Journey not started" if leg["outbound"] else "Pick-up not started",
            detail=f"{driver}: {trip}",
            visits=(row.id,),
            began=_moment(starts) + LATE,
            since=_moment(starts),
            driver_id=leg["driver_id"],
            ways=(
                choose | {"label": "Another", "first": False},
                way("Start it", row.id, begin, leg=leg["id"]),
                *call(first_name(driver), leg["driver_phone"]),
            ),
        )
    elif state == LegState.SEARCHING and not leg["outbound"]:
        phones = {seat["name"]: seat["phone"] for seat in visit.seats}
        yield Entry(
            key=f"pickup-{key}",
            kind="pickup_urgent" if leg["urgent"] else "pickup",
            tone="alarm",
            title="Urgent pick-up waiting" if leg["urgent"] else "Pick-up waiting",
            detail=f"{passengers} at {row.locality}",
            visits=(row.id,),
            began=wanted,
            ways=(choose, automatic, *call(first_name(passengers), phones.get(passengers))),
        )
    elif _lacks_driver(visit, leg) and wanted - _DRIVER_WANTED < now:
        yield Entry(
            key=f"driver-{key}",
            kind="no_driver",
            tone="alarm" if wanted < now else "pending",
            title="No driver yet",
            detail=trip,
            visits=(row.id,),
            began=wanted - _DRIVER_WANTED,
            since=wanted if wanted < now else None,
            due_at=None if wanted < now else wanted,
            ways=(choose, automatic, *call("Client", row.phone)),
        )


def _lacks_driver(visit: VisitRow, leg: dict[str, Any]) -> bool:
    open_visit = visit.row.state in (S.PENDING, S.THERAPIST_CONFIRMED, S.DRIVER_CONFIRMED)
    return open_visit and leg["outbound"] and leg["state"] in (LegState.PLANNED, LegState.SEARCHING)


def _of_seat(visit: VisitRow, seat: dict[str, Any], clock: str, now: datetime, *, held: bool) -> Iterator[Entry]:
    row, place = visit.row, seat["id"]
    detail = f"{seat['name']} for {row.client}, {clock}"
    phone = call(first_name(seat["name"]), seat["phone"])
    if seat["review"]:
        title = _ANSWERS.get(seat["answer"], "No answer in time")
        yield Entry(
            key=f"review-{seat['review']}",
            kind="review",
            tone="alarm",
            title=f"{title}: {seat['reason']}" if seat["reason"] else title,
            detail=detail,
            visits=(row.id,),
            began=_moment(seat["review_opened_at"]),
            ways=(*after_refusal(row.id, place, group=len(visit.counting) > 1), *phone),
        )
    elif seat["answer"] == Answer.OFFERED and seat["due_at"]:
        due = _moment(seat["due_at"])
        if due - now < SOON:
            over = due < now
            yield Entry(
                key=f"answer-{place}",
                kind="overdue" if over else "due_soon",
                tone="alarm" if over else "pending",
                title="Answer overdue" if over else "No answer yet",
                detail=detail,
                visits=(row.id,),
                began=due - SOON,
                since=due if over else None,
                due_at=None if over else due,
                ways=(
                    *phone,
                    way("Accept", row.id, Action.ACCEPT, place=place),
                    way("Replace", row.id, Action.REPLACE, place=place),
                ),
            )
    elif seat["progress"] == Progress.IN_SESSION:
        end = session_end(visit, seat)
        if now > end:
            yield Entry(
                key=f"over-{place}",
                kind="over_time",
                tone="pending",
                title="Session over time",
                detail=detail,
                visits=(row.id,),
                began=end,
                ways=(
                    *phone,
                    way("Extend", row.id, Action.EXTEND, place=place),
                    way("End it", row.id, Action.END_SESSION, place=place),
                ),
            )
    elif seat["answer"] == Answer.ACCEPTED and seat["progress"] in _STEPS and now > row.starts_at + LATE and not held:
        yield _late(visit, seat, detail, phone)


def _late(visit: VisitRow, seat: dict[str, Any], detail: str, phone: list[Way]) -> Entry:
    row, progress = visit.row, seat["progress"]
    driven_to = row.driver_needed and progress != Progress.DROPPED_OFF
    step = _STEPS[progress] if row.driver_needed else Action.START_SESSION
    if not driven_to:
        title = "Session not started"
    else:
        title = "Journey not started" if progress == Progress.WAITING else "Still on the way"
    return Entry(
        key=f"late-{seat['id']}",
        kind="late",
        tone="pending" if driven_to and progress != Progress.WAITING else "alarm",
        title=title,
        detail=detail,
        visits=(row.id,),
        began=row.starts_at + LATE,
        since=row.starts_at,
        ways=(*phone, way("For them", row.id, step, place=seat["id"]), *call("Client", row.phone)),
    )


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
