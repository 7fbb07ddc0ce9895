"""The page of the staff."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.dialog import ask_reason
from guitara_app.components.draft import draft_check, draft_field
from guitara_app.components.draft import draft_when as when
from guitara_app.components.follow import follow
from guitara_app.components.linked import problem
from guitara_app.components.parts import link, skeleton
from guitara_app.components.setup import add_person, invite_button
from guitara_app.components.words import ROLES, role_word
from guitara_app.founding.staff import InUse
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.fields import group
from guitara_app.pages.booking.views import Choice
from guitara_app.pages.catalog.parts import begin, field, labelled, sheet
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell
from guitara_app.pages.staff.leaving import LeavingState
from guitara_app.pages.staff.leaving_form import leaving_form
from guitara_app.pages.staff.state import VEHICLES, MemberLine, SkillLine, StaffState

_OF = "person"
_IN_USE = {
    InUse.ACTIVE: "Active",
    InUse.INVITED: "Active, no password yet",
    InUse.DISABLED: "Deactivated",
    InUse.ALL: "Active or not",
}
MemberVar = rx.vars.ObjectVar[MemberLine]


@rx.page(route="/staff", title="Staff · Guitara", on_load=[Who.load, StaffState.load])
def staff_page() -> rx.Component:
    """Who works here."""
    return shell(
        follow(of=CatalogLive.stamp, on_change=StaffState.refresh),
        rx.el.div(
            rx.el.section(
                _head(),
                rx.cond(
                    IS_MANAGER,
                    add_person(
                        class_name="accounts-add",
                        roles=rx.cond(Who.role == "admin", list(ROLES), ["therapist", "driver", "operator"]),
                        on_added=StaffState.refresh,
                    ),
                ),
                rx.cond(
                    StaffState.loaded,
                    rx.el.div(
                        rx.el.ul(rx.foreach(StaffState.lines, _line)),
                        rx.cond(StaffState.found == 0, rx.el.p("Nobody matches.", class_name="empty")),
                        rx.cond(StaffState.pages > 1, _turning()),
                        class_name="panel-body",
                        # Another page begins at its top.
                        key=StaffState.page,
                    ),
                    skeleton(10),
                ),
                class_name="panel accounts-panel",
                aria_label="Staff",
                aria_busy=~StaffState.loaded,
            ),
            class_name="accounts",
        ),
        rx.cond(IS_MANAGER, rx.fragment(_form(), leaving_form())),
        here="/staff",
        title=desk_title("Staff"),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.label("Find somebody", html_for="find-staff", class_name="unseen"),
        rx.el.input(
            id="find-staff",
            type="search",
            placeholder="Name, phone or e-mail",
            max_length=200,
            auto_complete="off",
            on_change=StaffState.find.debounce(150),
            class_name="input accounts-find",
        ),
        rx.el.label("Role", html_for="staff-role", class_name="unseen"),
        rx.el.select(
            rx.el.option("Every role", value=""),
            *(rx.el.option(word, value=role) for role, word in ROLES.items()),
            id="staff-role",
            value=StaffState.role,
            on_change=StaffState.only_role,
            class_name="input staff-filter",
        ),
        rx.el.label("Active or not", html_for="staff-in-use", class_name="unseen"),
        rx.el.select(
            *(rx.el.option(word, value=one.value) for one, word in _IN_USE.items()),
            id="staff-in-use",
            value=StaffState.in_use,
            on_change=StaffState.only_in_use,
            class_name="input staff-filter",
        ),
        rx.el.span(
            rx.cond(StaffState.loaded, rx.fragment(StaffState.found, " of ", StaffState.total)),
            class_name="mute num nowrap",
            role="status",
        ),
        class_name="panel-head accounts-head catalog-head",
    )


def _turning() -> rx.Component:
    return rx.el.nav(
        rx.el.button(
            "Before",
            type="button",
            on_click=StaffState.turn(False),
            disabled=StaffState.page == 0,
            class_name="button button-small",
        ),
        rx.el.span("Page ", StaffState.page + 1, " of ", StaffState.pages, class_name="mute num"),
        rx.el.button(
            "Next",
            type="button",
            on_click=StaffState.turn(True),
            disabled=StaffState.page + 1 >= StaffState.pages,
            class_name="button button-small",
        ),
        class_name="staff-pages",
        aria_label="Pages of the list",
    )


def _line(one: MemberVar) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.b(one["name"]),
            rx.el.span(role_word(one["role"]), class_name="tag"),
            rx.cond(one["id"] == Who.person_id, rx.el.span("you", class_name="mute")),
            class_name="line staff-name",
        ),
        rx.el.span(
            rx.el.span(one["phone"], class_name="num nowrap"),
            rx.el.span(one["email"], class_name="mute staff-email"),
            class_name="staff-reach",
        ),
        rx.el.span(one["does"], class_name="mute staff-does"),
        _standing(one),
        rx.el.span(
            rx.cond(
                ((one["role"] == "therapist") | (one["role"] == "driver")) & ~one["disabled"].bool(),
                link("Hours", to=f"/shifts/{one['id']}", class_name="button button-small"),
            ),
            rx.cond(
                one["mine"],
                rx.fragment(
                    begin(StaffState, "Change", number=one["id"], of=_OF, class_name="button button-small"),
                    rx.cond(one["id"] == Who.person_id, rx.fragment(), _switch(one)),
                ),
            ),
            class_name="acts staff-acts",
        ),
        class_name="item staff-line",
        data_member=one["username"],
        key=one["id"],
    )


def _standing(one: MemberVar) -> rx.Component:
    return rx.cond(
        one["disabled"],
        rx.el.span(
            rx.el.span("deactivated", class_name="tag", data_tone="alarm"), " ", one["disabled"], class_name="mute"
        ),
        rx.cond(
            one["invited"],
            rx.el.span(
                "no password yet ",
                rx.cond(one["mine"], invite_button(subject=one["id"], class_name="button button-small")),
                class_name="mute",
            ),
            rx.el.span("signs in as ", one["username"], class_name="mute staff-login"),
        ),
    )


def _switch(one: MemberVar) -> rx.Component:
    return rx.cond(
        one["disabled"],
        ask_reason(
            label="Activate",
            title=f"Activate {one['name']} again?",
            text="They can sign in again with the password they had, and be booked in their usual hours.",
            placeholder="Reason, kept in the audit log",
            choices=["Is back", "Phone found"],
            yes="Activate",
            subject=one["id"],
            on_confirm=StaffState.enable,
            class_name="button button-small",
        ),
        begin(LeavingState, "Deactivate", number=one["id"], of="leaving", class_name="button button-small"),
    )


def _form() -> rx.Component:
    def option(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
        return rx.el.option(one["label"], value=one["value"], key=one["value"])

    return sheet(
        StaffState,
        _OF,
        group(
            "Who",
            labelled(StaffState, "Name", "name", first=True),
            rx.el.div(
                labelled(StaffState, "Phone", "phone", mode="tel"),
                labelled(StaffState, "E-mail, if any", "email", mode="email"),
                class_name="fields",
            ),
        ),
        group(
            "At the firm",
            rx.el.div(
                labelled(StaffState, "User name", "username", hint="They sign in with it, or with their e-mail."),
                field(
                    StaffState,
                    "Role",
                    "role",
                    draft_field(
                        rx.foreach(StaffState.roles, option), name="role", element="select", class_name="input"
                    ),
                    hint="Therapists and drivers keep theirs, for their work hangs on it; other roles are given by "
                    "admins.",
                ),
                class_name="fields",
            ),
            rx.cond(StaffState.kind == "driver", _vehicle()),
            rx.cond(
                (StaffState.kind == "therapist") | (StaffState.kind == "driver"),
                rx.el.p(
                    "When they work stands in ",
                    link("their usual hours", to=f"/shifts/{StaffState.editing}"),
                    ".",
                    class_name="field-hint",
                ),
            ),
        ),
        rx.cond(StaffState.kind == "therapist", _skills()),
    )


def _vehicle() -> rx.Component:
    return field(
        StaffState,
        "Vehicle",
        "vehicle",
        draft_field(
            *(rx.el.option(word, value=one.value) for one, word in VEHICLES.items()),
            name="vehicle",
            element="select",
            class_name="input",
        ),
        hint="A group, or a visit that needs a car, is driven by a car alone. Trips they have already stay theirs.",
    )


def _skills() -> rx.Component:
    return group(
        "Gives",
        rx.el.label(
            draft_check(name="all_services"), "Every service, also those that are added later", class_name="check"
        ),
        when(
            rx.el.ul(rx.foreach(StaffState.skills, _skill), class_name="staff-skills"), name="all_services", is_=False
        ),
        problem(StaffState, "all_services"),
        rx.el.p(
            "Whoever books is offered them for these alone, at once. Visits they have already stay theirs.",
            class_name="field-hint",
        ),
    )


def _skill(one: rx.vars.ObjectVar[SkillLine]) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            draft_check(name=one["field"]),
            one["name"],
            rx.cond(one["active"], "", rx.el.span("off sale", class_name="tag")),
            class_name="check",
        ),
        problem(StaffState, one["field"]),
        key=one["field"],
    )
