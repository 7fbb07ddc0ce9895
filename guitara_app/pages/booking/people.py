"""Who goes: everybody with the reason to take them or not, best first, and any clash named."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_field, draft_match, draft_pick, draft_set, draft_when
from guitara_app.components.linked import linked, problem
from guitara_app.pages.booking.draft import MOST_AUTOMATIC
from guitara_app.pages.booking.fields import Form, field, group, text_field
from guitara_app.pages.booking.views import CandidateLine, OtherLine, PickLine


def people(state: Form, *, automatic: bool = False) -> rx.Component:
    """The list of candidates for the chosen time; with ``automatic`` the policy can be asked to choose."""
    return group(
        "Who goes",
        _automatic(state) if automatic else rx.fragment(),
        rx.el.div(
            draft_field(
                name="who",
                placeholder="Filter by name",
                max_length=60,
                auto_complete="off",
                class_name="input",
                aria_label="Filter therapists by name",
            ),
            draft_when(
                draft_set("Clear choice", patch={"therapist_ids": []}, class_name="button button-small"),
                name="therapist_ids",
            ),
            class_name="line who-line",
        ),
        rx.cond(
            state.candidates.length() > 0,
            rx.el.div(
                rx.el.p(state.policy, class_name="mute policy", data_policy=True),
                rx.el.ul(rx.foreach(state.candidates, _candidate), class_name="candidates", aria_label="Therapists"),
                rx.cond(state.folded > 0, _unfold(state)),
            ),
            rx.el.p("Who is free shows here once services and start are chosen.", class_name="mute"),
        ),
        problem(state, "therapist_ids"),
        _others(state),
        rx.cond(
            state.problems.get("off_shift_reason", "") != "",
            _off_shift(state),
            draft_when(_off_shift(state), name="off_shift_reason"),
        ),
    )


def _automatic(state: Form) -> rx.Component:
    """How many the policy is to choose when the visit is saved, and whom it would choose now."""
    return rx.el.div(
        field(
            state,
            "Assign automatically",
            "automatic",
            draft_field(
                rx.el.option("Nobody, I choose", value=""),
                *(
                    rx.el.option(f"{many} therapist{'s' if many > 1 else ''}", value=str(many))
                    for many in range(1, MOST_AUTOMATIC + 1)
                ),
                name="automatic",
                element="select",
                class_name="input",
            ),
        ),
        draft_when(
            rx.el.div(
                rx.cond(
                    state.picks.length() > 0,
                    rx.fragment(
                        rx.el.span("Chosen when you save; now it would be", class_name="mute"),
                        rx.foreach(state.picks, _pick),
                    ),
                    rx.el.span("Chosen when you save.", class_name="mute"),
                ),
                class_name="picks",
                role="status",
            ),
            name="automatic",
        ),
        class_name="automatic",
    )


def _pick(one: rx.vars.ObjectVar[PickLine]) -> rx.Component:
    return rx.el.span(
        rx.el.b(one["name"]),
        rx.el.span(one["because"], class_name="and mute"),
        class_name="pick",
        data_pick=one["id"],
        key=one["id"],
    )


def _off_shift(state: Form) -> rx.Component:
    return field(
        state,
        "Reason to book outside the shift or skills, kept in the history",
        "off_shift_reason",
        text_field("off_shift_reason", 1000),
    )


def _others(state: Form) -> rx.Component:
    """What could be offered instead: nearest free times, other people; a click puts it into the form."""
    return rx.cond(
        state.others.length() > 0,
        rx.el.div(
            rx.el.span("Free instead:", class_name="mute"),
            rx.foreach(state.others, _other),
            class_name="others",
            role="group",
            aria_label="Free instead",
        ),
    )


def _other(one: rx.vars.ObjectVar[OtherLine]) -> rx.Component:
    return draft_set(
        rx.cond(one["kind"] == "time", rx.icon("clock", size=14), rx.icon("user", size=14)),
        one["label"],
        patch=one["patch"],
        class_name="button button-small num",
        data_other=one["kind"],
        key=one["label"],
    )


def _candidate(one: rx.vars.ObjectVar[CandidateLine]) -> rx.Component:
    return draft_match(
        rx.el.label(
            draft_pick(name="therapist_ids", value=one["id"]),
            rx.el.span(one["name"], class_name="candidate-name cut"),
            rx.cond(
                one["free"],
                rx.el.span("free", class_name="tag", data_tone="session"),
                rx.el.span("not free", class_name="tag", data_tone="done"),
            ),
            linked(text=one["reason"], class_name="mute candidate-reason"),
            class_name="candidate",
        ),
        by="who",
        text=one["name"],
        pick="therapist_ids",
        value=one["id"],
        folded=one["folded"],
        unfold="unfold",
        key=one["id"],
        data_free=one["free"],
    )


def _unfold(state: Form) -> rx.Component:
    quiet = "button button-quiet button-small"
    more = draft_set(
        "Show ", state.folded.to_string(), " more who are not free", patch={"unfold": True}, class_name=quiet
    )
    return rx.fragment(
        draft_when(more, name="unfold", empty=True),
        draft_when(draft_set("Hide who is not free", patch={"unfold": False}, class_name=quiet), name="unfold"),
    )
