"""The same form for a visit that is there already: it shows what a change comes to, and saves it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.change_preview import preview_change
from guitara_app.appointments.queries.fields import standing
from guitara_app.appointments.queries.series import SeriesPreview
from guitara_app.appointments.queries.series_changes import preview_series_change
from guitara_app.appointments.queries.series_words import Reached, reached
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.series_requests import Instead, Reach, SeriesChange
from guitara_app.appointments.services import change, change_series
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Stale
from guitara_app.kit.events import known_key
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import ChangeDraft
from guitara_app.pages.booking.repeating import (
    NO_SERIES,
    SeriesView,
    choices_of,
    problems_of,
    standing_choices,
    view_of,
)
from guitara_app.pages.booking.state import Choices, Event, FormState, Shown, shown_of
from guitara_app.pages.booking.state import choices_of as form_choices

_NO_PLACE = "Choose where, or type the street."
_CHANGED_MEANWHILE = "A colleague changed this series meanwhile. Look at what stands there now, and choose again."


class Looked(NamedTuple):
    """What stands there, what the draft makes of it, and for whom that means what.

    ``reaches`` are the choices of which visits of a series it is for, ``instead`` what was chosen for clashing ones,
    by the number of the visit.
    """

    base: views.Base
    shown: Shown
    request: ChangeRequest
    changed: str
    effects: list[str]
    clashes: list[views.ClashLine]
    unread: dict[str, str]
    reaches: list[views.Choice]
    instead: dict[int, Instead]
    undecided: dict[str, str]


class ChangeState(FormState, rx.State):
    """The form of a visit that is changed."""

    base: views.Base = views.NO_BASE
    changed: str = ""
    effects: list[str] = []
    clashes: list[views.ClashLine] = []
    reaches: list[views.Choice] = []

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.RUN_VISITS)
    async def consider(self, draft: ChangeDraft) -> None:
        """Show what the change comes to so far. A newer draft overtakes it."""
        try:
            choices, looked = await in_thread(_look, draft, now(), with_choices=self._must_offer(draft))
        except GuitaraError as error:
            self._refuse(draft, {"form": error.sentence})
            return
        self._offer(choices, draft)
        self._show_change(draft, looked)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def save(self, draft: ChangeDraft) -> Event:
        """Change the visit, or with it others of its series.

        When a colleague was quicker, name what they changed; nothing typed is lost.
        """
        actor, at = current_actor(), now()
        number, key, reach = draft.visit_id or 0, draft.key, _reach(draft)
        try:
            _, looked = await in_thread(_look, draft, at, with_choices=False)
            again = await in_thread(_known, actor.person_id or 0, key)
            unread = looked.unread | ({} if again else looked.undecided)
            if unread:
                self._show_change(draft, looked)
                self._refuse(draft, unread)
                return None
            if reach is Reach.ONE:
                done = await in_thread(
                    run,
                    lambda session: change(
                        session, actor, number, request=looked.request, reason=draft.reason, now=at, idempotency_key=key
                    ),
                )
                words = views.changed_words(done)
                said = f"Changed visit #{number}{': ' if words else ''}{words}."
            else:
                asked = SeriesChange(
                    reach=reach, version=draft.series_version, change=looked.request, instead=looked.instead
                )
                several = await in_thread(
                    run,
                    lambda session: change_series(
                        session, actor, number, request=asked, reason=draft.reason, now=at, idempotency_key=key
                    ),
                )
                many = len(several.changed)
                kept = f", {len(several.kept)} left as before" if several.kept else ""
                said = f"Changed {many} visit{'' if many == 1 else 's'} of the series{kept}."
        except Stale as error:
            # What stands there now comes along, so that the choice between mine and theirs is a choice.
            _, looked = await in_thread(_look, draft, at, with_choices=False)
            self._show_change(draft, looked)
            self._refuse(draft, {"reach" if error.field == "reach" else "form": error.sentence})
            return None
        except GuitaraError as error:
            self._refuse(draft, {error.field or "form": error.sentence})
            return None
        finally:
            self.answered += 1
        self.saved = draft.idempotency_key
        return rx.toast.success(said, close_button=True)

    def _show_change(self, draft: ChangeDraft, looked: Looked) -> None:
        self.base, self.changed, self.effects = looked.base, looked.changed, looked.effects
        self.clashes, self.reaches = looked.clashes, looked.reaches
        self._show(draft, looked.shown)


def name_of(visit_id: int) -> str:
    """Under which the browser keeps the draft of a change: one for each visit."""
    return f"change-{visit_id}"


def _known(person_id: int, key: str) -> bool:
    with reading() as session:
        return known_key(session, person_id, key)


def _reach(draft: ChangeDraft) -> Reach:
    return Reach(draft.reach) if draft.reach in (Reach.FOLLOWING, Reach.ALL) else Reach.ONE


def _look(draft: ChangeDraft, at: datetime, *, with_choices: bool) -> tuple[Choices | None, Looked]:
    with reading() as session:
        number = draft.visit_id or 0
        visit = standing(session, number)
        far = reached(session, number, now=at)
        base = views.base(visit, name_of(number), far.version if far else 0)
        whole = draft.over(base["values"])
        request, unread = whole.request(firm_settings(session).calendar.business_date(at))
        if request.start is None:
            unread.setdefault("start", "Type the time like 21:30 or 00:30.")
        if request.address_id is None and not request.address_line.strip():
            unread["address_line"] = _NO_PLACE
        looked = preview_change(session, number, request, draft.seen_fields(visit.fields), now=at)
        shown = shown_of(session, whole, looked.shown, dict(unread), request.evening)
        found = Looked(
            base=base,
            shown=shown,
            request=looked.request,
            changed=views.changed_words(looked.changed),
            effects=looked.effects,
            clashes=views.clash_lines(session, looked),
            unread=unread,
            reaches=_reaches(far),
            instead={},
            undecided={},
        )
        if _reach(draft) is not Reach.ONE and not unread:
            found = _with_series(session, draft, found, far, at)
        return form_choices(session, at) if with_choices else None, found


def _with_series(session: Session, draft: ChangeDraft, looked: Looked, far: Reached | None, at: datetime) -> Looked:
    """With the other visits; who cannot come to one of them is said there, with what can become of it."""
    problems = {
        name: words
        for name, words in looked.shown.problems.items()
        if name not in ("therapist_ids", "off_shift_reason")
    }
    if far is not None and draft.series_version not in (None, far.version):
        return looked._replace(
            shown=looked.shown._replace(problems=problems | {"reach": _CHANGED_MEANWHILE}, others=[])
        )
    try:
        seen = preview_series_change(session, draft.visit_id or 0, _reach(draft), looked.request, now=at)
    except GuitaraError as error:
        problems[error.field or "reach"] = error.sentence
        return looked._replace(shown=looked.shown._replace(problems=problems), undecided=problems)
    chosen = standing_choices(seen, choices_of(draft.instead))
    reason = draft.off_shift_reason
    undecided = problems_of(seen.rows, dict(chosen), reason)
    if any(one.do == "anyway" for one in chosen.values()):
        problems["off_shift_reason"] = undecided.get("off_shift_reason", "")
    numbers = {row.evening: row.visit_id for row in seen.rows}
    many = sum(row.state != "kept" for row in seen.rows)
    return looked._replace(
        shown=looked.shown._replace(problems=problems, series=_view(seen), others=[]),
        effects=[f"For {many} visit{'' if many == 1 else 's'} of the series; whoever is concerned is told once."],
        instead={numbers[day]: one for day, one in chosen.items()},
        undecided=undecided,
    )


def _view(seen: SeriesPreview) -> SeriesView:
    return view_of(seen) if seen.rows else NO_SERIES


def _reaches(far: Reached | None) -> list[views.Choice]:
    if far is None:
        return []
    return [
        views.Choice(value="one", label="Only this one"),
        views.Choice(value="following", label=f"This and the following ({far.following})"),
        views.Choice(value="all", label=f"All to come ({far.everything})"),
    ]
