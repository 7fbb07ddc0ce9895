"""What each action is called: on a button, in the log, and in the history people read."""

from __future__ import annotations

from typing import NamedTuple

from guitara_app.appointments.lifecycle import Action


class Happening(NamedTuple):
    """``kind`` stands in the event log and never changes; the rest are words for people."""

    kind: str
    done: str
    button: str


HAPPENING: dict[Action, Happening] = {
    Action.ACCEPT: Happening("offer_accepted", "Accepted", "Accept"),
    Action.REJECT: Happening("offer_rejected", "Rejected", "Reject"),
    Action.WITHDRAW: Happening("place_withdrawn", "Withdrew", "Withdraw"),
    Action.LAPSE: Happening("offer_lapsed", "No answer in time", "Lapse"),
    Action.EXPIRE: Happening("appointment_expired", "Expired", "Expire"),
    Action.INSIST: Happening("review_insisted", "Offered again", "Insist"),
    Action.REPLACE: Happening("review_replaced", "Replaced", "Replace"),
    Action.DROP: Happening("review_dropped", "Dropped from the group", "Drop"),
    Action.CHANGE: Happening("appointment_changed", "Changed", "Change"),
    Action.SEARCH_DRIVER: Happening("driver_searched", "Looked for a driver", "Find a driver"),
    Action.SEARCH_AGAIN: Happening("driver_searched_again", "Looked for a driver again", "Search again"),
    Action.OFFER_LEG: Happening("driver_asked", "Driver asked", "Ask the driver"),
    Action.ACCEPT_LEG: Happening("driver_accepted", "Driver accepted", "Accept the trip"),
    Action.DECLINE_LEG: Happening("driver_declined", "Driver declined", "Decline the trip"),
    Action.LAPSE_LEG: Happening("driver_offer_lapsed", "No answer from the driver", "Lapse"),
    Action.CHOOSE_DRIVER: Happening("driver_chosen", "Driver chosen", "Choose a driver"),
    Action.STEP_BACK: Happening("driver_stepped_back", "Driver stepped back", "Step back"),
    Action.RELEASE_LEG: Happening("trip_released", "Trip released", "Release the trip"),
    Action.START_JOURNEY: Happening("journey_started", "Journey started", "Start the journey"),
    Action.ARRIVE: Happening("arrived", "Arrived", "Arrived"),
    Action.DROP_OFF: Happening("dropped_off", "Dropped off", "Dropped off"),
    Action.START_SESSION: Happening("session_started", "Session started", "Start the session"),
    Action.EXTEND: Happening("session_extended", "Extended", "Extend"),
    Action.END_SESSION: Happening("session_ended", "Session ended", "End the session"),
    Action.STOP_EARLY: Happening("session_stopped_early", "Stopped early", "Stop early"),
    Action.REQUEST_PAYMENT: Happening("payment_requested", "Payment requested", "Request payment"),
    Action.VERIFY_PAYMENT: Happening("payment_verified", "Payment verified", "Verify the payment"),
    Action.CORRECT_PAYMENT: Happening("payment_corrected", "Payment corrected", "Correct the payment"),
    Action.WRITE_OFF: Happening("payment_written_off", "Written off", "Write off"),
    Action.REPORT_MATERIALS: Happening("materials_reported", "Materials reported", "Report materials"),
    Action.ASK_PICKUP: Happening("pickup_asked", "Asked for pick-up", "Ask for pick-up"),
    Action.GOT_HOME: Happening("got_home", "Got home without a car", "Got home alone"),
    Action.COLLECT: Happening("collected", "Collected", "Collected"),
    Action.FINISH: Happening("brought_back", "Brought back", "Brought back"),
    Action.CANCEL: Happening("appointment_cancelled", "Cancelled", "Cancel the visit"),
    Action.NO_SHOW: Happening("no_show", "No-show", "No-show"),
    Action.PANIC: Happening("alarm_raised", "Called for help", "Call for help"),
    Action.REOPEN: Happening("appointment_reopened", "Reopened", "Reopen"),
    Action.FORCE: Happening("state_forced", "Forced", "Force"),
}
"""Every action, so that none can happen without a name."""

OTHER_HAPPENINGS = {
    "booked": "Booked",
    "clash_opened": "Runs into the next job",
    "swapped": "Swapped",
    "offer_due_soon": "Reminded to answer",
    "leg_offer_due_soon": "Driver reminded to answer",
    "review_decided": "Decided",
    "completed": "Completed",
    "materials_packed": "Materials packed",
    "stock_short": "Not enough in stock",
    "alarm_settled": "Alarm closed",
    "attention_claimed": "Taken on at the desk",
    "attention_taken_over": "Taken over at the desk",
    "attention_released": "Let go of at the desk",
}
"""What happens to a visit besides its actions."""

WHAT_HAPPENED = OTHER_HAPPENINGS | {happening.kind: happening.done for happening in HAPPENING.values()}
"""The words for each kind of event of a visit."""
