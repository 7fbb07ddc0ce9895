"""An evening on which anybody can try anything: one transaction that is never committed, every try on a savepoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session
from sqlmodel import select

from guitara_app import actions
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments import services as visits
from guitara_app.appointments.lifecycle import Target
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.kit.database import engine
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.events import Event
from tests.support.firm import NOW, Firm

_WRITES = ("INSERT", "UPDATE", "DELETE")
_MINUTE = timedelta(minutes=1)

BY_THE_SYSTEM: dict[str, Callable[..., Any]] = {
    "lapse": lambda session, target, now: visits.lapse(session, target, now=now),
    "expire": lambda session, target, now: visits.expire(session, target, now=now),
    "offer_leg": lambda session, target, now: visits.offer_leg(session, SYSTEM, target, now=now),
    "lapse_leg": lambda session, target, now: visits.lapse_leg_offer(session, target, now=now),
}
"""What nobody can ask for: a task does it when its time has come."""


@dataclass
class Stage:
    """The firm, the people of its desk, and the time of day."""

    session: Session
    firm: Firm
    desk: dict[Role, Actor]
    clock: datetime = NOW
    writes: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def book(self, *therapists: int, driven: bool, start: time = time(21), **more: Any) -> int:
        """Book a visit of these therapists (by index)."""
        request = self.firm.request(*therapists, start=start, driver_needed=driven, **more)
        return visits.book(self.session, self.desk[Role.OPERATOR], request, now=self.clock)

    def visit(self, number: int) -> Appointment:
        """The visit as it stands."""
        return self.session.get_one(Appointment, number, populate_existing=True)

    def seats(self, number: int) -> list[Assignment]:
        """Its places as they stand, oldest first."""
        found = select(Assignment).where(Assignment.appointment_id == number)
        rows = self.session.scalars(found.execution_options(populate_existing=True))
        return sorted(rows, key=lambda seat: seat.id)

    def legs(self, number: int) -> list[Leg]:
        """Its trips as they stand, oldest first."""
        found = select(Leg).where((Leg.to_appointment_id == number) | (Leg.from_appointment_id == number))
        rows = self.session.scalars(found.execution_options(populate_existing=True))
        return sorted(rows, key=lambda leg: leg.id)

    def own(self, person_id: int, role: Role) -> Actor:
        """The person of this number as the one who acts."""
        if person_id not in self.names:
            self.names[person_id] = self.session.get_one(Person, person_id).name
        return Actor(person_id, role, self.names[person_id])

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement."""
        return list(self.session.execute(text(statement), values))

    def events_after(self, last: int) -> list[Event]:
        """What was recorded since the event of this number."""
        return [one for one in self.session.scalars(select(Event)) if one.id > last]

    def last_event(self) -> int:
        """The number of the newest event."""
        return int(self.rows("SELECT coalesce(max(id), 0) AS id FROM events")[0].id)

    def perform(self, actor: Actor, name: str, target: int, **values: Any) -> None:
        """Take an action as pages and the API do, or as a task does."""
        if name in BY_THE_SYSTEM and actor is SYSTEM:
            BY_THE_SYSTEM[name](self.session, target, self.clock)
        else:
            form = actions.doing_of(name).form.model_validate(values)
            actions.perform(self.session, actor, name, target, form, now=self.clock)
        self.session.flush()

    @contextmanager
    def trying(self, *, keep: bool = False) -> Iterator[None]:
        """What happens inside is undone at its end, or when it is refused; ``keep`` undoes only what is refused."""
        savepoint = self.session.begin_nested()
        try:
            yield
        except GuitaraError:
            savepoint.rollback()
            raise
        if keep:
            savepoint.commit()
        else:
            savepoint.rollback()

    def form(self, name: str, visit: int, target: int) -> dict[str, Any]:
        """Fields with which the action can be taken, if it can be at all."""
        if name == "choose_driver":
            has = self.session.get_one(Leg, target).driver_id
            return {"driver_id": next(one for one in self.firm.drivers if one != has)}
        if name == "replace":
            live = ("offered", "accepted")
            known = {seat.person_id: seat.answer in live for seat in self.seats(visit)}
            return {"person_id": min(self.firm.therapists, key=lambda one: (one in known, known.get(one), one))}
        if name == "force":
            return {"to_state": "no_show" if self.visit(visit).state == "cancelled" else "cancelled"}
        return dict(_FORMS.get(name, {}))

    def walk(self, visit: int, steps: str) -> None:
        """Take steps one after another, each a minute later: ``accept.1`` is about the second place of the visit."""
        for step in steps.split():
            self.clock += _MINUTE
            name, _, place = step.partition(".")
            if name == "due":
                self.clock = max(self.clock, self.visit(visit).starts_at)
                continue
            target = self.target(name, visit, int(place or 0))
            if name in BY_THE_SYSTEM:
                self.perform(SYSTEM, name, target)
            else:
                self.perform(
                    self.desk[Role.MANAGER], name, target, **self.form(name, visit, target), reason="told by phone"
                )

    def target(self, name: str, visit: int, index: int) -> int:
        """The row that a step is about: the visit, one of its places, or the newest trip."""
        kind = {"lapse": Target.PLACE, "expire": Target.VISIT, "offer_leg": Target.TRIP, "lapse_leg": Target.TRIP}
        about = kind[name] if name in kind else actions.doing_of(name).target
        if about is Target.VISIT:
            return visit
        return self.seats(visit)[index].id if about is Target.PLACE else self.legs(visit)[-1].id


_FORMS: dict[str, dict[str, Any]] = {
    "change": {"request": {"notes": "Ring at the gate, it's the blue one"}},
    "extend": {"minutes": 30, "price": Decimal(250)},
    "stop_early": {"outcome": "pay_part", "amount": Decimal(100)},
    "verify_payment": {"method": "cash", "amount": Decimal(500)},
    "correct_payment": {"method": "card", "amount": Decimal(450)},
}


@contextmanager
def on_stage(firm: Firm) -> Iterator[Stage]:
    """A stage for this firm; whatever was played on it has not happened."""
    with Session(engine(), expire_on_commit=False) as session:
        people = [Person(username=role, name=f"One {role} O'Shea", role=role) for role in (Role.MANAGER, Role.ADMIN)]
        session.add_all(people)
        session.flush()
        desk = {Role(one.role): Actor(one.id, Role(one.role), one.name) for one in people}
        stage = Stage(session, firm, desk | {Role.OPERATOR: firm.operator})
        connection = session.connection()

        def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if statement.lstrip().upper().startswith(_WRITES):
                stage.writes.append(statement)

        event.listen(connection, "before_cursor_execute", hear)
        try:
            yield stage
        finally:
            event.remove(connection, "before_cursor_execute", hear)
            session.rollback()
