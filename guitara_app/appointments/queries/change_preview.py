"""What changing a visit would come to: what it checks, who is asked anew, and what colleagues changed meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE
from guitara_app.appointments.queries.fields import Standing, different, overtaken, standing
from guitara_app.appointments.queries.preview import Preview, preview
from guitara_app.appointments.requests import BookingRequest, ChangeRequest, VisitFields
from guitara_app.appointments.rules import MOVING
from guitara_app.appointments.words import Answer
from guitara_app.kit.errors import FieldClash


class ChangePreview(NamedTuple):
    """The visit as it stands, as it would be, the request that makes it so, and what saving means for whom.

    ``clashes`` are the fields that the editor changes and a colleague has changed since the editor saw them.
    """

    visit: Standing
    shown: Preview
    request: ChangeRequest
    changed: list[str]
    effects: list[str]
    clashes: list[FieldClash]


def preview_change(
    session: Session, appointment_id: int, draft: BookingRequest, seen: VisitFields, *, now: datetime
) -> ChangePreview:
    """What saving ``draft`` over the visit would come to.

    Args:
        session: a reading session.
        appointment_id: the visit.
        draft: the whole visit as the editor wants it; minutes and price are None where they follow from the rest.
        seen: the fields as the editor saw them when they began to change each.
        now: the present moment.

    Raises:
        NotFound: there is no such visit.
    """
    visit = standing(session, appointment_id)
    shown = preview(session, draft, now=now, visit=visit)
    after = _after(visit, draft, shown)
    # What follows by itself is left to follow: it is not what the editor asked for.
    following = {"minutes": draft.minutes is None and visit.follows_minutes}
    following["price"] = draft.price is None and visit.follows_price
    wanted = {name: getattr(after, name) for name in different(seen, after) if not following.get(name)}
    request = ChangeRequest(
        **wanted,
        address_line=draft.address_line if draft.address_id is None else "",
        locality_id=draft.locality_id if draft.address_id is None else None,
        address_notes=draft.address_notes if draft.address_id is None else "",
        off_shift_reason=draft.off_shift_reason,
        seen=seen,
    )
    changed = different(visit.fields, after)
    if request.address_line.strip():
        changed.append("address_id")
    clashes = overtaken(session, appointment_id, wanted, seen.model_dump(), visit.fields.model_dump())
    return ChangePreview(visit, shown, request, changed, _effects(visit, shown, after, changed), clashes)


def _after(visit: Standing, draft: BookingRequest, shown: Preview) -> VisitFields:
    before = visit.fields
    return VisitFields(
        evening=draft.evening or before.evening,
        start=before.start if draft.start is None else draft.start,
        minutes=shown.minutes,
        price=shown.price,
        service_ids=draft.service_ids,
        therapist_ids=sorted(draft.therapist_ids),
        driver_needed=draft.driver_needed,
        car_needed=draft.car_needed,
        address_id=draft.address_id or before.address_id,
        notes=draft.notes,
    )


def _effects(visit: Standing, shown: Preview, after: VisitFields, changed: list[str]) -> list[str]:
    """Who is asked anew, who keeps the answer and who is freed, in a sentence each."""
    if not changed:
        return []
    chosen = set(after.therapist_ids)
    staying = [seat for seat in visit.seats if seat.person_id in chosen]
    new = chosen - {seat.person_id for seat in visit.seats}
    leaving = [seat.name for seat in visit.seats if seat.person_id not in chosen]
    moved = bool(MOVING & set(changed))
    ask_again = moved and visit.state in BEFORE_DEPARTURE
    accepted = [seat.name for seat in staying if seat.answer is Answer.ACCEPTED]
    waiting = [seat.name for seat in staying if seat.answer is Answer.OFFERED]
    names = [one.name for one in shown.candidates if one.person_id in new]
    said = [
        _say([seat.name for seat in staying], "is asked anew", "are asked anew") if ask_again else "",
        "" if ask_again else _say(accepted, "keeps the answer", "keep their answers"),
        "" if ask_again else _say(waiting, "still has to answer", "still have to answer"),
        _say(names, "gets an offer", "get offers"),
        _say(leaving, "is freed and told", "are freed and told"),
    ]
    if "driver_needed" in changed:
        said.append("A driver is looked for." if after.driver_needed else "The driver is not needed any more.")
    return [sentence for sentence in said if sentence]


def _say(names: list[str], one: str, several: str) -> str:
    if not names:
        return ""
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{listed} {several if len(names) > 1 else one}."
