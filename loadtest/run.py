"""The whole load test: everybody comes, works for a while, and what became of it is looked at from all sides."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guitara_app.demo.accounts import DEMO_PASSWORD, StaffMember
from guitara_app.demo.names import FIRST_NAMES, LAST_NAMES
from guitara_app.kit.errors import NotPossible, Unavailable
from loadtest.audit import ask_database
from loadtest.crowd import Member
from loadtest.effort import Effort
from loadtest.firm import Say, System
from loadtest.handle import Swarm, swarm
from loadtest.limits import make_room
from loadtest.people import Change
from loadtest.pushes import as_changes, judge
from loadtest.report import Cache, Outcome, Report
from loadtest.system import Watch, cache_hits

# Of a hundred pages; what is left over is the desk's.
_THERAPISTS, _DRIVERS, _ROAMING = 0.55, 0.15, 0.05
_PAGES_OF_ONE = 36
_PAGES_PER_PROCESS = 350
_OPEN_S, _ENDING_S, _SETTLE_S, _COMPARE_S = 300.0, 60.0, 8.0, 180.0


def load_test(system: System, effort: Effort, say: Say, *, everything: bool = True) -> Report:
    """Put ``system`` under load and look at what became of it; it ends by itself, whatever the system does.

    Raises:
        Unavailable: the machine cannot hold so many pages, or a part of the test ended or hung.
        NotPossible: nobody was let in.
    """
    make_room(effort.users)
    mark = f"load-{secrets.token_hex(4)}"
    crowds = _crowds(roster(system.staff, effort.users))
    with ExitStack() as undo:
        logs = Path(undo.enter_context(TemporaryDirectory(prefix="guitara-load-logs-")))
        swarms: list[Swarm] = []
        for number, members in enumerate(crowds):
            one = undo.enter_context(swarm(logs / f"swarm{number}.log"))
            one.tell(plan(system.base, members, f"{mark}-{number}"))
            swarms.append(one)
        say(f"{effort.users} people sign in and open their pages")
        began = time.time()
        opened = sum(answer["open"] for answer in ask_all(swarms, {"do": "open"}, _OPEN_S))
        opening = time.time() - began
        if not opened:
            raise NotPossible(
                "Nobody could sign in with the demo firm's accounts. A load test needs the demo firm: it books visits,"
                " and must never do so in a real firm's evening."
            )
        before = cache_hits(system.counted, "boards")
        with Watch(system.parts) as watch:
            say(f"{effort.seconds:g} s of about {effort.per_second:g} changes a second")
            started = time.time()
            held = ask_all(swarms, effort.orders(len(swarms), started), effort.seconds + _ENDING_S)
        stopped = time.time()
        say("everybody stands still: what each page shows is compared with a fresh one")
        settled = ask_all(swarms, {"do": "settle", "within": _SETTLE_S}, _SETTLE_S + _COMPARE_S)
        reports = ask_all(swarms, {"do": "report"}, _ENDING_S)
    say("asking the database")
    changes: list[Change] = [change for one in reports for change in as_changes(one["changes"])]
    unsure = [key for one in reports for key in one["unsure"]]
    told = ask_database(changes, unsure, since=started - 1, everything=everything)
    return Report(
        effort,
        started,
        stopped - started,
        Outcome(reports, settled, changes, unsure, opened, sum(one["open"] for one in held), opening),
        told,
        judge(changes, told, [one["arrivals"] for one in reports], last=stopped),
        watch.taken,
        Cache(before, cache_hits(system.counted, "boards")),
        server_errors(system.log),
    )


def plan(base: str, members: list[Member], mark: str) -> dict[str, Any]:
    """What a process of pages is told first."""
    return {
        "base": base,
        "members": [asdict(member) for member in members],
        "names": handler_names(),
        "words": [*LAST_NAMES, *FIRST_NAMES],
        "mark": mark,
        "password": DEMO_PASSWORD,
    }


def roster(staff: tuple[StaffMember, ...], users: int) -> list[Member]:
    """Who has how many pages open, so that there are ``users`` in all: most people one, some several.

    Raises:
        NotPossible: there are too few people for so many pages.
    """
    desk = [one for one in staff if one.role in ("operator", "manager", "admin")]
    field = {role: [one for one in staff if one.role == role] for role in ("therapist", "driver")}
    shares = {"therapist": round(users * _THERAPISTS), "driver": round(users * _DRIVERS)}
    roaming = max(1, round(users * _ROAMING))
    at_desk = users - sum(shares.values()) - roaming
    if at_desk < 1:
        raise NotPossible("A load test needs at least six people.")
    members = [
        Member(one.username, str(one.role), pages)
        for role, many in shares.items()
        for one, pages in _dealt(field[role], many)
    ]
    members += [Member(one.username, str(one.role), pages) for one, pages in _dealt(desk, at_desk)]
    members += [Member(one.username, str(one.role), pages, roams=True) for one, pages in _dealt(desk[::-1], roaming)]
    of_one = {
        name: sum(one.pages for one in members if one.username == name) for name in {one.username for one in members}
    }
    if max(of_one.values()) > 2 * _PAGES_OF_ONE:
        raise NotPossible(f"{len(staff)} people cannot have {users} pages open; --size large has more people.")
    return members


def _dealt(people: list[StaffMember], pages: int) -> list[tuple[StaffMember, int]]:
    """The people, each with a number of pages as even as can be; those without any left out."""
    each, more = divmod(pages, len(people))
    return [(one, each + (number < more)) for number, one in enumerate(people) if each or number < more]


def _crowds(members: list[Member]) -> list[list[Member]]:
    """The members of each process: as few as carry so many pages, everybody's pages together, both kinds in each."""
    many = max(1, round(sum(one.pages for one in members) / _PAGES_PER_PROCESS))
    return [members[number::many] for number in range(many)]


def ask_all(swarms: list[Swarm], command: dict[str, Any], within: float) -> list[dict[str, Any]]:
    """Tell all at once, and wait for each."""
    ends = time.monotonic() + within
    for one in swarms:
        one.tell(command)
    return [one.hear(max(1.0, ends - time.monotonic())) for one in swarms]


def handler_names() -> dict[str, str]:
    """The handlers that are called, by their names on the wire."""
    # Only now: importing the pages takes seconds, and those who only ask for help need not wait for them.
    from guitara_app.pages.appointment.state import AppointmentState
    from guitara_app.pages.booking.changing import ChangeState
    from guitara_app.pages.booking.state import BookingState
    from guitara_app.pages.tonight.state import TonightState

    return {
        "tonight_do": f"{TonightState.get_full_name()}.do",
        "tonight_tap": f"{TonightState.get_full_name()}.tap",
        "find": f"{BookingState.get_full_name()}.find",
        "consider": f"{BookingState.get_full_name()}.consider",
        "book": f"{BookingState.get_full_name()}.save",
        "change": f"{ChangeState.get_full_name()}.save",
        "visit_do": f"{AppointmentState.get_full_name()}.do",
    }


def server_errors(log: Path | None) -> int | None:
    """How many lines of the web processes' log are errors; None when the log is not ours to read."""
    if log is None:
        return None
    try:
        return sum(
            "[error" in line or '"level": "error"' in line or "Traceback" in line for line in log.open(errors="replace")
        )
    except OSError as error:
        raise Unavailable(f"The log of the web processes cannot be read: {error}") from error
