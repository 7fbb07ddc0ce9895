"""What is pushed fits the pages' variables, and who may watch what."""

from __future__ import annotations

import json

import pytest
import reflex as rx

from guitara_app.accounts.permissions import DESK, Actor, Role
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.live import readers
from guitara_app.live.scopes import Kind, Scope, may_watch, revoke_topic, revoked_person, scopes_of
from guitara_app.live.states import PUSHED
from tests.support.firm import EVENING, open_firm


def test_every_reader_fills_exactly_the_variables_of_its_state(database: DatabaseUrls) -> None:
    del database
    firm = open_firm()
    ana = firm.therapists[0]
    scopes = (
        Scope.desk(),
        Scope.road(),
        Scope.queue(),
        Scope.appointment(404),
        Scope.person(ana),
        Scope.shifts(EVENING),
        Scope.week(EVENING),
        Scope.month(EVENING),
        Scope.hours(ana),
    )
    scopes += (Scope.client(firm.client), Scope.profile(ana), Scope.inbox(ana), Scope.presence())
    scopes += (Scope.system(), Scope.waiting(), Scope.workload(), Scope.catalog(), Scope.imports(ana))
    for scope in (*scopes, Scope.hours(404), Scope.client(404)):
        values = readers.read(scope)
        assert set(values) == set(PUSHED[scope.kind].base_vars) - {"scope", "rev"}
        json.dumps(values)
    assert readers.read(Scope.appointment(404))["missing"] is True
    assert readers.read(Scope.hours(404))["missing"] is True
    assert readers.read(Scope.client(404))["missing"] is True
    assert {scope.kind for scope in scopes} == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_pushed_states_hold_nothing_but_what_is_pushed(kind: Kind) -> None:
    state = PUSHED[kind]
    assert set(state.vars) - set(rx.State.vars) == set(state.base_vars)
    # Reflex gives every state this one; whoever calls it is refused, because it carries no mark.
    assert set(state.event_handlers) == {"setvar"}


def test_topics_and_scopes() -> None:
    for scope in (
        Scope.desk(),
        Scope.queue(),
        Scope.appointment(5),
        Scope.person(12),
        Scope.shifts(EVENING),
        Scope.week(EVENING),
        Scope.month(EVENING),
        Scope.hours(12),
        Scope.profile(12),
        Scope.inbox(12),
        Scope.presence(),
        Scope.system(),
        Scope.waiting(),
        Scope.catalog(),
        Scope.imports(12),
    ):
        assert scope in scopes_of(scope.topic)
    assert scopes_of("desk") == (Scope.desk(), Scope.road(), Scope.workload())
    for other in (
        "clients",
        "accounts",
        "desk:1",
        "road",
        "queue:1",
        "system:1",
        "waiting:1",
        "workload",
        "catalog:1",
        "appointment",
        "appointment:",
        "person:x",
        "person:-1",
        "revoke:12",
    ):
        assert scopes_of(other) == ()
    assert revoked_person(revoke_topic(12)) == 12
    assert revoked_person("person:12") is None


@pytest.mark.parametrize("role", list(Role))
def test_who_may_watch(role: Role) -> None:
    actor = Actor(12, role, "somebody")
    desk = role in DESK
    assert may_watch(actor, Scope.desk()) is desk
    assert may_watch(actor, Scope.road()) is desk
    assert may_watch(actor, Scope.waiting()) is desk
    assert may_watch(actor, Scope.catalog()) is desk
    assert may_watch(actor, Scope.queue()) is (role == Role.DRIVER)
    assert may_watch(actor, Scope.appointment(5)) is desk
    assert may_watch(actor, Scope.person(12)) is not desk
    assert may_watch(actor, Scope.person(13)) is False
    assert may_watch(actor, Scope.shifts(EVENING)) is desk
    assert may_watch(actor, Scope.week(EVENING)) is (role in (Role.MANAGER, Role.ADMIN))
    assert may_watch(actor, Scope.month(EVENING)) is (role in (Role.MANAGER, Role.ADMIN))
    assert may_watch(actor, Scope.workload()) is (role in (Role.MANAGER, Role.ADMIN))
    assert may_watch(actor, Scope.hours(12)) is True
    assert may_watch(actor, Scope.hours(13)) is desk
    assert may_watch(actor, Scope.profile(12)) is True
    assert may_watch(actor, Scope.profile(13)) is False
    assert may_watch(actor, Scope.inbox(12)) is True
    assert may_watch(actor, Scope.inbox(13)) is False
    assert may_watch(actor, Scope.imports(12)) is (role in (Role.MANAGER, Role.ADMIN))
    assert may_watch(actor, Scope.imports(13)) is False
    assert may_watch(actor, Scope.presence()) is desk
    assert may_watch(actor, Scope.system()) is (role == Role.ADMIN)
