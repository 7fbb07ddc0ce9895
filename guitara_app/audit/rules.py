"""The words of the audit trail, and how a difference is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypedDict

from guitara_app.appointments.happenings import WHAT_HAPPENED
from guitara_app.clients.rules import FIELD_WORDS
from guitara_app.kit.doors import Door

DOORS: dict[str, str] = {
    Door.PAGE: "page",
    Door.API: "API",
    Door.CONSOLE: "console",
    Door.TASK: "task",
    Door.COMMAND: "command",
}

OTHERS = {
    "account_added": "Account added",
    "account_changed": "Account changed",
    "account_disabled": "Account disabled",
    "account_enabled": "Account enabled",
    "account_locked": "Account locked: too many wrong passwords",
    "api_token_made": "API token made",
    "api_token_revoked": "API token revoked",
    "audit_exported": "Audit trail taken as a file",
    "backup_made": "Backup made",
    "calendar_feed_made": "Private calendar made",
    "calendar_feed_revoked": "Private calendar revoked",
    "called_in_sick": "Called in sick",
    "checked_in": "Checked in",
    "checked_in_again": "Check-out undone",
    "checked_out": "Checked out",
    "client_added": "Client added",
    "client_changed": "Client changed",
    "client_erased": "Client erased",
    "client_exported": "Everything of a client taken along",
    "client_viewed": "Client's card opened",
    "clients_exported": "All clients taken as a file",
    "clients_imported": "Clients taken in from a file",
    "clients_merged": "Clients merged",
    "demo_evening_made": "Demo evening made",
    "evenings_set": "Single evenings set",
    "firm_founded": "Firm founded",
    "handover_read": "Hand-over note read",
    "handover_written": "Hand-over note written",
    "holidays_set": "Holidays set",
    "import_asked": "Import: next step asked for",
    "import_checked": "Import: rows checked",
    "import_put_away": "Import: file put away",
    "import_stopped": "Import: stopped",
    "import_uploaded": "Import: file sent",
    "invitation_accepted": "Invitation accepted",
    "invited": "Invited",
    "item_added": "Material added",
    "item_changed": "Material changed",
    "mail_chosen": "Letters chosen",
    "notifications_read": "Notifications read",
    "password_changed": "Password changed",
    "people_told": "People told",
    "profile_changed": "Own details changed",
    "receipt_added": "Receipt added",
    "retention_applied": "Forgotten as the settings say",
    "service_added": "Service added",
    "service_changed": "Service changed",
    "service_materials_changed": "Materials of a service changed",
    "services_exported": "All services taken as a file",
    "services_imported": "Services taken in from a file",
    "settings_set": "Settings changed",
    "shift_removed": "Shift removed",
    "shift_set": "Shift set",
    "shift_usual": "Usual hours again",
    "shifts_extended": "Shifts laid out further",
    "sign_in_failed": "Sign-in failed",
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "skills_changed": "Services somebody gives changed",
    "staff_exported": "All staff taken as a file",
    "staff_imported": "Staff taken in from a file",
    "stock_correct": "Stock corrected",
    "stock_discard": "Stock discarded",
    "stock_getting_low": "Stock getting low",
    "stock_low": "Stock low",
    "stock_refill": "Stock refilled",
    "stock_restock": "Stock restocked",
    "system_alert_closed": "Alert over",
    "system_alert_opened": "Alert",
    "system_alert_reopened": "Alert again",
    "table_exported": "Table taken as a file",
    "time_off_approved": "Time off approved",
    "time_off_asked": "Time off asked for",
    "time_off_entered": "Time off entered",
    "time_off_refused": "Time off refused",
    "time_off_taken_back": "Time off taken back",
    "tour_seen": "Shown around",
    "week_set": "Usual week set",
    "town_added": "Town added",
    "town_changed": "Town changed",
    "wish_added": "Put on the waiting list",
    "wish_booked": "Booked from the waiting list",
    "wish_changed": "Wish changed",
    "wish_declined": "Slot declined",
    "wish_matched": "Slot found",
    "wish_over": "Wish is over",
    "wish_slot_gone": "Slot is gone",
    "wish_withdrawn": "Taken off the waiting list",
    "zone_added": "Zone added",
    "zone_changed": "Zone changed",
}

KINDS: dict[str, str] = dict(sorted((OTHERS | WHAT_HAPPENED).items(), key=lambda pair: pair[1].casefold()))
"""Every kind of event in words, in their order."""

_LONGEST = 300
_WORD = re.compile(r"\w+")


class Difference(TypedDict):
    """One field: what stood there before and after; empty where there was nothing."""

    field: str
    before: str
    after: str


def kind_words(kind: str) -> str:
    """What happened, in words."""
    return KINDS.get(kind, kind.replace("_", " ").capitalize())


def kinds_called(typed: str) -> list[str]:
    """The kinds whose words hold what was typed."""
    asked = typed.casefold()
    return [kind for kind, words in KINDS.items() if asked in words.casefold() or asked == kind]


def word_query(typed: str) -> str:
    """What was typed as a query of PostgreSQL's full text search: all of the words, each by its beginning."""
    return " & ".join(f"{word}:*" for word in _WORD.findall(typed.casefold())[:8])


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, data: Mapping[str, Any]
) -> list[Difference]:
    """Field by field what changed; of what only says more (such as a forced state) what it says."""
    was, now = before or {}, after or {}
    found = [
        Difference(field=_field(field), before=_value(was.get(field)), after=_value(now.get(field)))
        for field in dict.fromkeys([*was, *now])
        if was.get(field) != now.get(field)
    ]
    if not found and {"from", "to"} <= data.keys():
        found.append(Difference(field="state", before=_value(data["from"]), after=_value(data["to"])))
    return found


def told(data: Mapping[str, Any]) -> str:
    """The simple facts of an event that are not told elsewhere."""
    shown = {
        field: value
        for field, value in data.items()
        if field not in ("version", "fields", "asked", "let_go", "from", "to") and not isinstance(value, dict | list)
    }
    return ", ".join(f"{field.replace('_', ' ')}: {_value(value)}" for field, value in shown.items() if value != "")


def _field(name: str) -> str:
    return FIELD_WORDS.get(name, name.replace("_id", "").replace("_", " "))


def _value(value: Any) -> str:
    if value is None or value == "":
        return ""
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\u2026"
