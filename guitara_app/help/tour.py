"""What somebody is shown at their first sign-in: a few steps for each role, on the page their work begins at."""

from __future__ import annotations

from typing import TypedDict

from guitara_app.accounts.permissions import Role


class Step(TypedDict):
    """``at`` finds the part of the page that ``text`` is about; a step whose part is not there is left out."""

    at: str
    title: str
    text: str


def _step(at: str, title: str, text: str) -> Step:
    return Step(at=at, title=title, text=text)


_HELP = _step(
    "[data-tour=help]",
    "Help for every page",
    "This opens the guide at the page you are on. There you can start this tour again.",
)
_NEEDS = _step(
    ".needs .panel-head",
    "What needs somebody now",
    "Everything that waits for the desk stands here, the most urgent first, with the buttons that settle it. "
    "“Take it” tells the others that you are on it.",
)
_BOARD = _step(
    ".columns .column-title",
    "The night, step by step",
    "A card is a visit. It moves from column to column by itself as therapists and drivers tap on their phones. "
    "Click it to see everything about it.",
)
_BOOK = _step(
    ".top [data-tour=book]",
    "Take a booking",
    "The form follows the phone call. While you type it says who is free, best first, and nothing typed is lost.",
)
_SEARCH = _step(
    ".top [data-tour=search]",
    "Find anything",
    "Clients by name or phone, visits by number, people: one search from every page.",
)
_PLAN = _step(
    '.rail a[href="/timeline"]',
    "Plan",
    "Calendar and timeline show the coming evenings. Drag a visit to another time or person; the page says at once "
    "what stands in the way.",
)
_SHARE = _step(
    '.rail a[href="/workload"]', "Who did how much", "Hours and jobs of everybody, over any range, as files too."
)
_PEOPLE = _step(
    '.rail a[href="/staff"]',
    "Who works here",
    "Add people, say what they give, shut an account, open it again. Below: settings, the audit trail, and how the "
    "system is doing.",
)
_CHECK_IN = _step(".presence", "Say that you are here", "Check in when you come, and out when you go.")
_JOB = _step(
    ".tonight > .job",
    "Your job now",
    "Only what matters now is large. It has one big button for the next step, and a new job shows by itself.",
)
_HOURS = _step(
    '.rail a[href="/hours"]', "Your hours", "Your usual week, the evenings ahead, and a form to ask for time off."
)
_BELL = _step(".top .bell", "What is new", "New jobs, changes and answers are told here, also by e-mail if you like.")

TOURS: dict[Role, list[Step]] = {
    Role.OPERATOR: [_NEEDS, _BOARD, _BOOK, _SEARCH, _HELP],
    Role.MANAGER: [_NEEDS, _BOOK, _PLAN, _SHARE, _HELP],
    Role.ADMIN: [_NEEDS, _BOOK, _PLAN, _PEOPLE, _HELP],
    Role.THERAPIST: [_CHECK_IN, _JOB, _HOURS, _BELL, _HELP],
    Role.DRIVER: [_CHECK_IN, _JOB, _HOURS, _BELL, _HELP],
}
STARTS: dict[Role, str] = {role: "/tonight" if role in (Role.THERAPIST, Role.DRIVER) else "/board" for role in TOURS}
"""The page the steps are about."""
