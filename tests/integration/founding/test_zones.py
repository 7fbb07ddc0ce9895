"""Zones and towns are named and moved by managers, never over another unseen."""

from __future__ import annotations

from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.firm.queries import localities, zone_names
from guitara_app.founding.zones import TownDetails, ZoneDetails, keep_town, keep_zone
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, Stale
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, Firm, open_firm


@pytest.fixture
def firm(scratch: Scratch) -> Firm:
    del scratch
    return open_firm()


@pytest.fixture
def manager(firm: Firm) -> Actor:
    return Actor(firm.operator.person_id, Role.MANAGER, "Marga")


def zone(actor: Actor, number: int | None, name: str, seen: str = "") -> int:
    wanted, saw = ZoneDetails(name), ZoneDetails(seen)
    return run(lambda session: keep_zone(session, actor, number, wanted, seen=saw, now=NOW))


def town(actor: Actor, number: int | None, wanted: TownDetails, seen: TownDetails | None = None) -> int:
    return run(lambda session: keep_town(session, actor, number, wanted, seen=seen, now=NOW))


def towns() -> dict[int, Any]:
    with reading() as session:
        return {one.id: one for one in localities(session)}


def test_a_zone_gets_towns_and_a_town_moves(firm: Firm, manager: Actor) -> None:
    del firm
    side = zone(manager, None, "O'Donnell Side")
    other = zone(manager, None, "Far Side")
    number = town(manager, None, TownDetails("Camiling", side))
    assert (towns()[number].name, towns()[number].zone) == ("Camiling", "O'Donnell Side")
    town(manager, number, TownDetails("Camiling", other), TownDetails("Camiling", side))
    assert towns()[number].zone == "Far Side"
    zone(manager, other, "Near Side", "Far Side")
    assert towns()[number].zone == "Near Side"
    # What stands there already is no change, whoever says it.
    zone(manager, other, "Near Side", "Far Side")


def test_what_cannot_be_is_refused_at_its_field(firm: Firm, manager: Actor) -> None:
    side = zone(manager, None, "O'Donnell Side")
    known = towns()[firm.locality].name
    for work, field in (
        (lambda: zone(manager, None, ""), "name"),
        (lambda: zone(manager, None, "x" * 61), "name"),
        (lambda: zone(manager, None, "O'Donnell Side"), "name"),
        (lambda: town(manager, None, TownDetails(known, side)), "name"),
        (lambda: town(manager, None, TownDetails("Camiling", 404)), "zone_id"),
        (lambda: town(manager, None, TownDetails("Camiling", 2**63)), "zone_id"),
    ):
        with pytest.raises(Invalid) as error:
            work()
        assert error.value.field == field
    with pytest.raises(NotFound):
        zone(manager, 404, "Nowhere")
    for role in (Role.OPERATOR, Role.THERAPIST, Role.DRIVER):
        with pytest.raises(NotAllowed):
            zone(Actor(manager.person_id, role, "Ana"), None, "Ana's")
        with pytest.raises(NotAllowed):
            town(Actor(manager.person_id, role, "Ana"), None, TownDetails("Ana's", side))


def test_of_two_the_second_is_told(firm: Firm, manager: Actor) -> None:
    del firm
    side = zone(manager, None, "O'Donnell Side")
    number = town(manager, None, TownDetails("Camiling", side))
    seen = TownDetails("Camiling", side)
    town(manager, number, TownDetails("Camiling City", side), seen)
    with pytest.raises(Stale):
        town(manager, number, TownDetails("Old Camiling", side), seen)
    assert towns()[number].name == "Camiling City"
    zone(manager, side, "East", "O'Donnell Side")
    with pytest.raises(Stale):
        zone(manager, side, "West", "O'Donnell Side")
    with reading() as session:
        assert zone_names(session)[side] == "East"
