"""What can be watched, what it is called in Redis and in socket rooms, and who may watch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.kit.events import month_key, week_key


class Kind(StrEnum):
    """The kinds of things a page can show live."""

    DESK = "desk"
    ROAD = "road"
    QUEUE = "queue"
    APPOINTMENT = "appointment"
    PERSON = "person"
    SHIFTS = "shifts"
    WEEK = "week"
    MONTH = "month"
    HOURS = "hours"
    CLIENT = "client"
    PROFILE = "profile"
    INBOX = "inbox"
    PRESENCE = "presence"
    SYSTEM = "system"
    WAITING = "waiting"
    WORKLOAD = "workload"
    CATALOG = "catalog"
    IMPORT = "import"


# Every kind but those of which there is only one.
_ONLY_ONE = {Kind.DESK, Kind.ROAD, Kind.QUEUE, Kind.PRESENCE, Kind.SYSTEM, Kind.WAITING}
_ONLY_ONE |= {Kind.WORKLOAD, Kind.CATALOG}
_OF_ONE = frozenset(Kind) - _ONLY_ONE
_SHOW_THE_DESK = (Kind.ROAD, Kind.WORKLOAD)
_REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing to watch. Everybody who may watch it sees the same; ``key`` is 0 where there is only one."""

    kind: Kind
    key: int = 0

    @property
    def topic(self) -> str:
        """Its name as a topic of changes, as a room of sockets and in what browsers are sent."""
        return f"{self.kind}:{self.key}" if self.key else str(self.kind)

    @property
    def source(self) -> str:
        """The topic whose changes it shows: its own, but whatever changes the board may change road and workload."""
        return str(Kind.DESK) if self.kind in _SHOW_THE_DESK else self.topic

    @classmethod
    def desk(cls) -> Self:
        """The board."""
        return cls(Kind.DESK)

    @classmethod
    def road(cls) -> Self:
        """Drivers, trips that wait for one, and therapists who are still out."""
        return cls(Kind.ROAD)

    @classmethod
    def queue(cls) -> Self:
        """Where each free driver stands, for the drivers themselves."""
        return cls(Kind.QUEUE)

    @classmethod
    def appointment(cls, appointment_id: int) -> Self:
        """One visit, as the desk sees it."""
        return cls(Kind.APPOINTMENT, appointment_id)

    @classmethod
    def person(cls, person_id: int) -> Self:
        """One therapist's or driver's own evening."""
        return cls(Kind.PERSON, person_id)

    @classmethod
    def shifts(cls, evening: date) -> Self:
        """Everybody's hours of one business day."""
        return cls(Kind.SHIFTS, evening.toordinal())

    @classmethod
    def week(cls, day: date) -> Self:
        """The plan of the week in which business day ``day`` is."""
        return cls(Kind.WEEK, week_key(day))

    @classmethod
    def month(cls, day: date) -> Self:
        """The visits of the month in which business day ``day`` is."""
        return cls(Kind.MONTH, month_key(day))

    @classmethod
    def hours(cls, person_id: int) -> Self:
        """One person's usual hours, time off and evenings ahead."""
        return cls(Kind.HOURS, person_id)

    @classmethod
    def client(cls, client_id: int) -> Self:
        """One client's card."""
        return cls(Kind.CLIENT, client_id)

    @classmethod
    def profile(cls, person_id: int) -> Self:
        """Somebody's own account."""
        return cls(Kind.PROFILE, person_id)

    @classmethod
    def inbox(cls, person_id: int) -> Self:
        """What somebody has been told and has not read yet."""
        return cls(Kind.INBOX, person_id)

    @classmethod
    def presence(cls) -> Self:
        """Who has a page open, for the desk."""
        return cls(Kind.PRESENCE)

    @classmethod
    def system(cls) -> Self:
        """How the system itself is doing."""
        return cls(Kind.SYSTEM)

    @classmethod
    def waiting(cls) -> Self:
        """Who waits for a slot."""
        return cls(Kind.WAITING)

    @classmethod
    def workload(cls) -> Self:
        """That the figures of how work is shared may be others now."""
        return cls(Kind.WORKLOAD)

    @classmethod
    def imports(cls, person_id: int) -> Self:
        """How the file stands that somebody is taking in."""
        return cls(Kind.IMPORT, person_id)

    @classmethod
    def catalog(cls) -> Self:
        """That something else can be booked or carried now, or somewhere else, or by somebody else."""
        return cls(Kind.CATALOG)


def scopes_of(topic: str) -> tuple[Scope, ...]:
    """The scopes that a topic of changes changes; none when no page watches such a thing."""
    kind, _, key = topic.partition(":")
    if topic == Kind.DESK:
        return (Scope.desk(), *(Scope(kind) for kind in _SHOW_THE_DESK))
    if topic in (Kind.QUEUE, Kind.PRESENCE, Kind.SYSTEM, Kind.WAITING, Kind.CATALOG):
        return (Scope(Kind(topic)),)
    if kind in _OF_ONE and key.isdecimal():
        return (Scope(Kind(kind), int(key)),)
    return ()


def revoked_person(topic: str) -> int | None:
    """The person whose sessions or rights changed, when that is what the topic says."""
    kind, _, key = topic.partition(":")
    return int(key) if kind == _REVOKE and key.isdecimal() else None


def revoke_topic(person_id: int) -> str:
    """The topic that tells of changes to a person's sessions and rights."""
    return f"{_REVOKE}:{person_id}"


def may_watch(actor: Actor, scope: Scope) -> bool:
    """Whether ``actor`` may be sent what ``scope`` shows."""
    match scope.kind:
        case Kind.DESK | Kind.ROAD | Kind.PRESENCE | Kind.WAITING | Kind.CATALOG:
            return allowed(actor.role, Permission.SEE_BOARD)
        case Kind.QUEUE:
            return allowed(actor.role, Permission.SEE_QUEUE)
        case Kind.SYSTEM:
            return allowed(actor.role, Permission.SEE_SYSTEM)
        case Kind.APPOINTMENT:
            return allowed(actor.role, Permission.SEE_APPOINTMENT)
        case Kind.PERSON:
            return allowed(actor.role, Permission.SEE_OWN_JOBS) and actor.person_id == scope.key
        case Kind.WEEK | Kind.MONTH | Kind.WORKLOAD:
            return allowed(actor.role, Permission.SEE_PLAN)
        case Kind.SHIFTS:
            return allowed(actor.role, Permission.SEE_SHIFTS)
        case Kind.HOURS:
            own = allowed(actor.role, Permission.OWN_SHIFTS) and actor.person_id == scope.key
            return own or allowed(actor.role, Permission.SEE_SHIFTS)
        case Kind.CLIENT:
            return allowed(actor.role, Permission.SEE_CLIENTS)
        case Kind.IMPORT:
            return allowed(actor.role, Permission.EXCHANGE) and actor.person_id == scope.key
        case Kind.PROFILE | Kind.INBOX:
            return allowed(actor.role, Permission.SIGNED_IN) and actor.person_id == scope.key
