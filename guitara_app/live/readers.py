"""How each kind of scope is read: what its pushed variables are to hold, straight from the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.queries import profile
from guitara_app.appointments.queries import board, detail, own_nights
from guitara_app.appointments.queries.board_news import board_news
from guitara_app.appointments.queries.month import month_news, month_plan
from guitara_app.appointments.queries.outside import outside_hours
from guitara_app.appointments.queries.plan import week_news, week_plan
from guitara_app.appointments.queries.queue import queue_places
from guitara_app.appointments.queries.road import road
from guitara_app.appointments.queries.series_gaps import gap_rows
from guitara_app.appointments.queries.still_out import out_after_closing
from guitara_app.appointments.queries.wishes import waiting_list
from guitara_app.appointments.views import Detail
from guitara_app.availability.queries import holidays_between, on_now, open_requests, person_hours, presence, shifts_of
from guitara_app.availability.views import NO_HOURS
from guitara_app.clients.queries import client_page, duplicates
from guitara_app.clients.views import Card, ClientFacts
from guitara_app.exchange.queries import standing_import
from guitara_app.feeds.queries import feed_words
from guitara_app.firm.queries import firm_settings
from guitara_app.handover.queries import earlier_handovers, handover
from guitara_app.kit.database import reading
from guitara_app.kit.measuring import Work, measured
from guitara_app.kit.time import now
from guitara_app.live.present import present as who_is_there
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.states import blank
from guitara_app.money.earnings import earned
from guitara_app.money.queries import payment_lines
from guitara_app.monitoring.system import system
from guitara_app.notifications.queries import inboxes, mail_choice

Reader = Callable[[Session, int, datetime], dict[str, Any]]
ManyReader = Callable[[Session, Collection[int], datetime], dict[int, dict[str, Any]]]


def _desk(session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {
        **board(session, now=at),
        "out": out_after_closing(session, now=at),
        "handover": handover(session, now=at),
        "handovers_before": earlier_handovers(session, now=at),
    }


def _road(session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {**road(session, now=at)}


def _queue(session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {"places": queue_places(session, now=at)}


def _appointment(session: Session, key: int, at: datetime) -> dict[str, Any]:
    found = detail(session, key, now=at)
    paid = [] if found is None else payment_lines(session, key)
    return {"missing": found is None, "detail": found or blank(Detail), "payments": paid}


def _persons(session: Session, keys: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    nights = own_nights(session, keys, now=at)
    present = presence(session, keys, now=at)
    paid = earned(session, keys, now=at)
    return {key: {**nights[key], **present[key], "earned": paid[key]} for key in keys}


def _shifts(session: Session, key: int, at: datetime) -> dict[str, Any]:
    evening = date.fromordinal(key)
    calendar = firm_settings(session).calendar
    outside: dict[int, list[str]] = {}
    for job in outside_hours(session, now=at, evening=evening):
        outside.setdefault(job.person_id, []).append(job.words)
    return {
        "evening": calendar.evening_label(evening),
        "tonight": calendar.business_date(at) == evening,
        "holiday": str(holidays_between(session, evening, evening).get(evening, "")),
        "on_now": on_now(session, now=at),
        "asked": open_requests(session),
        "shifts": shifts_of(session, evening, now=at, outside=outside),
    }


def _week(session: Session, key: int, at: datetime) -> dict[str, Any]:
    return {**week_plan(session, date.fromordinal(key), now=at)}


def _month(session: Session, key: int, at: datetime) -> dict[str, Any]:
    return {**month_plan(session, key // 12, key % 12 + 1, now=at)}


def _hours(session: Session, key: int, at: datetime) -> dict[str, Any]:
    found = person_hours(session, key, now=at)
    firm = firm_settings(session)
    if found is not None:
        found["outside"] = [
            f"{job.evening:%a} {job.evening.day} {job.evening:%b}: {job.words}"
            for job in outside_hours(session, now=at, people=[key])
        ]
    return {
        "missing": found is None,
        "hours": found or NO_HOURS,
        "firm": {
            "opens": f"{firm.opens:%H:%M}",
            "closes": f"{firm.closes:%H:%M}",
            "tonight": firm.calendar.business_date(at).isoformat(),
        },
    }


def _client(session: Session, key: int, _at: datetime) -> dict[str, Any]:
    found = client_page(session, key)
    if found is None or found["client"]["moved_to"]:
        nobody = {**blank(Card), "client": blank(ClientFacts)}
        return {**(found or nobody), "missing": found is None, "duplicates": []}
    return {**found, "duplicates": duplicates(session, key)}


def _profile(session: Session, key: int, at: datetime) -> dict[str, Any]:
    return {
        **profile(session, key, now=at),
        "mail": mail_choice(session, key).value,
        "calendar": feed_words(session, key),
    }


def _inboxes(session: Session, keys: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    return {key: {**found} for key, found in inboxes(session, keys, now=at).items()}


def _presence(_session: Session, _key: int, _at: datetime) -> dict[str, Any]:
    return {**who_is_there()}


def _system(session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {**system(session, now=at)}


def _waiting(session: Session, _key: int, _at: datetime) -> dict[str, Any]:
    return {**waiting_list(session), "gaps": gap_rows(session)}


def _workload(_session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {"stamp": at.isoformat()}


def _catalog(_session: Session, _key: int, at: datetime) -> dict[str, Any]:
    return {"stamp": at.isoformat()}


def _import(session: Session, key: int, _at: datetime) -> dict[str, Any]:
    return {"standing": standing_import(session, key)}


OF_MANY: dict[Kind, ManyReader] = {Kind.PERSON: _persons, Kind.INBOX: _inboxes}
"""Scopes of single people, of which there are hundreds: read for many at once they take no more statements."""


def _of_one(kind: Kind) -> Reader:
    return lambda session, key, at: OF_MANY[kind](session, [key], at)[key]


READERS: dict[Kind, Reader] = {
    **{kind: _of_one(kind) for kind in OF_MANY},
    Kind.DESK: _desk,
    Kind.ROAD: _road,
    Kind.QUEUE: _queue,
    Kind.APPOINTMENT: _appointment,
    Kind.SHIFTS: _shifts,
    Kind.WEEK: _week,
    Kind.MONTH: _month,
    Kind.HOURS: _hours,
    Kind.CLIENT: _client,
    Kind.PROFILE: _profile,
    Kind.PRESENCE: _presence,
    Kind.SYSTEM: _system,
    Kind.WAITING: _waiting,
    Kind.WORKLOAD: _workload,
    Kind.CATALOG: _catalog,
    Kind.IMPORT: _import,
}


def read(scope: Scope) -> dict[str, Any]:
    """Every pushed variable of ``scope`` but its name, from one consistent snapshot. Blocking."""
    with measured(Work("view", str(scope.kind))), reading() as session:
        return {**READERS[scope.kind](session, scope.key, now()), "loaded": True}


def read_many(kind: Kind, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """The same of all scopes of ``kind`` with these keys, by key, from one snapshot for all. Blocking."""
    with measured(Work("view", str(kind))), reading() as session:
        return {key: {**values, "loaded": True} for key, values in OF_MANY[kind](session, keys, now()).items()}


NewsReader = Callable[[Session, Mapping[str, Any], Collection[int], datetime], dict[str, Any]]

NEWS: dict[Kind, NewsReader] = {
    Kind.DESK: lambda session, before, visits, at: board_news(session, before, visits, now=at),
    Kind.WEEK: lambda session, before, visits, _at: week_news(session, before, visits),
    Kind.MONTH: lambda session, before, visits, _at: month_news(session, before, visits),
}
"""Scopes that take long to read, and what can be told of a few visits sooner."""


def read_news(scope: Scope, before: Mapping[str, Any], visits: Collection[int]) -> dict[str, Any]:
    """Those variables of ``scope`` that are others than ``before`` once these visits are read. Blocking."""
    with measured(Work("view", f"news of {scope.kind}")), reading() as session:
        return NEWS[scope.kind](session, before, visits, now())
