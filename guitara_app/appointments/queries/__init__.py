"""What is read of visits: the board, one visit, one person's night, and what a booking would run into."""

from guitara_app.appointments.queries.board import board, ended_cards
from guitara_app.appointments.queries.candidates import Candidate, candidates
from guitara_app.appointments.queries.detail import detail
from guitara_app.appointments.queries.finding import Found, PersonHit, find_everywhere
from guitara_app.appointments.queries.overlaps import overlaps
from guitara_app.appointments.queries.own_night import own_night, own_nights
from guitara_app.appointments.queries.preview import Preview, Problem, preview

__all__ = [
    "Candidate",
    "Found",
    "PersonHit",
    "Preview",
    "Problem",
    "board",
    "candidates",
    "detail",
    "ended_cards",
    "find_everywhere",
    "overlaps",
    "own_night",
    "own_nights",
    "preview",
]
