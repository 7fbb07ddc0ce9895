"""What the console says about its tables and fields, for whoever has not seen them before."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """How a table is presented."""

    group: str
    label: str
    words: str


GROUPS = {
    "Visits": "fa-solid fa-calendar-check",
    "Clients": "fa-solid fa-address-book",
    "People": "fa-solid fa-users",
    "Hours": "fa-solid fa-clock",
    "Catalog and stock": "fa-solid fa-boxes-stacked",
    "Money": "fa-solid fa-peso-sign",
    "Firm": "fa-solid fa-shop",
    "Log": "fa-solid fa-list-check",
}

_VISITS = "Its state follows from what people did; it is changed by actions, never by hand."
_READ = "To look at only."
_MONEY = "To look at only: money is added to by verifying, correcting and writing off on the visit's page."

ABOUT: dict[str, About] = {
    "appointments": About("Visits", "Appointments", f"One visit to one client. {_VISITS}"),
    "appointment_services": About("Visits", "Services of visits", "What was booked, at the price it had then."),
    "assignments": About("Visits", "Assignments", f"One therapist's place on a visit. {_VISITS}"),
    "legs": About("Visits", "Trips", f"One trip from a place to a place. {_VISITS}"),
    "leg_offers": About("Visits", "Offers of trips", f"Which driver was asked, and the answer. {_READ}"),
    "leg_passengers": About("Visits", "Riders", f"Whose place rides on which trip. {_READ}"),
    "reviews": About("Visits", "Reviews", "Rejected or unanswered places; decided on the assignment."),
    "clashes": About("Visits", "Clashes", f"Jobs that run into the next one. {_READ}"),
    "alarms": About("Visits", "Calls for help", f"Who called for help and who took it. {_READ}"),
    "attention_claims": About("Visits", "Taken on at the desk", f"Who handles what needs the desk. {_READ}"),
    "wishes": About("Clients", "Waiting list", "Clients who wait for a time; taken off by the action."),
    "wish_offers": About("Clients", "Slots for who waits", f"Times that were found for them. {_READ}"),
    "booking_series": About(
        "Visits", "Series", "Visits that come again; changed on a visit's page, ended by the action."
    ),
    "series_gaps": About(
        "Visits", "Evenings without a visit", f"Evenings of series that were skipped or wait. {_READ}"
    ),
    "clients": About("Clients", "Clients", "Everybody who phones. Checked like the client's card."),
    "client_addresses": About("Clients", "Addresses", "Places of clients; past visits show the correction."),
    "client_phones": About("Clients", "Other phones", "Other numbers of clients; changed on the client's card."),
    "people": About("People", "People", "All who work here, and their account. Disabled, never deleted."),
    "person_services": About("People", "Who gives what", f"Services a therapist gives; none listed means all. {_READ}"),
    "login_sessions": About("People", "Sessions", f"Browsers that are signed in. {_READ} Disabling ends them."),
    "api_tokens": About("People", "API tokens", f"Programs that sign in. {_READ} The token itself is kept nowhere."),
    "account_tokens": About("People", "Invitations", f"Links by which people choose a password. {_READ}"),
    "recovery_codes": About("People", "Recovery codes", f"Which codes are used. {_READ}"),
    "calendar_feeds": About("People", "Private calendars", f"Whose calendar program reads along. {_READ}"),
    "calendar_entries": About("People", "Told to calendars", f"What private calendars were told. {_READ}"),
    "mail_choices": About("People", "Mail choices", f"Who wants letters about what. {_READ}"),
    "weekly_patterns": About("Hours", "Usual hours", f"Hours of each weekday. {_READ} Set on the Shifts page."),
    "shift_exceptions": About("Hours", "Single evenings", f"Evenings set by hand. {_READ} Set on the Shifts page."),
    "shifts": About("Hours", "Shifts", f"What follows from hours, evenings and time off. {_READ}"),
    "time_off": About("Hours", "Time off", "Requests, answered by the actions."),
    "check_ins": About("Hours", "Check-ins", f"Who came and went. {_READ}"),
    "services": About("Catalog and stock", "Services", "What clients can book. A new price is for new bookings."),
    "items": About("Catalog and stock", "Materials", "Counters change by restock, refill, discard, correct."),
    "service_materials": About("Catalog and stock", "Materials of services", f"What each service takes along. {_READ}"),
    "stock_movements": About("Catalog and stock", "Stock movements", f"The ledger of the shelf. {_READ}"),
    "payments": About("Money", "Payments", _MONEY),
    "receipts": About("Money", "Receipts", _MONEY),
    "settings": About("Firm", "Settings", f"What the firm decided. {_READ}"),
    "zones": About("Firm", "Zones", f"Parts of the city: inside one, ways are short. {_READ}"),
    "localities": About("Firm", "Towns", f"Towns and the zone each lies in. {_READ}"),
    "handover_notes": About("Firm", "Hand-over notes", f"What one shift told the next. {_READ}"),
    "handover_readings": About("Firm", "Who read them", f"Who read which note. {_READ}"),
    "events": About("Log", "Event log", "Who did what; not even admins can change it. The audit trail reads better."),
    "event_details": About("Log", "Details of events", "Reasons, before and after. Nobody can change them."),
    "untold_events": About("Log", "Events to be told", f"What a worker is about to tell people. {_READ}"),
    "notifications": About("Log", "Notifications", f"Who was told what. {_READ}"),
    "idempotency_keys": About("Log", "Requests counted once", f"So that the same tap counts once. {_READ}"),
    "kept_answers": About("Log", "Kept answers", f"What programs were answered, for a day. {_READ}"),
    "imports": About("Log", "Imports", f"Files that were taken in, or are about to be. {_READ}"),
    "import_files": About("Log", "Files of imports", f"Those that wait to be taken in, for a day. {_READ}"),
    "import_rows": About("Log", "Rows of imports", f"What would become of each row, for a day. {_READ}"),
    "system_alerts": About("Log", "Alerts", f"What was wrong with the system. {_READ}"),
}

_REASON = "Kept in the audit log, for whoever asks later."

HELP: dict[str, str] = {
    "clients.phone": "As it is dialled; 0917 123 4567 is kept as +63 917 123 4567. No two clients share one.",
    "clients.email": "May be empty. No two clients share one.",
    "clients.notes": "Seen by the desk only.",
    "clients.preferred_therapist_id": "Asked first when there is a choice.",
    "client_addresses.line": "Street, number, building.",
    "client_addresses.notes": "Gate, floor, whom to ask for.",
    "people.username": "Letters, digits, dots and dashes. What somebody signs in with.",
    "people.email": "May be empty; also good for signing in.",
    "people.role": "Decides what somebody may do. Desk accounts can change among operator, manager and admin.",
    "people.vehicle": "For drivers only; a group needs a car.",
    "people.disabled_at": "Since when the account is shut.",
    "services.minutes": "How long a session takes.",
    "services.price": "Pesos for each therapist. What is booked keeps its price.",
    "services.buffer_minutes": "Rest after each session before the next job.",
    "services.active": "Only active services can be booked.",
    "items.minimum": "At or below it the desk is told once.",
    "items.cost": "Pesos for one unit.",
    "items.unit": "Bottle, tub, set.",
    "items.available": "On the shelf.",
    "items.in_use": "In somebody's bag.",
    "items.empty": "To be refilled.",
    "appointments.business_date": "The evening it belongs to: 00:30 counts for the evening before.",
    "assignments.occupied": "The time it takes of the therapist, with the way to the next job.",
    "events.door": "Where it came from: page, api, console, task or command.",
    "reason": _REASON,
}
