"""Public holidays of the next year, and what the firm does on each. Until saved, what was chosen is the browser's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.outside import OutsideJob, would_be_outside
from guitara_app.availability.holidays import country_choices, holiday_names
from guitara_app.availability.rules import AS_USUAL, CLOSED, Edit, open_hours
from guitara_app.availability.services import checked_holidays, set_holidays
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, Stale
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking.draft import clock
from guitara_app.pages.shifts.previewing import Previewing
from guitara_app.pages.shifts.state import Number

HOURS = "hours"
_YEAR = timedelta(days=365)

Typed = Annotated[
    dict[Annotated[str, Field(max_length=250)], Annotated[str, Field(max_length=80)]], Field(max_length=400)
]
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]


class HolidayRow(TypedDict):
    """A holiday: when it is next, and what is said of it; ``said`` is empty, as_usual, closed or hours."""

    name: str
    day: str
    said: str
    opens: str
    closes: str


class CountryChoice(TypedDict):
    """A country whose holidays are known."""

    code: str
    name: str


class HolidaysState(Previewing, rx.State):
    """What stands, of the country that is looked at, and why what was chosen cannot be saved."""

    countries: list[CountryChoice] = []
    country: str = ""
    otherwise: str = AS_USUAL
    rows: list[HolidayRow] = []
    loaded: bool = False
    problem_of: str = ""
    problem: str = ""

    # What was in force when this was shown: whoever saves over somebody else's change is told first.
    _seen: str = ""

    @rx.event
    @allow(Permission.SET_HOLIDAYS)
    async def load(self) -> None:
        """Show the holidays of the next year."""
        await live.watch(self, current_actor(), None)
        self.countries = [CountryChoice(code=code, name=name) for code, name in country_choices()]
        await self._read(None)
        self.loaded = True

    @rx.event
    @allow(Permission.SET_HOLIDAYS)
    async def look_at(self, country: Country) -> None:
        """Show the holidays of another country; nothing is saved by that."""
        await self._read(country)

    @rx.event
    @allow(Permission.SET_HOLIDAYS)
    async def keep(self, form: Typed) -> rx.event.EventSpec | None:
        """Save what was chosen, asking first when booked jobs would lie outside the hours."""
        self.problem_of, self.problem = "", ""
        try:
            left = await in_thread(_preview, form, now())
        except GuitaraError as error:
            self.problem_of, self.problem = error.field, error.sentence
            return None
        if left:
            self._ask_first(left, "On these holidays the firm would not be open for them.", form=form)
            return None
        return await self._save(form)

    @rx.event
    @allow(Permission.SET_HOLIDAYS)
    async def go_on(self, number: Number) -> rx.event.EventSpec | None:
        """Save it although booked jobs will lie outside."""
        return await self._save(self._meant(number)["form"])

    async def _save(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        actor, at, seen = current_actor(), now(), self._seen

        def once(session: Session) -> int:
            firm = firm_settings(session)
            if seen and seen != _stand(firm):
                raise Stale("Somebody else changed the holidays since you opened this page. Save again to insist.")
            country, otherwise, each = _read_form(form, firm)
            return set_holidays(session, actor, country=country, otherwise=otherwise, each=each, now=at)

        try:
            evenings = await in_thread(run, once)
        except GuitaraError as error:
            self.problem_of, self.problem = error.field, error.sentence
            if isinstance(error, Stale):
                self._seen = ""
            return None
        await self._read(None)
        return rx.toast.success(
            f"The holidays are set; {evenings or 'no'} {'evening' if evenings == 1 else 'evenings'} changed.",
            close_button=True,
        )

    async def _read(self, country: str | None) -> None:
        self.problem_of, self.problem = "", ""
        self.country, self.otherwise, self.rows, self._seen = await in_thread(_holidays, country, now())


def _holidays(country: str | None, at: datetime) -> tuple[str, str, list[HolidayRow], str]:
    with reading() as session:
        firm = firm_settings(session)
    tonight = firm.calendar.business_date(at)
    shown = firm.holiday_country if country is None else country
    rows: dict[str, HolidayRow] = {}
    for day, names in holiday_names(shown, tonight, tonight + _YEAR).items():
        for name in names:
            if name not in rows:
                rows[name] = _row(name, f"{day:%a} {day.day} {day:%b %Y}", firm.holiday_hours.get(name, ""))
    return shown, firm.holiday_rule, list(rows.values()), _stand(firm)


def _row(name: str, day: str, said: str) -> HolidayRow:
    hours = open_hours(said)
    return HolidayRow(
        name=name,
        day=day,
        said=HOURS if hours else said,
        opens=f"{hours.starts:%H:%M}" if hours else "",
        closes=f"{hours.ends:%H:%M}" if hours else "",
    )


def _stand(firm: FirmSettings) -> str:
    return repr((firm.holiday_country, firm.holiday_rule, sorted(firm.holiday_hours.items())))


def _preview(form: dict[str, str], at: datetime) -> list[OutsideJob]:
    with reading() as session:
        in_force = firm_settings(session)
        firm = checked_holidays(in_force, *_read_form(form, in_force))
        people = session.execute(
            text("SELECT id FROM people WHERE role IN ('therapist', 'driver') AND disabled_at IS NULL")
        ).scalars()
        return would_be_outside(session, dict.fromkeys(people, Edit()), now=at, firm=firm)


def _read_form(form: dict[str, str], firm: FirmSettings) -> tuple[str, str, dict[str, str]]:
    """Country, what is done on a holiday, and what on each; of holidays that were not shown it stays as it is."""
    each = dict(firm.holiday_hours)
    for key, said in form.items():
        what, _, name = key.partition(":")
        if what != "said" or not name:
            continue
        each.pop(name, None)
        if said == HOURS:
            each[name] = f"{_clock(form, 'opens', name)}-{_clock(form, 'closes', name)}"
        elif said in (AS_USUAL, CLOSED):
            each[name] = said
    return form.get("country", ""), form.get("otherwise", AS_USUAL), each


def _clock(form: dict[str, str], which: str, name: str) -> str:
    try:
        typed = clock(form.get(f"{which}:{name}", ""))
    except Invalid as error:
        raise Invalid(error.sentence, field=name) from error
    if typed is None:
        raise Invalid("Type when you open and close, like 15:00 and 22:00.", field=name)
    return f"{typed:%H:%M}"
