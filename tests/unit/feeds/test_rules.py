"""A calendar is told of every change once, under a number that only grows, and of nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from guitara_app.feeds.rules import CANCELLED_FOR, PAST_FOR, FeedJob, Told, calendar_text, reconcile

# 00:30 in Manila, past the midnight of its evening.
NIGHT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


_STAMPS = {"dtstamp", "last-modified"}


def job(key: str = "place-1", *, hours: int = 0, where: str = "1 Main Street, Pasig", sure: bool = True) -> FeedJob:
    start = NIGHT + timedelta(hours=hours)
    return FeedJob(key, "Shiatsu, Pasig", where, "Visit #1.", start, start + timedelta(hours=1), sure)


def uids() -> Iterator[str]:
    return (f"uid-{number}@guitara" for number in count(1))


def events(known: dict[str, Told], jobs: list[FeedJob]) -> list[dict[str, str]]:
    text = calendar_text("Guitara: Liza D'Souza", known.values(), {one.key: one for one in jobs})
    return [
        {name.lower(): event[name].to_ical().decode() for name in event}
        for event in Calendar.from_ical(text).walk("VEVENT")
    ]


changes = st.lists(
    st.dictionaries(
        st.sampled_from(["place-1", "place-2", "trip-1"]),
        st.tuples(st.integers(0, 2), st.sampled_from(["", "Pasig"]), st.booleans()),
    ),
    min_size=1,
    max_size=8,
)


@given(evening=changes)
def test_the_sequence_grows_with_each_change_and_with_nothing_else(
    evening: list[dict[str, tuple[int, str, bool]]],
) -> None:
    names = uids()
    known: dict[str, Told] = {}
    shown: dict[str, tuple[int, str]] = {}
    for number, now in enumerate(evening):
        jobs = [job(key, hours=hours, where=where, sure=sure) for key, (hours, where, sure) in now.items()]
        at = NIGHT + timedelta(minutes=number)
        known = reconcile(known, jobs, now=at, new_uid=lambda: next(names))
        # Whoever asks again at once is told the very same.
        again = reconcile(known, jobs, now=at + timedelta(seconds=9), new_uid=lambda: next(names))
        assert again == known
        for event in events(known, jobs):
            sequence = int(event.pop("sequence"))
            body = repr(sorted((name, said) for name, said in event.items() if name not in _STAMPS))
            before = shown.get(event["uid"])
            if before is not None:
                assert sequence == before[0] + (body != before[1])
            shown[event["uid"]] = (sequence, body)
    assert len({one.uid for one in known.values()}) == len(known)


def test_what_is_gone_is_told_as_cancelled_for_a_while_and_holds_no_door() -> None:
    names = uids()
    known = reconcile({}, [job()], now=NIGHT, new_uid=lambda: next(names))
    later = NIGHT + timedelta(hours=2)
    known = reconcile(known, [], now=later, new_uid=lambda: next(names))
    (event,) = events(known, [])
    assert (event["status"], event["sequence"], event["uid"]) == ("CANCELLED", "1", "uid-1@guitara")
    assert (event["dtstart"], event["summary"]) == ("20261123T163000Z", r"Cancelled: Shiatsu\, Pasig")
    assert "location" not in event
    assert "description" not in event
    # It comes back under the same uid.
    back = reconcile(known, [job()], now=later, new_uid=lambda: next(names))
    assert [(one.sequence, one.uid, one.cancelled_at) for one in back.values()] == [(2, "uid-1@guitara", None)]
    assert reconcile(known, [], now=later + CANCELLED_FOR, new_uid=lambda: next(names)) == {}


def test_what_was_over_long_ago_is_forgotten_without_a_word() -> None:
    known = reconcile({}, [job()], now=NIGHT, new_uid=lambda: "uid")
    assert reconcile(known, [], now=NIGHT + PAST_FOR + timedelta(hours=1), new_uid=lambda: "uid") == {}


def test_times_are_utc_past_midnight_too_and_an_answer_that_is_due_is_tentative() -> None:
    asked = job(sure=False)
    known = reconcile({}, [asked], now=NIGHT, new_uid=lambda: "uid")
    (event,) = events(known, [asked])
    assert (event["dtstart"], event["dtend"]) == ("20261123T163000Z", "20261123T173000Z")
    assert (event["status"], event["location"]) == ("TENTATIVE", r"1 Main Street\, Pasig")
    text = calendar_text("Guitara: Liza D'Souza", known.values(), {asked.key: asked})
    assert text == calendar_text("Guitara: Liza D'Souza", known.values(), {asked.key: asked})
    assert b"X-WR-CALNAME:Guitara: Liza D'Souza\r\n" in text
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
