"""Choosing therapists by the firm's policy, at the moment they are needed and under the lock on their time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.alternatives import alternatives
from guitara_app.appointments.queries.automatic import Pick, picks, too_few
from guitara_app.appointments.queries.candidates import Candidate, Wanted, candidates
from guitara_app.kit.errors import NotPossible

Hold = Callable[[set[int]], None]


def choose(
    session: Session, wanted: Wanted, many: int, *, hold: Hold, now: datetime, but: Collection[int] = ()
) -> tuple[list[Pick], list[Candidate]]:
    """The best ``many`` who are free and not in ``but``, whose time is held now; fewer when there are no more.

    With them comes everybody as they stood when they were chosen. Whoever is held is looked at again: somebody may have
    been quicker, and then the choice is made anew.
    """
    held: set[int] = set()
    while True:
        found = candidates(session, wanted, now=now)
        best = picks(session, found, many, but=but)
        people = {one.person_id for one in best}
        if people <= held:
            return best, found
        hold(people - held)
        held |= people
        if all(one.free for one in candidates(session, wanted, now=now, only=people)):
            return best, found


def choose_all(
    session: Session, wanted: Wanted, many: int, *, hold: Hold, now: datetime, by_hand: Collection[int] = ()
) -> list[Pick]:
    """``many`` besides those chosen by hand.

    Raises:
        NotPossible: so many are not free; the sentence names the nearest times at which they are.
    """
    best, found = choose(session, wanted, many, hold=hold, now=now, but=by_hand)
    if len(best) < many:
        other = alternatives(session, wanted, list(by_hand), found, now=now, automatic=many)
        raise NotPossible(too_few(session, wanted, many, len(best), other), field="therapist_ids")
    return best
