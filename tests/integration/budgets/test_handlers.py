"""What each event of a page takes besides the scope that it shows live, whose budget is in ``pages``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from reflex.app import App
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from guitara_app.accounts.recognition import recognise
from guitara_app.kit.database import reading
from guitara_app.pages.access import access_of
from tests.integration.api.v1.conftest import House, house_of
from tests.integration.budgets.conftest import Said, Within, counting, same
from tests.integration.budgets.full import fill
from tests.integration.conftest import Scratch
from tests.state.events import Browser, Told
from tests.support.firm import NOW, Firm

# Each is one call of a service on a visit (budgets in ``actions``) or of another handler's own function.
SAME_AS = {
    "acting": {
        "drivers_state.do",
        "appointment_state.do",
        "slot_state.move",
        "tonight_state.do",
        "tonight_state.tap",
        "drivers_state.search",
    },
    "the night handed over": {"sick_state.do"},
    "a drop": {"timeline_state.instead", "timeline_state.anyway", "timeline_state.take_back"},
    # What the dialog asked about is saved by the handler that asked.
    "hours meant": {
        "hours_state.go_on",
        "own_hours_state.go_on",
        "shifts_state.go_on",
        "time_off_state.go_on",
        "holidays_state.go_on",
    },
}


class Call(NamedTuple):
    """Who calls, with what, on which page; in what is sent a text like ``:visit`` stands for that number."""

    sent: dict[str, Any] = {}
    who: str = "admin"
    path: str = "/board"
    before: str = ""
    """What is written past every service, so that there is something to do each time."""


_BOOKING = {
    "client_id": ":client",
    "service_ids": [":service"],
    "evening": ":evening",
    "start": "21:00",
    "address_id": ":address",
    "driver_needed": True,
    "therapist_ids": [":idle"],
    "off_shift_reason": "She said it's fine.",
    "idempotency_key": ":key",
}
_CHANGE = {"visit_id": ":visit", "notes": ":key", "reason": "asked", "idempotency_key": ":key"}
_WEEK = {"idempotency_key": ":key", "starts_0": "14:00", "ends_0": "22:00"}
_MOVE = {"visit_id": ":visit", "starts": ":moment", "therapist_ids": [":idle"], "off_shift": True}
_OFF = {"idempotency_key": ":key", "off_first": ":day", "off_last": ":day", "off_reason": "It's a wedding"}
_TEAM = {"people": [":idle", ":own"], "what": "evenings", "starts": "14:00", "ends": "0:30", "first": ":later"}
_HOLIDAYS = {
    "country": "PH",
    "otherwise": "closed",
    "said:Rizal Day": "hours",
    "opens:Rizal Day": "15",
    "closes:Rizal Day": "0.30",
}
# What is put back where it was: what a change itself takes is in ``actions``.
_DROP = {"key": ":key", "visits": [{"blocks": ["s1"], "move": {"visit_id": ":visit"}, "replace": []}], "legs": []}
_CARD = {"idempotency_key": ":key", "version": ":version", "notes": ":key"}

_WISH = (
    "INSERT INTO wishes (client_id, service_ids, people, first_evening, last_evening, only_therapist, driver_needed,"
    " car_needed, state, made_at, made_by_id, version) SELECT (SELECT min(id) FROM clients), ARRAY[min(id)], 1,"
    " '2026-12-24', '2026-12-30', false, false, false, 'waiting', now(), (SELECT min(id) FROM people), 1 FROM services"
)
_WISH_BOOKED = (
    f"{_WISH}; UPDATE wishes SET state = 'booked', closed_at = now(),"
    " appointment_id = (SELECT min(id) FROM appointments) WHERE id = (SELECT max(id) FROM wishes)"
)
_WISH_OFFER = (
    f"{_WISH}; INSERT INTO wish_offers (wish_id, business_date, starts_at, ends_at, therapist_ids, found_at)"
    " SELECT max(id), '2026-11-23', now(), now() + interval '1 hour', '{1}', now() FROM wishes"
)

_GAP = (
    "INSERT INTO booking_series (client_id, address_id, frequency, every, weekdays, first_evening, start, service_ids,"
    " therapist_ids, driver_needed, car_needed, made_at, made_by_id, changed_at, changed_by_id, version) SELECT"
    " (SELECT client_id FROM client_addresses ORDER BY id LIMIT 1), (SELECT min(id) FROM client_addresses), 'weekly',"
    " 1, '{0}', '2026-11-23', '21:00', ARRAY[min(id)], '{1}', false, false, now(), 1, now(), 1, 1 FROM services;"
    " INSERT INTO series_gaps (series_id, business_date, state, found_at)"
    " SELECT max(id), '2026-11-30', 'open', now() FROM booking_series"
)

_FILE = (
    "UPDATE imports SET put_away_at = now(); INSERT INTO imports (subject, state, file_name, made_by_id, columns,"
    " sample, mapping) SELECT 'clients', 'mapping', 'list.csv', id, '[\"Name\", \"Phone\"]', '[[\"Eve\", \"12\"]]',"
    " '{\"name\": 0, \"phone\": 1}' FROM people WHERE username = 'admin'; INSERT INTO import_rows (import_id, number,"
    " cells, fate, target_id, changes) SELECT max(id), 2, '{Eve,12}', 'changed', 1,"
    " '{\"preferred_therapist_id\": [1, 2]}' FROM imports"
)
_LOOKED_AT = "UPDATE imports SET state = 'checked', counts = '{\"changed\": 1}' WHERE put_away_at IS NULL"

CALLS: dict[str, Call] = {
    "login_state.load": Call(),
    "who.load": Call(),
    "board_state.load": Call(),
    "board_state.claim": Call({"key": ":review"}),
    "board_state.take_over": Call({"key": ":review", "person_id": ":admin"}, "manager"),
    "board_state.release": Call({"key": ":review"}, "manager"),
    "board_state.settle_alarm": Call(
        {"alarm_id": ":alarm", "outcome": "All is well."},
        before="INSERT INTO alarms (appointment_id, assignment_id, raised_at)"
        " SELECT appointment_id, id, now() FROM assignments WHERE id = (SELECT max(id) FROM assignments)",
    ),
    "board_state.show_all_ended": Call(),
    "inbox_state.read": Call({"number": ":notification"}, "ana"),
    "palette_state.find": Call({"typed": "souza"}),
    "handover_state.save": Call({"draft": {"idempotency_key": ":key", "text": ":key", "based_on": ":note_version"}}),
    "handover_state.read": Call({"note_id": ":note"}, "manager"),
    "booking_state.consider": Call({"draft": _BOOKING}),
    "booking_state.find": Call({"typed": "souza"}),
    "booking_state.save": Call({"draft": _BOOKING}),
    "drivers_state.load": Call(),
    "drivers_state.begin": Call({"action": "choose_driver", "target_id": ":leg"}),
    "appointment_state.load": Call(path="/appointments/:visit"),
    "appointment_state.begin": Call({"action": "cancel", "target_id": ":visit"}),
    "slot_state.find": Call({"draft": {"visit_id": ":visit"}, "question": {"who": "any"}, "key": ":key"}),
    "change_state.consider": Call({"draft": _CHANGE}),
    "change_state.save": Call({"draft": _CHANGE}),
    "tonight_state.load": Call(who="t0"),
    "tonight_state.begin": Call({"action": "reject", "target_id": ":own_place"}, "t0"),
    "tonight_state.check_in": Call(who="t0", before="DELETE FROM check_ins"),
    "tonight_state.check_out": Call({"reason": "It's over."}, "t0"),
    "sick_state.begin": Call({"person_id": ":idle"}),
    "sick_state.from_address": Call(path="/shifts/:idle?do=sick"),
    "shifts_state.load": Call(),
    "shifts_state.choose": Call({"evening": "2026-11-24"}),
    "shifts_state.only": Call({"shown": "off"}),
    "shifts_state.keep": Call({"hours": {"person_id": ":idle", "starts": "14:00", "ends": "23:30"}}),
    "shifts_state.usual": Call({"person_id": ":idle"}),
    "shifts_state.check_in": Call({"person_id": ":idle"}, before="DELETE FROM check_ins"),
    "shifts_state.check_out": Call({"person_id": ":idle"}),
    "calendar_state.load": Call(path="/calendar"),
    "calendar_state.look": Call({"view": "month", "on": "2026-11-24"}, path="/calendar"),
    "calendar_state.fill": Call({"on": "2026-11-24"}, path="/calendar"),
    "calendar_state.propose": Call({"move": _MOVE}, path="/calendar"),
    "calendar_state.consider": Call({"move": _MOVE}, path="/calendar"),
    "calendar_state.move": Call({"move": _MOVE, "reason": "It's better.", "key": ":key"}, path="/calendar"),
    "calendar_state.take_back": Call(path="/calendar"),
    "calendar_state.leave": Call(path="/calendar"),
    "time_off_state.approve": Call({"time_off_id": ":time_off"}),
    "time_off_state.take_back": Call({"time_off_id": ":approved", "reason": "It's off."}),
    "time_off_state.refuse": Call({"time_off_id": ":time_off", "reason": "We are full."}),
    "hours_state.load": Call(path="/shifts/:idle"),
    "hours_state.keep_week": Call({"draft": _WEEK}, path="/shifts/:idle"),
    "hours_state.enter": Call({"draft": _OFF}, path="/shifts/:idle"),
    "own_hours_state.load": Call(who="t8", path="/hours"),
    "own_hours_state.keep_week": Call({"draft": _WEEK}, "t8", "/hours"),
    "own_hours_state.ask": Call({"draft": _OFF}, "t8", "/hours"),
    "own_hours_state.take_back": Call({"time_off_id": ":own_time_off", "reason": "It's off."}, "t8", "/hours"),
    "team_state.load": Call(),
    "team_state.consider": Call({"draft": {**_TEAM, "idempotency_key": ":key"}}),
    "team_state.go_on": Call({"number": 1}),
    "settings_state.load": Call(),
    "settings_state.keep": Call({"form": {"answer_minutes": "25", "name": "Tita's"}}),
    "services_state.load": Call(),
    "services_state.find": Call({"typed": "shiatsu"}),
    "services_state.refresh": Call(),
    "services_state.begin": Call({"number": ":service"}),
    "services_state.consider": Call({"draft": {"visit_id": ":service"}}),
    "services_state.save": Call({"draft": {"visit_id": ":service", "name": ":key", "idempotency_key": ":key"}}),
    "services_state.sell": Call(
        {"number": ":service", "active": True},
        before="UPDATE services SET active = false WHERE id = (SELECT min(id) FROM services)",
    ),
    "materials_state.load": Call(),
    "materials_state.find": Call({"typed": "oil"}),
    "materials_state.refresh": Call(),
    "materials_state.begin": Call({"number": 1}),
    "materials_state.consider": Call({"draft": {"visit_id": -1}}),
    "materials_state.save": Call({"draft": {"visit_id": -1, "name": ":key", "unit": "tub", "idempotency_key": ":key"}}),
    "zones_state.load": Call(),
    "zones_state.find": Call({"typed": "makati"}),
    "zones_state.refresh": Call(),
    "zones_state.begin": Call({"number": -1}),
    "zones_state.consider": Call({"draft": {"visit_id": -1}}),
    "zones_state.save": Call({"draft": {"visit_id": -1, "name": ":key", "idempotency_key": ":key"}}),
    "towns_state.begin": Call({"number": -1}),
    "towns_state.consider": Call({"draft": {"visit_id": -1}}),
    "towns_state.save": Call({"draft": {"visit_id": ":town", "name": ":key", "idempotency_key": ":key"}}),
    "holidays_state.load": Call(),
    "holidays_state.look_at": Call({"country": "PH"}),
    "holidays_state.keep": Call({"form": _HOLIDAYS}),
    "timeline_state.load": Call(path="/timeline?evening=2026-11-24"),
    "timeline_state.show": Call({"evening": "2026-11-30"}),
    "timeline_state.drop": Call({"drop": _DROP}),
    "timeline_state.dismiss": Call({"key": ":key"}),
    "workload_state.load": Call(),
    "workload_state.refresh": Call(),
    "workload_state.choose": Call({"chosen": "tonight"}),
    "workload_state.count_days": Call({"days": {"first": "2026-11-22", "last": "2026-11-23"}}),
    "workload_state.only": Call({"role": "therapist"}),
    "workload_state.sort": Call({"by": "jobs"}),
    "workload_state.look": Call({"person_id": ":own"}),
    "staff_state.load": Call(),
    "staff_state.find": Call({"typed": "driver"}),
    "staff_state.only_role": Call({"role": "therapist"}),
    "staff_state.only_in_use": Call({"in_use": "all"}),
    "staff_state.turn": Call({"forward": True}),
    "staff_state.refresh": Call(),
    "staff_state.begin": Call({"number": ":idle"}),
    "staff_state.consider": Call({"draft": {"visit_id": ":idle"}}),
    "staff_state.save": Call({"draft": {"visit_id": ":idle", "name": ":key", "idempotency_key": ":key"}}),
    "leaving_state.begin": Call({"number": ":driver"}),
    "leaving_state.consider": Call({"draft": {"visit_id": ":driver"}}),
    "leaving_state.save": Call({"draft": {"visit_id": ":driver", "reason": "Left.", "idempotency_key": ":key"}}),
    "staff_state.enable": Call({"person_id": ":driver", "reason": "Came back."}),
    "audit_state.load": Call(path="/audit"),
    "audit_state.look": Call({"looked": {"words": "souza", "door": "page", "person": "people"}}, path="/audit"),
    "audit_state.only_client": Call({"client_id": ":client"}, path="/audit"),
    "audit_state.only_visit": Call({"visit_id": ":visit"}, path="/audit"),
    "audit_state.older": Call(path="/audit"),
    "audit_state.newer": Call(path="/audit"),
    "audit_state.reset_filters": Call(path="/audit"),
    "client_state.load": Call(path="/clients/:client"),
    "client_state.save": Call({"draft": _CARD}, path="/clients/:client"),
    "client_state.keep_place": Call(
        {"place": {"address_id": ":address", "version": ":version", "line": ":key", "locality_id": ":locality"}},
        path="/clients/:client",
    ),
    "client_state.give_up_place": Call({"address_id": ":spare_address"}, path="/clients/:client"),
    "client_state.show_older": Call({"after": "", "visits_in_all": 4}, path="/clients/:client"),
    "client_state.compare": Call({"other": ":twin"}, path="/clients/:client"),
    "client_state.swap": Call(path="/clients/:client"),
    "client_state.leave_merging": Call(path="/clients/:client"),
    "client_state.merge": Call({"keep": ":client", "gone": ":twin"}, path="/clients/:client"),
    "client_list_state.load": Call(),
    "client_list_state.find": Call({"typed": "souza"}),
    "client_list_state.more": Call(),
    "notifications_state.load": Call(who="ana"),
    "notifications_state.refresh": Call(who="ana"),
    "notifications_state.only_unread": Call({"on": True}, "ana"),
    "notifications_state.only_urgent": Call({"on": True}, "ana"),
    "notifications_state.only_about": Call({"about": ""}, "ana"),
    "notifications_state.older": Call(who="ana"),
    "notifications_state.read_all": Call(who="ana", before="UPDATE notifications SET read_at = NULL"),
    "system_state.load": Call(),
    "exchange_state.load": Call(path="/import", before=_FILE),
    "exchange_state.refresh": Call(path="/import"),
    "exchange_state.choose": Call({"field": "name", "place": "0"}, path="/import"),
    "exchange_state.check": Call(path="/import"),
    "exchange_state.only": Call({"fate": "changed"}, path="/import", before=_LOOKED_AT),
    "exchange_state.turn": Call({"page": 1}, path="/import"),
    "exchange_state.take_in": Call({"leave_out": False}, path="/import"),
    "exchange_state.back_to_columns": Call(path="/import", before=_LOOKED_AT),
    "exchange_state.put_away": Call(path="/import"),
    "waiting_state.load": Call(path="/waiting"),
    "waiting_state.begin": Call({"wish_id": ":wish"}, before=_WISH),
    "waiting_state.consider": Call({"draft": {"visit_id": ":wish"}}),
    "waiting_state.find": Call({"typed": "souza"}),
    "waiting_state.save": Call({"draft": {"visit_id": ":wish", "notes": ":key", "idempotency_key": ":key"}}),
    "waiting_state.decline": Call({"wish_id": ":wish", "offer_id": ":wish_offer"}, before=_WISH_OFFER),
    "waiting_state.again": Call({"wish_id": ":wish"}, before=_WISH_BOOKED),
    "waiting_state.skip": Call({"gap_id": ":gap", "reason": "She's away."}, before=_GAP),
    "waiting_state.withdraw": Call({"wish_id": ":wish", "reason": "It's over."}, before=_WISH),
    "system_state.show_hour": Call({"on": True}),
    "help_state.load": Call(who="ana"),
    "help_state.toured": Call(who="ana"),
    "profile_state.load": Call(who="ana"),
    "profile_state.keep": Call({"details": {"name": ":key", "email": ""}}, "d2"),
    "profile_state.choose_mail": Call({"choice": ":mail"}, "ana"),
    "profile_state.sign_out": Call({"session_id": ":session"}, "ana"),
    "profile_state.revoke_calendar": Call(
        {"number": 0},
        "t8",
        before="INSERT INTO calendar_feeds (person_id, token_hash) SELECT id, 'hash ' || gen_random_uuid() FROM people"
        " WHERE username = 't8'",
    ),
    "profile_state.revoke": Call({"token_id": ":token"}, "ana"),
}

_NUMBERS = """
SELECT (SELECT min(id) FROM appointments) AS visit, (SELECT max(id) FROM legs WHERE state = 'planned') AS leg,
  (SELECT min(id) FROM reviews WHERE decision IS NULL) AS review_id,
  (SELECT max(id) FROM assignments WHERE answer = 'offered' AND person_id = :first) AS own_place,
  (SELECT max(id) FROM wishes) AS wish, (SELECT max(id) FROM wish_offers) AS wish_offer,
  (SELECT max(id) FROM series_gaps) AS gap,
  (SELECT max(id) FROM alarms) AS alarm, (SELECT id FROM people WHERE username = 'admin') AS admin,
  (SELECT max(id) FROM notifications WHERE person_id = :ana AND read_at IS NULL) AS notification,
  (SELECT max(id) FROM handover_notes) AS note, (SELECT max(version) FROM handover_notes) AS note_version,
  (SELECT min(id) FROM time_off WHERE state = 'asked' AND person_id = :first) AS time_off,
  (SELECT min(id) FROM time_off WHERE state = 'approved') AS approved,
  (SELECT max(id) FROM time_off WHERE person_id = :eighth) AS own_time_off,
  (SELECT version FROM clients WHERE id = :client) AS version,
  (SELECT max(id) FROM client_addresses WHERE client_id = :client AND retired_at IS NULL) AS spare_address,
  (SELECT max(id) FROM clients WHERE merged_into_id IS NULL) AS twin,
  (SELECT max(id) FROM login_sessions WHERE person_id = :ana AND device = 'Firefox' AND ended_at IS NULL) AS session,
  (SELECT max(id) FROM api_tokens WHERE person_id = :ana AND revoked_at IS NULL) AS token
"""


@pytest.fixture
def app() -> App:
    from guitara_app.guitara_app import app

    return app


@pytest.fixture
def house(firm: Firm, tmp_path: Any) -> Iterator[House]:
    """The firm with its evening, and who calls."""
    with time_machine.travel(NOW + timedelta(minutes=10), tick=True):
        yield house_of(firm, tmp_path)


class Calls:
    """Calls one handler after another, of people who are known already."""

    def __init__(self, app: App, house: House, scratch: Scratch) -> None:
        self._app = app
        self._scratch = scratch
        self._house = house
        self._tokens = {who: house.token(who) for who in {call.who for call in CALLS.values()}}
        self._round = 0

    def all(self) -> dict[str, Said]:
        """What each says."""
        self._round += 1
        states = {who: StateManagerMemory() for who in self._tokens}
        counted: dict[str, Said] = {}
        for name, call in CALLS.items():
            if call.before:
                self._scratch.sql(call.before)
            numbers = self._numbers(name)
            token = self._tokens[call.who]
            assert recognise(token) is not None
            tab = Browser(self._app, f"sid={token}", str(_filled(call.path, numbers)), states=states[call.who])
            with counting() as heard:
                told = tab.call(_full(name), _filled(call.sent, numbers))
            assert (name, _refusal(told)) == (name, "")
            counted[name] = heard
        return counted

    def _numbers(self, name: str) -> dict[str, Any]:
        firm = self._house.firm
        values = {
            "ana": firm.operator.person_id,
            "first": firm.therapists[0],
            "eighth": firm.therapists[8],
            "client": firm.client,
            "address": firm.address,
        }
        with reading() as session:
            found = session.execute(text(_NUMBERS), values).one()._asdict()
        return {
            **found,
            **values,
            "service": firm.service,
            "town": firm.locality,
            "locality": str(firm.locality),
            "later": f"2026-12-1{self._round}",
            "own": firm.therapists[8],
            "driver": firm.drivers[1],
            "idle": firm.therapists[9],
            "review": f"review-{found['review_id']}",
            "key": f"{name}-{self._round}",
            "evening": f"2026-11-{24 + self._round}",
            "moment": f"2026-11-{26 + self._round}T21:00",
            "day": f"2026-12-0{self._round}",
            "mail": ("all", "none")[self._round % 2],
        }


def _filled(sent: Any, numbers: dict[str, Any]) -> Any:
    if isinstance(sent, dict):
        return {name: _filled(value, numbers) for name, value in sent.items()}
    if isinstance(sent, list):
        return [_filled(value, numbers) for value in sent]
    if not isinstance(sent, str) or ":" not in sent:
        return sent
    if sent[0] == ":":
        return numbers[sent[1:]]
    for name in sorted(numbers, key=len, reverse=True):
        sent = sent.replace(f":{name}", str(numbers[name]))
    return sent


def _full(name: str) -> str:
    state, _, handler = name.partition(".")
    (full,) = {one for one in _handlers() if one.rpartition("____")[2] == f"{state}.{handler}"}
    return full


def _handlers() -> set[str]:
    known = RegistrationContext.get().event_handlers
    return {name for name, one in known.items() if "guitara_app" in name and access_of(one.handler.fn) is not None}


def _refusal(told: Told) -> str:
    """What the page was told instead of being served."""
    said = [f"{event.name} {event.payload}" for event in told.events]
    wrong = [one for one in said if ("toast" in one and "warning" in one) or ("_redirect" in one and "login" in one)]
    return " ".join(wrong + [str(found) for name in ("problems", "refused") if (found := told.values.get(name))])


def test_handlers(app: App, house: House, scratch: Scratch, within: Within) -> None:
    calls = Calls(app, house, scratch)
    fill(house.firm, range(2))
    few = calls.all()
    fill(house.firm, range(2, 6))
    many = calls.all()
    within("handlers", {name: same(name, few[name], many[name]) for name in many})


def test_no_handler_is_left_out(app: App) -> None:
    assert app is not None
    beside = {name for names in SAME_AS.values() for name in names}
    assert {name.rpartition("____")[2] for name in _handlers()} == set(CALLS) | beside
