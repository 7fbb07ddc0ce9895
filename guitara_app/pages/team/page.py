"""Hours for a team: who, what, and what would come of it, before anything is saved."""

from __future__ import annotations

import reflex as rx

from guitara_app.availability.rules import WEEKDAYS as NAMES
from guitara_app.components.draft import draft_clear, draft_field, draft_form, draft_pick, draft_sending, draft_set
from guitara_app.components.draft import draft_when as when
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.components.preview import preview_dialog
from guitara_app.components.words import role_word
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.team import draft as of
from guitara_app.pages.team.state import TeamMember, TeamState, WeekChoice

_WHAT = (
    (of.WEEKDAYS, "Usual hours on weekdays"),
    (of.EVENINGS, "Hours on single evenings"),
    (of.OFF, "A day off, or several"),
    (of.USUAL, "Usual hours again on evenings set by hand"),
    (of.COPY_WEEK, "The usual week of somebody"),
    (of.COPY_EVENINGS, "One week's evenings, copied onto later weeks"),
)


@rx.page(route="/team", title="Team hours · Guitara", on_load=[Who.load, TeamState.load])
def team_page() -> rx.Component:
    """Hours of several people at once."""
    return shell(
        rx.cond(
            TeamState.loaded,
            draft_form(
                rx.el.div(
                    panel("Whose", _people(), aside=_shortcuts(), class_name="team-people"),
                    panel("What changes", _change(), class_name="team-change"),
                    class_name="hours-columns",
                ),
                name="team",
                owner=Who.person_id,
                saved=TeamState.saved,
                answered=TeamState.answered,
                on_save=TeamState.consider,
                class_name="shifts team",
            ),
            rx.el.div(rx.el.section(skeleton(9), class_name="panel"), class_name="shifts", aria_busy=True),
        ),
        preview_dialog(preview=TeamState.preview, on_yes=TeamState.go_on),
        here="/shifts",
        about="team",
        before=link(rx.icon("arrow_left", size=16), "Shifts", to="/shifts", class_name="button button-small"),
        title=desk_title("Team hours"),
    )


def _shortcuts() -> rx.Component:
    both = TeamState.therapists + TeamState.drivers
    return rx.el.span(
        draft_set("Therapists", patch={"people": TeamState.therapists}, class_name="button button-small"),
        draft_set("Drivers", patch={"people": TeamState.drivers}, class_name="button button-small"),
        draft_set("All", patch={"people": both}, class_name="button button-small"),
        draft_set("Nobody", patch={"people": []}, class_name="button button-small button-quiet"),
        class_name="acts",
        role="group",
        aria_label="Choose",
    )


def _people() -> rx.Component:
    return rx.fragment(
        rx.el.fieldset(
            rx.el.legend("Whose hours", class_name="unseen"),
            rx.el.ul(rx.foreach(TeamState.people, _person), class_name="team-list"),
        ),
        _problem("people"),
    )


def _person(person: rx.vars.ObjectVar[TeamMember]) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            draft_pick(name="people", value=person["id"], id=f"person-{person['id']}"),
            rx.el.span(person["name"], class_name="cut"),
            rx.el.span(role_word(person["role"]), class_name="mute"),
            class_name="team-person",
        ),
        key=person["id"],
    )


def _change() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label("What", html_for="draft-what", class_name="field-label"),
            draft_field(
                rx.el.option("Choose", value=""),
                *(rx.el.option(words, value=value) for value, words in _WHAT),
                element="select",
                name="what",
                class_name="input",
            ),
            _problem("what"),
            class_name="field",
        ),
        when(
            _weekdays("On these weekdays"),
            _hours("Empty is a free day. An end before the start is past midnight."),
            name="what",
            is_=of.WEEKDAYS,
        ),
        when(
            _range(),
            _weekdays("Only on these weekdays, if not on all"),
            _hours("An end before the start is past midnight. They take the place of the usual hours."),
            name="what",
            is_=of.EVENINGS,
        ),
        when(_range(), _weekdays("Only on these weekdays, if not on all"), name="what", is_=of.OFF),
        when(_range(), _weekdays("Only on these weekdays, if not on all"), name="what", is_=of.USUAL),
        when(_source(), name="what", is_=of.COPY_WEEK),
        when(
            _source(),
            rx.el.div(
                _week("This week of theirs", "source_day", 0),
                _week("Onto the weeks from", "onto", 1),
                _field("For how many weeks", "weeks", fallback="1", input_mode="numeric", max_length=2),
                class_name="stack",
            ),
            rx.el.p(
                "Each evening becomes like that of the week copied, with its break. Where that is what somebody usually"
                " works, nothing is set by hand.",
                class_name="field-hint",
            ),
            name="what",
            is_=of.COPY_EVENINGS,
        ),
        rx.el.p(
            "Nothing is saved before you have seen what would come of it. Booked jobs stay booked.",
            class_name="field-hint",
        ),
        draft_sending(class_name="field-hint"),
        rx.el.div(
            draft_clear("Undo what was typed", class_name="button button-quiet"),
            rx.el.button(
                "Show what would change",
                rx.el.span("Ctrl \u21b5", class_name="kbd only-desk"),
                type="submit",
                class_name="button button-primary",
            ),
            class_name="dialog-acts",
        ),
        class_name="stack panel-pad",
    )


def _weekdays(words: str) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(words, class_name="field-label"),
        rx.el.div(
            *(
                rx.el.label(draft_pick(name="weekdays", value=number, id=f"weekday-{number}"), name[:3], title=name)
                for number, name in enumerate(NAMES)
            ),
            class_name="team-weekdays",
        ),
        _problem("weekdays"),
        class_name="team-set",
    )


def _hours(hint: str) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _field("From", "starts", placeholder="free", max_length=20),
            _field("To", "ends", placeholder="free", max_length=20),
            _field("Break from", "break_starts", placeholder="no break", max_length=20),
            _field("Break to", "break_ends", placeholder="no break", max_length=20),
            class_name="team-hours",
        ),
        rx.el.p(hint, class_name="field-hint"),
    )


def _range() -> rx.Component:
    return rx.el.div(
        _field("First evening", "first", type="date", fallback=TeamState.tonight),
        _field("Last evening, if another", "last", type="date"),
        class_name="off-fields",
    )


def _source() -> rx.Component:
    return rx.el.div(
        rx.el.label("Copied from", html_for="draft-source", class_name="field-label"),
        draft_field(
            rx.el.option("Choose", value=""),
            rx.foreach(
                TeamState.people,
                lambda one: rx.el.option(one["name"], value=one["id"].to_string(), key=one["id"]),
            ),
            element="select",
            name="source",
            class_name="input",
        ),
        _problem("source"),
        class_name="field",
    )


def _week(label: str, name: str, fallback: int) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        draft_field(
            rx.foreach(TeamState.weeks, _week_option),
            element="select",
            name=name,
            fallback=TeamState.weeks[fallback]["value"],
            class_name="input",
        ),
        _problem(name),
        class_name="field",
    )


def _week_option(week: rx.vars.ObjectVar[WeekChoice]) -> rx.Component:
    return rx.el.option(week["label"], value=week["value"], key=week["value"])


def _field(label: str, name: str, **props: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        draft_field(
            name=name,
            auto_complete="off",
            aria_invalid=TeamState.problems.get(name, "") != "",
            class_name="input num",
            **props,
        ),
        _problem(name),
        class_name="field",
    )


def _problem(slot: str) -> rx.Component:
    return rx.el.p(TeamState.problems.get(slot, ""), class_name="field-problem", role="alert", data_problem=slot)
