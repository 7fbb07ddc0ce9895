"""What people do at random, through services, the API and the handlers of open pages; and what became of it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from time import monotonic
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Role
from guitara_app.actions import SWAP, perform
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action, Target, target_of
from guitara_app.appointments.queries import detail, own_night
from guitara_app.appointments.requests import BookingRequest, ChangeRequest
from guitara_app.appointments.services import book, change
from guitara_app.availability import services as hours
from guitara_app.clients.rules import ClientChange
from guitara_app.clients.services import edit
from guitara_app.firm.queries import firm_settings
from guitara_app.handover import services as handover
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Unavailable
from guitara_app.kit.time import now
from guitara_app.notifications import services as notifications
from guitara_app.notifications.words import Mail
from guitara_app.pages.appointment.state import AppointmentState
from guitara_app.pages.asking import read_form
from guitara_app.pages.booking.state import BookingState
from guitara_app.pages.tonight.state import TonightState
from tests.live.town import Town
from tests.live.ways import NoAnswer, dialog, form, post, press, said
from tests.support.socket_client import Tab

_DESK = ("ana", "bea", "marga")
_REASON = "so it goes"
_GIVE_UP_S = 150.0
_PAUSE_S = 0.2
_PATHS = {Target.VISIT: "appointments", Target.PLACE: "assignments", Target.TRIP: "legs"}
_KINDS = {HAPPENING[action].kind: action for action in Action}
_NOT_AT_RANDOM = {
    SWAP,
    Action.FORCE,
    Action.REOPEN,
    Action.PANIC,
    Action.CHANGE,
    Action.CORRECT_PAYMENT,
    Action.WRITE_OFF,
}
# Whoever asks again is told yes, and nothing happens a second time.
_ASKED_AGAIN = {HAPPENING[Action.ASK_PICKUP].kind}
_COLUMN = {Target.VISIT: "appointment_id", Target.PLACE: "assignment_id", Target.TRIP: "leg_id"}

Values = Mapping[str, list[str]]
Pages = Mapping[str, Tab]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was asked for and answered; ``words`` say why it was refused, and are empty when it was done."""

    key: str
    action: str
    target: int
    way: str
    words: str


@dataclass
class Evening:
    """Everything that was asked for. ``odd`` is what ended in no way that anybody is meant to see."""

    town: Town
    seed: int
    deeds: list[Deed] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    since: datetime = field(default_factory=now)
    # What a form answers does not say to which save: one at a time.
    forms: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, phones: Pages, boards: Pages, visits: Pages) -> list[threading.Thread]:
        """Let everybody act until ``over``; some of it on these pages, which are known by whose they are."""
        hands = [
            _Hand(self, number, act, random.Random(self.seed * 100 + number))
            for number, act in enumerate(
                (
                    partial(_at_desk, boards=boards, visits=visits),
                    partial(_at_desk, boards=boards, visits=visits),
                    partial(_in_field, phones=phones),
                    partial(_in_field, phones=phones),
                    _besides,
                )
            )
        ]
        threads = [threading.Thread(target=hand.run, name=f"hand {hand.number}", daemon=True) for hand in hands]
        for thread in threads:
            thread.start()
        return threads

    def contradictions(self) -> list[str]:
        """What the database says otherwise than those who asked were told."""
        done = {deed.key: deed for deed in self.deeds if not deed.words}
        refused = {deed.key: deed for deed in self.deeds if deed.words}
        with reading() as session:
            rows = session.execute(
                text(
                    "SELECT key, result_id AS made, count(*) OVER (PARTITION BY key) AS many FROM idempotency_keys"
                    " UNION ALL SELECT key, CAST(CAST(body AS jsonb)->>'id' AS bigint), 1 FROM kept_answers"
                )
            ).all()
            happened = session.execute(
                text(
                    "SELECT kind, appointment_id, assignment_id, leg_id FROM events"
                    " WHERE actor_id IS NOT NULL AND recorded_at >= :since"
                ),
                {"since": self.since},
            ).all()
        known = {row.key: row for row in rows}
        found = [f"lost: {deed}" for key, deed in done.items() if key not in known]
        found += [f"refused, and there: {refused[key]}" for key in refused.keys() & known.keys()]
        found += [f"kept {row.many} times: {row.key}" for row in rows if row.many > 1]
        asked: Counter[tuple[str, int]] = Counter()
        for key, deed in done.items():
            if deed.action == "book":
                asked["booked", known[key].made if key in known else 0] += 1
            else:
                asked[HAPPENING[Action(deed.action)].kind, deed.target] += 1
        there: Counter[tuple[str, int]] = Counter()
        for row in happened:
            column = (
                "appointment_id"
                if row.kind == "booked"
                else _COLUMN[target_of(_KINDS[row.kind])]
                if row.kind in _KINDS
                else ""
            )
            if column:
                there[row.kind, getattr(row, column)] += 1
        found += [
            f"{what}: asked {many}, happened {there[what]}"
            for what, many in asked.items()
            if there[what] > many or there[what] < (1 if what[0] in _ASKED_AGAIN else many)
        ]
        return found


class _Hand:
    """One who acts, again and again."""

    def __init__(self, evening: Evening, number: int, act: Callable[[_Hand], None], dice: random.Random) -> None:
        self.evening, self.number, self.dice = evening, number, dice
        self.town = evening.town
        self._act = act
        self._count = 0

    def run(self) -> None:
        """Until the evening is over; what is begun is brought to its answer."""
        while not self.evening.over.is_set():
            try:
                self._act(self)
            except Unavailable:
                self.evening.over.wait(_PAUSE_S)
            except GuitaraError:
                self.evening.other["refused"] += 1
            except Exception as error:
                self.evening.odd.append(f"{type(error).__name__}: {error}"[:500])
            self.evening.over.wait(self.dice.uniform(0.0, 0.12))

    def key(self) -> str:
        """A key no other deed has."""
        self._count += 1
        return f"deed-{self.evening.seed}-{self.number}-{self._count}"

    def ask(self, action: str, target: int, key: str, way: str, once: Callable[[], str]) -> None:
        """Ask until there is an answer, each time with the same key, as people do."""
        ends = monotonic() + _GIVE_UP_S
        while True:
            with suppress(Unavailable, httpx.HTTPError, NoAnswer):
                words = once()
                self.evening.deeds.append(Deed(key, action, target, way, words))
                return
            self.evening.other[f"{way} asked again"] += 1
            if monotonic() > ends:
                self.evening.odd.append(f"{action} of {target} by {way}: no answer within {_GIVE_UP_S} s")
                return
            threading.Event().wait(_PAUSE_S)


def _at_desk(hand: _Hand, *, boards: Pages, visits: Pages) -> None:
    name = hand.dice.choice(_DESK)
    if hand.dice.random() < 0.3:
        _book(hand, name, boards.get(name))
        return
    with reading() as session:
        numbers = session.scalars(
            text(
                "SELECT id FROM appointments WHERE ends_at > :at AND state NOT IN ('cancelled', 'expired') ORDER BY id"
            ),
            {"at": now() - timedelta(hours=3)},
        ).all()
        seen = detail(session, hand.dice.choice(numbers), now=now())
    assert seen is not None
    if seen["can_change"] and hand.dice.random() < 0.3:
        _change(hand, name, seen["id"])
        return
    possible = [*seen["possible"], *(one for row in (*seen["places"], *seen["legs"]) for one in row["possible"])]
    possible = [one for one in possible if one["action"] not in _NOT_AT_RANDOM]
    calm = [one for one in possible if one["action"] not in ("cancel", "no_show")]
    if not possible:
        return
    chosen = hand.dice.choice(calm if calm and hand.dice.random() < 0.85 else possible)
    _take(hand, name, chosen["action"], chosen["target_id"], _values(hand, chosen["action"]), visits.get(name))


def _in_field(hand: _Hand, *, phones: Pages) -> None:
    name = hand.dice.choice(list(phones))
    with reading() as session:
        night = own_night(session, hand.town.staff[name].person_id or 0, now=now())
    jobs = [*night["now_jobs"], *night["next_jobs"]]
    if not jobs:
        return
    job = hand.dice.choice(jobs)
    others = [act for act in (job["beside"], *job["more"]) if act["action"] and act["action"] != Action.PANIC]
    act = hand.dice.choice(others) if others and hand.dice.random() < 0.15 else job["step"]
    if act["action"]:
        values = _values(hand, act["action"]) if act["asks"] else act["values"]
        _take(hand, name, act["action"], act["target_id"], values, phones[name])


def _besides(hand: _Hand) -> None:
    """What is no step of a visit: hours, clients, the note, what people have read."""
    dice, at = hand.dice, now()
    desk = hand.town.staff[dice.choice(_DESK)]
    own = hand.town.staff[dice.choice(hand.town.of(Role.THERAPIST, Role.DRIVER)[:12])]
    person = own.person_id or 0
    with reading() as session:
        today = firm_settings(session).calendar.business_date(at)
        client = session.execute(
            text("SELECT id, version FROM clients WHERE merged_into_id IS NULL ORDER BY id DESC LIMIT 6 OFFSET :skip"),
            {"skip": dice.randrange(6)},
        ).first()
        note = session.scalar(text("SELECT max(version) FROM handover_notes WHERE business_date = :d"), {"d": today})
    words = f"{_REASON} {dice.random():.6f}"
    what: dict[str, Callable[[Session], object]] = {
        "shift": lambda s: hours.set_shift(
            s, desk, person, _day(dice, today), (time(13), time(dice.randrange(6))), now=at
        ),
        "time off": lambda s: hours.ask_time_off(
            s, own, person, *[_day(dice, today) + timedelta(7)] * 2, now=at, reason=words
        ),
        "check in": lambda s: hours.check_in(s, own, person, now=at),
        "client": lambda s: edit(s, desk, client.id, ClientChange(notes=words), version=client.version, now=at),  # type: ignore[union-attr]
        "note": lambda s: handover.write(s, desk, words, based_on=note or 0, now=at),
        "read": lambda s: notifications.mark_all_read(s, dice.choice([desk, own]), up_to=2**31, now=at),
        "mail": lambda s: notifications.choose_mail(s, dice.choice([desk, own]), dice.choice(list(Mail)), now=at),
    }
    name = dice.choice(list(what))
    run(what[name])
    hand.evening.other[name] += 1


def _day(dice: random.Random, today: date) -> date:
    return today + timedelta(days=dice.choice((0, 0, 1, 2)))


def _take(hand: _Hand, name: str, action: str, target: int, values: Values, page: Tab | None) -> None:
    """One action, by one of the three ways."""
    key, actor = hand.key(), hand.town.staff[name]
    read, _ = read_form(action, dict(values))
    if read is None:
        hand.evening.other[f"unreadable {action}"] += 1
        return
    filled = read
    way = _way(hand, page)

    def by_service() -> str:
        return said(lambda s: perform(s, actor, action, target, filled, now=now(), idempotency_key=key))

    def by_api() -> str:
        path = f"{_PATHS[target_of(Action(action))]}/{target}/actions/{action}"
        body = filled.model_dump(mode="json", exclude={"happened_at"}, exclude_none=True)
        return _post(hand, name, path, body, key)

    def by_page() -> str:
        assert page is not None
        state = TonightState if actor.role in (Role.THERAPIST, Role.DRIVER) else AppointmentState
        payload = {"action": action, "target_id": target, "key": key, "values": dict(values)}
        shown = state.get_name().rpartition("____")[2]
        return press(page, f"{state.get_full_name()}.do", payload, dialog(page, shown, key))

    hand.ask(action, target, key, way, {"service": by_service, "api": by_api, "page": by_page}[way])


def _book(hand: _Hand, name: str, page: Tab | None) -> None:
    dice, key, at, actor = hand.dice, hand.key(), now(), hand.town.staff[name]
    start = at + timedelta(minutes=5 * dice.randrange(2, 40))
    with reading() as session:
        calendar = firm_settings(session).calendar
        clients = session.execute(
            text(
                "SELECT c.id, min(d.id) AS address FROM clients c JOIN client_addresses d ON d.client_id = c.id"
                " WHERE c.merged_into_id IS NULL GROUP BY 1 ORDER BY 1 DESC LIMIT 30"
            )
        ).all()
        services = session.scalars(text("SELECT id FROM services ORDER BY id")).all()
    client = dice.choice(clients)
    free = hand.town.of(Role.THERAPIST)
    people = [hand.town.staff[one].person_id or 0 for one in dice.sample(free, dice.choice((1, 1, 2)))]
    local = calendar.local(start)
    request = BookingRequest(
        client_id=client.id,
        address_id=client.address,
        service_ids=[dice.choice(services)],
        therapist_ids=people,
        evening=calendar.business_date(start),
        start=local.time().replace(second=0, microsecond=0),
        driver_needed=dice.random() < 0.5,
        off_shift_reason=_REASON,
        idempotency_key=key,
    )
    way = _way(hand, page)

    def by_service() -> str:
        return said(lambda s: book(s, actor, request, now=now()))

    def by_api() -> str:
        body = request.model_dump(mode="json", exclude_defaults=True, exclude={"idempotency_key"})
        return _post(hand, name, "appointments", body | {"start": f"{local:%H:%M}"}, key)

    def by_page() -> str:
        assert page is not None
        draft = request.model_dump(mode="json", exclude_defaults=True, exclude={"evening"})
        draft |= {"start": f"{local:%H:%M}", "evening": request.evening.isoformat() if request.evening else ""}
        draft["driver_needed"] = request.driver_needed
        with hand.evening.forms:
            return press(page, f"{BookingState.get_full_name()}.save", {"draft": draft}, form(page, key))

    hand.ask("book", 0, key, way, {"service": by_service, "api": by_api, "page": by_page}[way])


def _change(hand: _Hand, name: str, visit: int) -> None:
    actor, key, notes = hand.town.staff[name], hand.key(), f"{_REASON} {hand.dice.random():.6f}"
    wanted = ChangeRequest(notes=notes, off_shift_reason=_REASON)
    hand.ask(
        "change",
        visit,
        key,
        "service",
        lambda: said(lambda s: change(s, actor, visit, request=wanted, now=now(), reason=_REASON, idempotency_key=key)),
    )


def _post(hand: _Hand, name: str, path: str, body: Mapping[str, Any], key: str) -> str:
    return post(hand.dice.choice(hand.town.webs).base, hand.town.cookie(name), path, body, key)


def _way(hand: _Hand, page: Tab | None) -> str:
    """Whoever's page is just not connected does something else meanwhile."""
    open_one = page is not None and page.heard > 0 and page.closed_at is None
    return hand.dice.choice(["service", "api", "page"] if open_one else ["service", "api"])


def _values(hand: _Hand, action: str) -> Values:
    """What somebody fills into the dialog of an action."""
    person = str(hand.town.staff[hand.dice.choice(hand.town.of(Role.THERAPIST))].person_id)
    driver = str(hand.town.staff[hand.dice.choice(hand.town.of(Role.DRIVER))].person_id)
    more: dict[str, dict[str, list[str]]] = {
        "replace": {"person_id": [person], "off_shift_reason": [_REASON]},
        "insist": {"off_shift_reason": [_REASON]},
        "extend": {"minutes": ["30"], "price": ["250"]},
        "stop_early": {"outcome": ["pay_part"], "amount": ["100"]},
        "verify_payment": {"method": ["cash"], "amount": ["500"], "extension_amount": ["0"]},
        "choose_driver": {"driver_id": [driver], "off_shift_reason": [_REASON]},
    }
    return {"reason": [_REASON], **more.get(action, {})}
