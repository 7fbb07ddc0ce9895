"""Every change of a visit."""

from guitara_app.appointments.services.alarms import panic, settle_alarm
from guitara_app.appointments.services.answers import accept, lapse, reject, withdraw
from guitara_app.appointments.services.booking import book
from guitara_app.appointments.services.changing import change, swap
from guitara_app.appointments.services.claims import claim, release
from guitara_app.appointments.services.endings import cancel, expire, no_show, reopen
from guitara_app.appointments.services.forcing import force
from guitara_app.appointments.services.journeys import arrive, collect, drop_off, finish, release_leg, start_journey
from guitara_app.appointments.services.leaving import WouldLeave, leave, would_leave
from guitara_app.appointments.services.leg_offers import (
    accept_leg,
    choose_driver,
    decline_leg,
    hand_out,
    lapse_leg_offer,
    offer_leg,
    search_again,
    search_driver,
    step_back,
)
from guitara_app.appointments.services.materials import open_day, report_materials
from guitara_app.appointments.services.moving import move
from guitara_app.appointments.services.pickups import ask_pickup, got_home
from guitara_app.appointments.services.relayout import grow_overdue
from guitara_app.appointments.services.reminding import remind_unanswered
from guitara_app.appointments.services.reviews import drop, insist, replace
from guitara_app.appointments.services.series import book_ahead, book_series, close_past_gaps, fill_gap, skip_gap
from guitara_app.appointments.services.series_answers import accept_all
from guitara_app.appointments.services.series_changing import cancel_reaching, cancel_series, change_series, end_series
from guitara_app.appointments.services.sessions import end_session, extend, request_payment, start_session, stop_early
from guitara_app.appointments.services.sick import sick_now
from guitara_app.appointments.services.wishes import (
    add_wish,
    change_wish,
    decline_slot,
    match_wishes,
    wait_again,
    wish_booked,
    wish_met,
    wishes_met,
    withdraw_wish,
)

__all__ = [
    "WouldLeave",
    "accept",
    "accept_all",
    "accept_leg",
    "add_wish",
    "arrive",
    "ask_pickup",
    "book",
    "book_ahead",
    "book_series",
    "cancel",
    "cancel_reaching",
    "cancel_series",
    "change",
    "change_series",
    "change_wish",
    "choose_driver",
    "claim",
    "close_past_gaps",
    "collect",
    "decline_leg",
    "decline_slot",
    "drop",
    "drop_off",
    "end_series",
    "end_session",
    "expire",
    "extend",
    "fill_gap",
    "finish",
    "force",
    "got_home",
    "grow_overdue",
    "hand_out",
    "insist",
    "lapse",
    "lapse_leg_offer",
    "leave",
    "match_wishes",
    "move",
    "no_show",
    "offer_leg",
    "open_day",
    "panic",
    "reject",
    "release",
    "release_leg",
    "remind_unanswered",
    "reopen",
    "replace",
    "report_materials",
    "request_payment",
    "search_again",
    "search_driver",
    "settle_alarm",
    "sick_now",
    "skip_gap",
    "start_journey",
    "start_session",
    "step_back",
    "stop_early",
    "swap",
    "wait_again",
    "wish_booked",
    "wish_met",
    "wishes_met",
    "withdraw",
    "withdraw_wish",
    "would_leave",
]
