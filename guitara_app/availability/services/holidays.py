"""What the firm does on public holidays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.availability.holidays import known_countries
from guitara_app.availability.queries.planning import holidays_under, planned_days
from guitara_app.availability.rules import AS_USUAL, CLOSED, check_hours, open_hours
from guitara_app.availability.services.materialising import materialise_all
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.firm.services import keep_setting
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import plan_topics, record, week_key
from guitara_app.kit.statements import text

_KEYS = ("holiday_country", "holiday_rule", "holiday_hours")
_MOST_NAMES = 100
_LONGEST_NAME = 200
_LOOKED_AT = timedelta(days=400)


def checked_holidays(in_force: FirmSettings, country: str, otherwise: str, each: Mapping[str, str]) -> FirmSettings:
    """The firm's settings with these about holidays.

    Raises:
        Invalid: a country that is not known, or hours that are none; ``field`` is ``country``, ``otherwise`` or
            the holiday's name.
    """
    if country and country not in known_countries():
        raise Invalid("The holidays of this country are not known. Choose one of the list.", field="country")
    if otherwise not in (AS_USUAL, CLOSED):
        raise Invalid("Choose what is done on a holiday: as usual, or closed.", field="otherwise")
    if len(each) > _MOST_NAMES or any(len(name) > _LONGEST_NAME for name in each):
        raise Invalid("These are more holidays than a year has.", field="otherwise")
    for name, said in each.items():
        if said in (AS_USUAL, CLOSED):
            continue
        hours = open_hours(said)
        if hours is None:
            raise Invalid(f"{name}: type when you open and close, like 15:00 and 22:00.", field=name)
        try:
            check_hours(hours)
        except Invalid as error:
            raise Invalid(f"{name}: {error.sentence}", field=name) from error
    return in_force.model_copy(
        update={"holiday_country": country, "holiday_rule": otherwise, "holiday_hours": dict(each)}
    )


def set_holidays(
    session: Session, actor: Actor, *, country: str, otherwise: str, each: Mapping[str, str], now: datetime
) -> int:
    """Say what the firm does on holidays; everybody's usual hours follow at once. Returns how many evenings changed.

    Evenings set by hand stay as they are, and so do jobs already booked.

    Args:
        session: the caller's transaction.
        actor: a manager.
        country: two letters, such as PH; empty for no holidays at all.
        otherwise: ``as_usual`` or ``closed``, for every holiday that ``each`` does not name.
        each: by the holiday's name ``as_usual``, ``closed``, or open hours such as ``15:00-22:00``.
        now: the present moment.

    Raises:
        NotAllowed: the actor is no manager.
        Invalid: see ``checked_holidays``.
    """
    require(actor, Permission.SET_HOLIDAYS)
    before = firm_settings(session)
    after = checked_holidays(before, country, otherwise, each)
    for key in _KEYS:
        keep_setting(session, key, getattr(after, key), now=now)
    session.info["firm_settings"] = after
    people = list(
        session.execute(
            text("SELECT id FROM people WHERE role IN ('therapist', 'driver') AND disabled_at IS NULL")
        ).scalars()
    )
    lock_people(session, set(people))
    moved = materialise_all(session, people, now=now)
    days = planned_days(session, now)
    shown = {*holidays_under(before, days[0], days[-1]), *holidays_under(after, days[0], days[-1])}
    changed = {day for evenings in moved.values() for day in evenings}
    record(
        session,
        "holidays_set",
        by=actor,
        now=now,
        topics=[
            "desk",
            "queue",
            "firm",
            *(f"shifts:{day.toordinal()}" for day in shown | changed),
            *_plans(before, after, days[0]),
            *{f"week:{week_key(day)}" for day in changed},
            *(f"hours:{person}" for person in people),
            *(f"person:{person}" for person, evenings in moved.items() if evenings),
        ],
        data={"evenings": sorted(day.isoformat() for day in changed)},
        before={key: getattr(before, key) for key in _KEYS},
        after={key: getattr(after, key) for key in _KEYS},
    )
    return len(changed)


def _plans(before: FirmSettings, after: FirmSettings, tonight: date) -> set[str]:
    """The plans of weeks and months that anybody may be looking at, and that show another holiday now."""
    reach = tonight - _LOOKED_AT, tonight + _LOOKED_AT
    was, becomes = holidays_under(before, *reach), holidays_under(after, *reach)
    other = (day for day in {*was, *becomes} if was.get(day) != becomes.get(day))
    return {topic for day in other for topic in plan_topics(day)}
