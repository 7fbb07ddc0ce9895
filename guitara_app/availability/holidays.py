"""Public holidays of a country, by their business day. What the calendar knows, without any clock or database."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from holidays import country_holidays, list_supported_countries
from holidays.registry import COUNTRIES

_ENGLISH = "en_US"
_ESTIMATED = " (estimated)"


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """The two letters of every country whose holidays are known."""
    return frozenset(list_supported_countries())


@lru_cache(maxsize=1)
def country_choices() -> tuple[tuple[str, str], ...]:
    """Every country whose holidays are known: its two letters and its name, by name."""
    named = {code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_ in COUNTRIES.values()}
    return tuple(sorted(((code, named.get(code, code)) for code in known_countries()), key=lambda one: one[1]))


def holiday_names(country: str, first: date, last: date) -> dict[date, list[str]]:
    """The names of each public holiday from ``first`` to ``last``; none for no country, or one that is not known.

    A day whose date the moon decides is given as it is estimated, under the same name every year.
    """
    if country not in known_countries():
        return {}
    found = {}
    for year in range(first.year, last.year + 1):
        found.update({day: names for day, names in _of_year(country, year) if first <= day <= last})
    return {day: list(names) for day, names in sorted(found.items())}


@lru_cache(maxsize=64)
def _of_year(country: str, year: int) -> tuple[tuple[date, tuple[str, ...]], ...]:
    try:
        days = country_holidays(country, years=year, language=_ENGLISH)
    except NotImplementedError:
        days = country_holidays(country, years=year)
    return tuple((day, tuple(name.removesuffix(_ESTIMATED) for name in days.get_list(day))) for day in sorted(days))
