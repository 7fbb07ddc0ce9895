"""A service is kept together with what it takes along: all of it or nothing, told, and never over another unseen."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.catalog.queries import active_services, kept_services
from guitara_app.catalog.rules import ServiceDetails
from guitara_app.catalog.services import sell_service
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, Stale
from guitara_app.stock.default_materials import keep_service
from guitara_app.stock.queries import materials_in_words, materials_of
from tests.integration.stock.conftest import Shelf, events
from tests.support.firm import NOW, Firm
from tests.support.steps import visit_of

HEAD = ServiceDetails("Tita's Head", 45, Decimal("450.50"), 10)


@pytest.fixture
def manager(firm: Firm) -> Actor:
    return Actor(firm.operator.person_id, Role.MANAGER, "Marga")


def keep(actor: Actor, number: int | None, wanted: ServiceDetails, carried: dict[int, int], version: int = 1) -> int:
    return run(lambda session: keep_service(session, actor, number, wanted, carried, version=version, now=NOW))


def stands(number: int) -> tuple[Any, dict[int, int]]:
    with reading() as session:
        return kept_services(session, only=number)[0], materials_of(session, number)


def test_a_new_service_can_be_booked_at_once_and_says_what_it_takes(manager: Actor, shelf: Shelf) -> None:
    number = keep(manager, None, HEAD, {shelf.oil: 2, shelf.kit: 1})
    row, carried = stands(number)
    assert (row.name, row.minutes, row.price, row.buffer_minutes, row.active) == astuple(HEAD)
    assert carried == {shelf.oil: 2, shelf.kit: 1}
    with reading() as session:
        assert number in [one.id for one in active_services(session)]
        assert materials_in_words(session)[number] == "Hot Stone Kit, 2 Lavender Oil"
    for kind in ("service_added", "service_materials_changed"):
        assert set(events(kind)[-1].topics) == {"desk", "catalog"}


def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_kept(manager: Actor, shelf: Shelf) -> None:
    for carried, field in (({shelf.oil: 101}, f"material_{shelf.oil}"), ({404: 1}, "material_404")):
        with pytest.raises(Invalid) as error:
            keep(manager, None, HEAD, carried)
        assert error.value.field == field
    with pytest.raises(Invalid) as error:
        keep(manager, None, ServiceDetails("Foot", 60, Decimal(500)), {})
    assert error.value.field == "name"
    with reading() as session:
        assert HEAD.name not in [one.name for one in kept_services(session)]
    with pytest.raises(NotFound):
        keep(manager, 404, HEAD, {})
    operator = Actor(manager.person_id, Role.OPERATOR, "Ana")
    for work in (
        lambda session: keep_service(session, operator, None, HEAD, {}, version=0, now=NOW),
        lambda session: sell_service(session, operator, shelf.foot, active=False, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            run(work)


def test_of_two_the_second_is_told_be_it_of_a_price_or_of_materials(manager: Actor, shelf: Shelf) -> None:
    number = keep(manager, None, HEAD, {shelf.oil: 1})
    version = stands(number)[0].version
    keep(manager, number, HEAD, {shelf.oil: 2}, version)
    other = ServiceDetails(HEAD.name, 50, HEAD.price, 10)
    for wanted, carried in ((HEAD, {shelf.kit: 1}), (other, {shelf.oil: 2}), (other, {shelf.oil: 1})):
        with pytest.raises(Stale):
            keep(manager, number, wanted, carried, version)
    assert stands(number)[1] == {shelf.oil: 2}
    told = len(events("service_materials_changed"))
    # What stands there already is no change, whoever says it.
    keep(manager, number, HEAD, {shelf.oil: 2}, version)
    assert len(events("service_materials_changed")) == told


def test_off_sale_nobody_books_it_and_who_has_it_keeps_it(firm: Firm, manager: Actor, shelf: Shelf) -> None:
    visit = firm.book(0)
    price = visit_of(visit).price
    run(lambda session: sell_service(session, manager, firm.service, active=False, now=NOW))
    assert visit_of(visit).price == price
    with pytest.raises(GuitaraError) as error:
        firm.book(1)
    assert error.value.field == "service_ids"
    run(lambda session: sell_service(session, manager, firm.service, active=True, now=NOW))
    firm.book(1)
    with pytest.raises(NotFound):
        run(lambda session: sell_service(session, manager, 2**63, active=True, now=NOW))


@given(
    rounds=st.lists(
        st.tuples(st.sets(st.integers(0, 2)), st.integers(1, 5), st.decimals(0, 9_999, places=2)), max_size=4
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_kept_stands(manager: Actor, shelf: Shelf, rounds: list[tuple[set[int], int, Decimal]]) -> None:
    items = (shelf.oil, shelf.kit, shelf.spray)
    for chosen, many, price in rounds:
        carried = {items[one]: many for one in chosen}
        version = stands(shelf.foot)[0].version
        keep(manager, shelf.foot, ServiceDetails("Foot", 60, price), carried, version)
        row, found = stands(shelf.foot)
        assert (row.price, found) == (price, carried)
