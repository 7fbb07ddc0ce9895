"""The waiting list: who is put on it, who leaves it, and finding slots for those who wait."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, bindparam, literal_column
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor, Permission, Role, require
from guitara_app.appointments.models import Appointment, Wish, WishOffer
from guitara_app.appointments.queries.wishes import held_by, length_of, open_offers, slots_for, still_free
from guitara_app.appointments.requests import WishRequest
from guitara_app.appointments.timeline import Job
from guitara_app.appointments.wishing import Asked, Held, Match, Waiting, hand_out
from guitara_app.catalog.queries import active_services
from guitara_app.clients import services as clients
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_words
from guitara_app.kit.errors import Invalid, NotFound, NotPossible, Stale
from guitara_app.kit.events import keep_result, record, result_of_key
from guitara_app.kit.planned import PLANNED_ONCE
from guitara_app.kit.statements import text

_LIST = "waiting list"

# Asked after every booking, and mostly nobody waits.
_WAITS_THEN = (
    select(Wish)
    .join(Appointment, col(Appointment.client_id) == Wish.client_id)
    .where(
        Appointment.id == bindparam("visit", type_=BigInteger),
        col(Wish.state) == literal_column("'waiting'"),
        col(Appointment.business_date).between(Wish.first_evening, Wish.last_evening),
    )
    .order_by(col(Wish.made_at), col(Wish.id))
    .with_for_update(of=Wish)
    .execution_options(**PLANNED_ONCE)
)


def add_wish(session: Session, actor: Actor, request: WishRequest, *, now: datetime) -> int:
    """Put somebody on the waiting list; returns the wish's number. The same request sent twice counts once.

    Raises:
        NotAllowed: the actor is not of the desk.
        Invalid, NotFound: something in the request cannot be; ``field`` says what.
    """
    require(actor, Permission.BOOK)
    if (made := result_of_key(session, actor.person_id or 0, request.idempotency_key)) is not None:
        return made
    values = _read(session, actor, request, now=now)
    wish = Wish(**values, state="waiting", made_at=now, made_by_id=actor.person_id or 0)
    session.add(wish)
    session.flush()
    _tell(session, "wish_added", actor, wish, now=now)
    keep_result(session, actor.person_id or 0, request.idempotency_key, wish.id)
    return wish.id


def change_wish(
    session: Session, actor: Actor, wish_id: int, request: WishRequest, *, version: int, now: datetime
) -> None:
    """Change what somebody waits for; a slot that was found is looked for anew.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such wish; NotPossible: it waits no more.
        Stale: a colleague changed it since ``version``.
        Invalid: see ``add_wish``.
    """
    require(actor, Permission.BOOK)
    wish = _waiting(session, wish_id)
    if wish.version != version:
        raise Stale("A colleague changed this wish meanwhile. Look at what stands there now, and save again.")
    for name, value in _read(session, actor, request, now=now).items():
        setattr(wish, name, value)
    wish.version, wish.not_evenings = wish.version + 1, []
    _settle(session, wish, "changed", now=now)
    _tell(session, "wish_changed", actor, wish, now=now)


def withdraw_wish(session: Session, actor: Actor, wish_id: int, *, reason: str, now: datetime) -> None:
    """Take somebody off the waiting list.

    Raises:
        NotAllowed, NotFound, NotPossible: see ``change_wish``.
    """
    require(actor, Permission.BOOK)
    wish = _waiting(session, wish_id)
    _close(session, wish, "withdrawn", now=now)
    _tell(session, "wish_withdrawn", actor, wish, now=now, reason=normal_note(reason, field="reason"))


def decline_slot(session: Session, actor: Actor, wish_id: int, offer_id: int, *, now: datetime) -> None:
    """Note that the client cannot come then: nothing is looked for in that evening any more.

    Raises:
        NotAllowed, NotFound: see ``change_wish``; NotPossible: that slot is not offered any more.
    """
    require(actor, Permission.BOOK)
    wish = _waiting(session, wish_id)
    offer = session.scalars(
        select(WishOffer).where(WishOffer.wish_id == wish_id, col(WishOffer.settled_at).is_(None))
    ).one_or_none()
    if offer is None or offer.id != offer_id:
        raise NotPossible("This slot is gone already.")
    wish.not_evenings = sorted({*wish.not_evenings, offer.business_date})
    _settle(session, wish, "declined", now=now)
    _tell(session, "wish_declined", actor, wish, now=now)


def wish_booked(session: Session, actor: Actor, wish_id: int, appointment_id: int, *, now: datetime) -> None:
    """End the waiting with a visit that was booked for it; nothing when it waits no more, or it is another client's.

    Raises:
        NotAllowed: the actor is not of the desk.
    """
    require(actor, Permission.BOOK)
    wish = session.get(Wish, wish_id, with_for_update=True) if 0 < wish_id < 2**63 else None
    visit = session.get(Appointment, appointment_id)
    if wish is None or wish.state != "waiting" or visit is None or visit.client_id != wish.client_id:
        return
    wish.appointment_id = appointment_id
    _close(session, wish, "booked", now=now)
    _tell(session, "wish_booked", actor, wish, now=now)


def wish_met(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> int:
    """End the waiting of whoever waited for just this visit; returns the wish's number, 0 when nobody did.

    One visit ends one wish of its client: of those it meets (``wishing.Asked``) the one that waits longest.

    Raises:
        NotAllowed: the actor is not of the desk.
    """
    require(actor, Permission.BOOK)
    waits = session.scalars(_WAITS_THEN, {"visit": appointment_id}).all()
    if not waits:
        return 0
    visit = session.get_one(Appointment, appointment_id)
    day, calendar = visit.business_date, firm_settings(session).calendar
    of = {"id": appointment_id}
    services = set(session.scalars(text("SELECT service_id FROM appointment_services WHERE appointment_id = :id"), of))
    people = set(session.scalars(text("SELECT person_id FROM assignments WHERE appointment_id = :id"), of))
    for wish in waits:
        asked = Asked(
            services=frozenset(wish.service_ids),
            people=wish.people,
            earliest=calendar.at(day, wish.earliest) if wish.earliest else None,
            latest=calendar.at(day, wish.latest) if wish.latest else None,
            only=wish.therapist_id if wish.only_therapist else None,
        )
        if asked.is_met(visit.starts_at, services, people):
            wish_booked(session, actor, wish.id, appointment_id, now=now)
            return wish.id
    return 0


def wishes_met(session: Session, actor: Actor, series_id: int, wish_id: int = 0, *, now: datetime) -> bool:
    """End the waiting that the visits of a new series are an answer to, ``wish_id``'s with the first; whether any was.

    Raises:
        NotAllowed: the actor is not of the desk.
    """
    waiting = select(Wish.client_id).where(Wish.state == "waiting")
    of = (Appointment.series_id == series_id, col(Appointment.client_id).in_(waiting))
    visits = session.scalars(select(Appointment.id).where(*of).order_by(col(Appointment.series_date))).all()
    if wish_id and visits:
        wish_booked(session, actor, wish_id, visits[0], now=now)
    met = [wish_met(session, actor, visit, now=now) for visit in visits]
    return any(met)


def wait_again(session: Session, actor: Actor, wish_id: int, *, now: datetime) -> None:
    """Put somebody back whose waiting ended with a visit that was not what they waited for, or came to nothing.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such wish.
        NotPossible: it did not end with a visit, or its evenings are over.
    """
    require(actor, Permission.BOOK)
    wish = session.get(Wish, wish_id, with_for_update=True) if 0 < wish_id < 2**63 else None
    if wish is None:
        raise NotFound("There is no such wish.")
    if wish.state != "booked":
        raise NotPossible("This client waits already, or was taken off. Look at the list.")
    if wish.last_evening < firm_settings(session).calendar.business_date(now):
        raise NotPossible("The evenings of this wish are over. Add a new one with later evenings.")
    wish.state, wish.closed_at, wish.appointment_id, wish.version = "waiting", None, None, wish.version + 1
    _tell(session, "wish_waits_again", actor, wish, now=now)


def match_wishes(session: Session, *, now: datetime) -> int:
    """Take back what is free no more, and find the best slot for everybody who has none; returns how many were found.

    However many look at once, each wish has one slot at most, and no two have the same.
    """
    # One looks at a time: what a first has found, a second must see.
    lock_words(session, [_LIST])
    tonight = firm_settings(session).calendar.business_date(now)
    wishes = {wish.id: wish for wish in session.scalars(select(Wish).where(Wish.state == "waiting"))}
    gone = _taken_back(session, wishes, now=now)
    held: dict[int, list[Job]] = {}
    waits: list[Waiting] = []
    for offer in open_offers(session):
        for person, jobs in held_by(offer).items():
            held.setdefault(person, []).extend(jobs)
        wishes.pop(offer.wish_id, None)
    for wish in list(wishes.values()):
        if wish.last_evening < tonight:
            _end(session, wish, now=now)
        else:
            waits.append(Waiting(wish.id, wish.made_at, wish.therapist_id or 0))
    lengths = {one.id: length_of(session, wishes[one.id]) for one in waits}
    found = hand_out(
        waits,
        lambda number, taken: slots_for(session, wishes[number], taken, now=now),
        lambda number, start: Job(-number, start, start + lengths[number]),
        held,
    )
    for match in found:
        _offer(session, wishes[match.wish_id], match, match.starts_at + lengths[match.wish_id], now=now)
    session.flush()
    return len(found) + gone


def _taken_back(session: Session, wishes: dict[int, Wish], *, now: datetime) -> int:
    """Slots that somebody has taken, or whose time has come, are offered no more."""
    offers = open_offers(session)
    gone = 0
    for offer in offers:
        wish = wishes.get(offer.wish_id)
        held: Held = _others(offers, offer.id)
        if wish is None or still_free(session, wish, offer, held, now=now):
            continue
        wish = session.get_one(Wish, wish.id, with_for_update=True, populate_existing=True)
        if wish.state == "waiting":
            _settle(session, wish, "gone", now=now)
            _tell(session, "wish_slot_gone", SYSTEM, wish, now=now)
            gone += 1
    return gone


def _others(offers: list[Any], but: int) -> dict[int, list[Job]]:
    """What was found for others before."""
    held: dict[int, list[Job]] = {}
    for offer in offers:
        if offer.id < but:
            for person, jobs in held_by(offer).items():
                held.setdefault(person, []).extend(jobs)
    return held


def _offer(session: Session, wish: Wish, match: Match, ends_at: datetime, *, now: datetime) -> None:
    version = wish.version
    wish = session.get_one(Wish, wish.id, with_for_update=True, populate_existing=True)
    if wish.state != "waiting" or wish.version != version:
        # Somebody changed it while it was looked for: that change has work for the next look.
        return
    calendar = firm_settings(session).calendar
    offer = WishOffer(
        wish_id=wish.id,
        business_date=calendar.business_date(match.starts_at),
        starts_at=match.starts_at,
        ends_at=ends_at,
        therapist_ids=list(match.people),
        found_at=now,
    )
    session.add(offer)
    session.flush()
    data = {"offer": offer.id, "starts_at": match.starts_at.isoformat(), "therapists": list(match.people)}
    _tell(session, "wish_matched", SYSTEM, wish, now=now, data=data)


def _end(session: Session, wish: Wish, *, now: datetime) -> None:
    wish = session.get_one(Wish, wish.id, with_for_update=True, populate_existing=True)
    if wish.state == "waiting":
        _close(session, wish, "over", now=now)
        _tell(session, "wish_over", SYSTEM, wish, now=now)


def _close(session: Session, wish: Wish, state: str, *, now: datetime) -> None:
    wish.state, wish.closed_at, wish.version = state, now, wish.version + 1
    _settle(session, wish, state, now=now)


def _settle(session: Session, wish: Wish, outcome: str, *, now: datetime) -> None:
    session.flush()
    session.execute(
        text(
            "UPDATE wish_offers SET settled_at = :now, outcome = :outcome WHERE wish_id = :wish AND settled_at IS NULL"
        ),
        {"now": now, "outcome": outcome, "wish": wish.id},
    )


def _tell(session: Session, kind: str, by: Actor, wish: Wish, *, now: datetime, **more: Any) -> None:
    session.flush()
    record(
        session,
        kind,
        by=by,
        now=now,
        topics={"waiting", "desk", f"client:{wish.client_id}"},
        client_id=wish.client_id,
        data={"wish": wish.id} | more.pop("data", {}),
        **more,
    )


def _waiting(session: Session, wish_id: int) -> Wish:
    wish = session.get(Wish, wish_id, with_for_update=True) if 0 < wish_id < 2**63 else None
    if wish is None:
        raise NotFound("There is no such wish.")
    if wish.state != "waiting":
        raise NotPossible("This client waits no more. Look at the list: it may have been booked or withdrawn.")
    return wish


def _read(session: Session, actor: Actor, request: WishRequest, *, now: datetime) -> dict[str, Any]:
    """The columns of a wish, as far as the request says them."""
    firm = firm_settings(session)
    calendar, tonight = firm.calendar, firm.calendar.business_date(now)
    if not request.service_ids or len(active_services(session, only=request.service_ids)) != len(
        set(request.service_ids)
    ):
        raise Invalid("Choose at least one service that is on sale.", field="service_ids")
    if request.first_evening is None:
        raise Invalid("Choose the first evening.", field="first_evening")
    last = request.last_evening or request.first_evening
    if last < request.first_evening:
        raise Invalid("The last evening must not be before the first.", field="last_evening")
    if last < tonight:
        raise Invalid("That evening is over. Choose tonight or a later one.", field="last_evening")
    at = partial(calendar.at, request.first_evening)
    if request.earliest is not None and request.latest is not None and at(request.latest) < at(request.earliest):
        raise Invalid("The latest start must be after the earliest.", field="latest")
    therapist = session.get(Person, request.therapist_id) if request.therapist_id else None
    if request.therapist_id and (therapist is None or therapist.role != Role.THERAPIST or therapist.disabled_at):
        raise Invalid("This therapist cannot be booked any more. Choose another.", field="therapist_id")
    if request.only_therapist and therapist is None:
        raise Invalid("Say which therapist it must be.", field="therapist_id")
    if request.client_id is not None:
        client = clients.living(session, request.client_id)
    elif request.new_client is not None:
        client = clients.create(session, actor, request.new_client, now=now)
    else:
        raise Invalid("Choose a client, or add a new one.", field="client")
    if request.address_id is not None:
        clients.use_address(session, client.id, request.address_id, now=now)
    return {
        "client_id": client.id,
        "address_id": request.address_id,
        "service_ids": list(dict.fromkeys(request.service_ids)),
        "people": request.people,
        "first_evening": request.first_evening,
        "last_evening": last,
        "earliest": request.earliest,
        "latest": request.latest,
        "therapist_id": request.therapist_id,
        "only_therapist": request.only_therapist,
        "driver_needed": request.driver_needed,
        "car_needed": request.car_needed and request.driver_needed,
        "notes": normal_note(request.notes),
    }
