"""Evenings on which anything is done to any visit, against a model: people, trips, stock, money, and what is told.

Real services on PostgreSQL. After every step every audit is clean, and what a step had no business with is unchanged.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries import board, due
from guitara_app.appointments.queries.board_news import board_news
from guitara_app.appointments.queries.drivers import takeable_trips
from guitara_app.appointments.services import expire, grow_overdue, hand_out, lapse, lapse_leg_offer, search_driver
from guitara_app.cli.audits import run_audits
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.errors import GuitaraError
from tests.integration.stock.conftest import stocked
from tests.support.firm import Firm, open_firm
from tests.support.oracle import Try, expected, standing, tries
from tests.support.stage import on_stage

_MOST_VISITS = 4
_STARTS = st.sampled_from([time(20, 30), time(21), time(22), time(23, 15), time(0, 10)])
_CHANGE_THE_PRICE = {"change", "drop", "stop_early", "extend"}
# Left to the rule that tries anything, so that most visits get far.
_RARE = {"force", "cancel", "no_show", "panic", "swap", "change", "reject", "withdraw", "step_back"}


def _plain(cards: list[Any]) -> list[dict[str, Any]]:
    """What they warn of follows from more than their visit."""
    return [{**card, "warnings": []} for card in cards]


class Evening(RuleBasedStateMachine):
    """Three therapists, two drivers, four visits at most."""

    firm: Firm

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.stage = self.stack.enter_context(on_stage(self.firm))
        self.visits: list[int] = []
        self.prices: dict[int, tuple[Decimal, Decimal]] = {}
        self.payments: list[Any] = []
        self.shelf = {row.id: row.available for row in self.stage.rows("SELECT id, available FROM items")}
        self.emptied: Counter[int] = Counter()
        self.board: dict[str, Any] = {**board(self.stage.session, now=self.stage.clock)}

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    @precondition(lambda self: len(self.visits) < _MOST_VISITS)
    @rule(people=st.sets(st.integers(0, 2), min_size=1, max_size=2), driven=st.booleans(), start=_STARTS)
    def book(self, people: set[int], driven: bool, start: time) -> None:
        before = self.stage.last_event()
        try:
            with self.stage.trying(keep=True):
                made = self.stage.book(*people, driven=driven, start=start)
        except GuitaraError as error:
            assert error.sentence.endswith(".")
            return
        self.visits.append(made)
        self.prices[made] = self._price(made)
        assert [one.kind for one in self.stage.events_after(before)].count("booked") == 1
        self._all_is_well()

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), minutes=st.integers(0, 9))
    def somebody_does_what_comes_next(self, data: st.DataObject, minutes: int) -> None:
        self.stage.clock += timedelta(minutes=minutes)
        visit = data.draw(st.sampled_from(self.visits))
        now = standing(self.stage, visit)
        possible = [one for one in tries(self.stage, now) if expected(now, one)[0] == "yes"]
        likely = [one for one in possible if one.name not in _RARE and one.actor is not SYSTEM]
        chosen = likely or [one for one in possible if one.actor is not SYSTEM]
        if chosen:
            names = sorted({(one.name, one.target) for one in chosen})
            wanted = data.draw(st.sampled_from(names))
            whoever = [one for one in chosen if (one.name, one.target) == wanted]
            self._take(visit, data.draw(st.sampled_from(whoever)), data)

    @precondition(lambda self: self.visits)
    @rule(data=st.data())
    def anybody_tries_anything(self, data: st.DataObject) -> None:
        visit = data.draw(st.sampled_from(self.visits))
        everything = list(tries(self.stage, standing(self.stage, visit)))
        name = data.draw(st.sampled_from(sorted({one.name for one in everything})))
        self._take(visit, data.draw(st.sampled_from([one for one in everything if one.name == name])), data)

    @rule(minutes=st.integers(1, 25))
    def time_passes(self, minutes: int) -> None:
        """Whatever is due is done, as the tasks do it."""
        stage, session = self.stage, self.stage.session
        stage.clock += timedelta(minutes=minutes)
        now = stage.clock
        with stage.trying(keep=True):
            for seat in due.due_answers(session, now=now, limit=50):
                lapse(session, seat, now=now)
            for visit in due.unanswered_visits(session, now=now, limit=50):
                expire(session, visit, now=now)
            for leg in due.due_searches(session, now=now, limit=50):
                search_driver(session, SYSTEM, leg, now=now)
            for leg in due.due_leg_answers(session, now=now, limit=50):
                lapse_leg_offer(session, leg, now=now)
            for leg in takeable_trips(session, now=now):
                hand_out(session, leg, now=now)
            grow_overdue(session, now=now)
        self._all_is_well()

    def _take(self, visit: int, one: Try, data: st.DataObject) -> None:
        stage, last = self.stage, self.stage.last_event()
        wanted, _ = expected(standing(stage, visit), one)
        others = {number: stage.visit(number).version for number in self.visits if number != visit}
        emptied = self._emptying(one, data)
        form = stage.form(one.name, visit, one.target)
        if one.name == "swap":
            places = [seat.id for number in self.visits for seat in stage.seats(number) if number != visit]
            form = {"other_assignment_id": data.draw(st.sampled_from(places)) if places else one.target}
        elif emptied:
            form = {"empty": emptied}
        try:
            with stage.trying(keep=True):
                stage.perform(one.actor, one.name, one.target, **form, reason="it's agreed")
        except GuitaraError as error:
            assert error.sentence.endswith("."), error.sentence
            # Only what the table leaves open can still be refused for somebody's time or what was typed.
            assert wanted == type(error).__name__ or type(error).__name__ in ("Conflict", "Invalid", "NotPossible")
        else:
            assert wanted == "yes", f"{one.actor.name} {one.name}: {wanted} was expected"
            self._has_told(visit, one, last)
            self._has_changed_the_price(visit, one, form)
            self.emptied.update(emptied)
            if one.name != "swap":
                assert {n: v for n, v in others.items() if stage.visit(n).version != v and not self._joined(n)} == {}
        self._all_is_well()

    def _emptying(self, one: Try, data: st.DataObject) -> list[int]:
        if one.name != "report_materials":
            return []
        bag = self.stage.rows(
            "SELECT i.id FROM stock_movements m JOIN items i ON i.id = m.item_id WHERE m.assignment_id = :seat"
            " AND i.kind = 'container' GROUP BY i.id HAVING sum(m.in_use_change) > 0",
            seat=one.target,
        )
        return [row.id for row in bag if data.draw(st.booleans())]

    def _has_told(self, visit: int, one: Try, last: int) -> None:
        """One event tells of it; a step that was taken already says nothing twice."""
        kind = "swapped" if one.name == "swap" else HAPPENING[Action(one.name)].kind
        told = [e for e in self.stage.events_after(last) if e.kind == kind and e.appointment_id == visit]
        silent = one.name in ("panic", "ask_pickup", "change")
        assert len(told) == 1 or (silent and not told), (one.name, told)
        assert all(event.actor_id == one.actor.person_id for event in told)

    def _has_changed_the_price(self, visit: int, one: Try, form: dict[str, Any]) -> None:
        price, extension = self._price(visit)
        before, before_extension = self.prices[visit]
        if one.name == "extend":
            assert (price, extension) == (before, before_extension + form["price"])
        elif one.name not in _CHANGE_THE_PRICE:
            assert (price, extension) == (before, before_extension)
        else:
            assert Decimal(0) <= price <= before or one.name == "change"
        self.prices[visit] = (price, extension)

    def _price(self, visit: int) -> tuple[Decimal, Decimal]:
        row = self.stage.visit(visit)
        return row.price, row.extension_price

    def _joined(self, visit: int) -> bool:
        """A trip that comes from, or leads to, another visit is of both."""
        return any(leg.from_appointment_id and leg.to_appointment_id for leg in self.stage.legs(visit))

    def _all_is_well(self) -> None:
        assert [one for one in run_audits(self.stage.session) if one.audit != "events told"] == []
        self._everybody_is_free_who_should_be()
        self._nobody_is_left_behind()
        self._stock_only_moves()
        self._money_is_only_added()
        self._what_is_told_ahead_is_so()

    def _what_is_told_ahead_is_so(self) -> None:
        """The board with these visits read anew shows each as the board does that is read whole."""
        now = self.stage.clock
        ahead = {**self.board, **board_news(self.stage.session, self.board, self.visits, now=now)}
        self.board = {**board(self.stage.session, now=now)}
        for column in ("waiting", "confirmed", "on_the_way", "in_session", "payment"):
            assert _plain(ahead[column]) == _plain(self.board[column]), column
        assert sorted(_plain(ahead["ended"]), key=str) == sorted(_plain(self.board["ended"]), key=str)

    def _everybody_is_free_who_should_be(self) -> None:
        late = "upper(occupied) > :now AND NOT isempty(occupied)"
        seats = f"SELECT id FROM assignments WHERE answer NOT IN ('offered', 'accepted') AND {late}"
        legs = f"SELECT id FROM legs WHERE state IN ('done', 'cancelled') AND {late}"
        assert self.stage.rows(f"{seats} UNION ALL {legs}", now=self.stage.clock) == []

    def _nobody_is_left_behind(self) -> None:
        """Who was out there when their place or their visit ended early has a car home, or waits for one."""
        stranded = self.stage.rows(
            "SELECT g.id FROM assignments g WHERE g.progress IN ('in_transit', 'arrived', 'dropped_off')"
            " AND g.answer IN ('withdrawn', 'released') AND g.home_at IS NULL"
            " AND NOT EXISTS (SELECT FROM leg_passengers p JOIN legs t ON t.id = p.leg_id"
            " WHERE p.assignment_id = g.id AND t.state <> 'cancelled'"
            " AND t.from_appointment_id = g.appointment_id)"
        )
        assert stranded == []

    def _stock_only_moves(self) -> None:
        for row in self.stage.rows("SELECT id, available, in_use, empty FROM items"):
            assert row.available + row.in_use + row.empty == self.shelf[row.id]
            assert row.empty == self.emptied[row.id]

    def _money_is_only_added(self) -> None:
        entries = self.stage.rows("SELECT * FROM payments ORDER BY id")
        assert entries[: len(self.payments)] == self.payments
        self.payments = entries


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    firm = open_firm(therapists=4)
    stocked(firm)
    return firm


def test_whatever_is_done_to_an_evening_nothing_is_lost(firm: Firm) -> None:
    class OnThisFirm(Evening):
        pass

    OnThisFirm.firm = firm
    run_state_machine_as_test(
        OnThisFirm,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
