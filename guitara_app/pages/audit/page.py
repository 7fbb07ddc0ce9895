"""Who did what: filters above, events below, files of exactly what is shown."""

from __future__ import annotations

import reflex as rx

from guitara_app.audit.asking import PEOPLE
from guitara_app.audit.queries import AuditRow
from guitara_app.audit.rules import DOORS, KINDS, Difference
from guitara_app.components.parts import link, lone_panel, outward, skeleton
from guitara_app.pages.audit.state import AuditState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/audit", title="Audit trail · Guitara", on_load=[Who.load, AuditState.load])
def audit_page() -> rx.Component:
    """Everything that was done, by whom, and from where."""
    return shell(
        rx.cond(
            Who.role & (Who.role != "admin"),
            lone_panel("Audit trail", "Only admins read the audit trail."),
            rx.el.div(
                _filters(),
                rx.el.p(AuditState.problem, class_name="field-problem", role="alert"),
                rx.cond(
                    AuditState.ready,
                    rx.fragment(_events(), _pages()),
                    rx.el.section(skeleton(12), class_name="panel", aria_busy=True),
                ),
                class_name="audit",
            ),
        ),
        here="/audit",
        title=desk_title("Audit trail"),
    )


def _filters() -> rx.Component:
    return rx.el.form(
        _input("Search", "words", "text", placeholder="Name, reason, old or new value"),
        _select(
            "Who",
            "person",
            "Anybody",
            rx.el.option("People, not the system", value=PEOPLE),
            rx.foreach(AuditState.people, _person),
        ),
        _select("What", "kind", "Anything", *(rx.el.option(words, value=kind) for kind, words in KINDS.items())),
        _select("From", "door", "Anywhere", *(rx.el.option(words, value=door) for door, words in DOORS.items())),
        _input("First evening", "first", "date"),
        _input("Last evening", "last", "date"),
        _input("Visit", "visit", "text", placeholder="Number", input_mode="numeric"),
        _input("Client", "client", "text", placeholder="Number", input_mode="numeric"),
        rx.el.div(
            rx.el.button("Look", type="submit", class_name="button button-primary"),
            rx.el.button("Show all", type="button", on_click=AuditState.reset_filters, class_name="button"),
            outward("CSV", to=f"/audit.csv?{AuditState.asked}", download=True, class_name="button"),
            outward("Excel", to=f"/audit.xlsx?{AuditState.asked}", download=True, class_name="button"),
            class_name="acts audit-acts",
        ),
        on_submit=AuditState.look,
        reset_on_submit=False,
        key=AuditState.drawn.to_string(),
        class_name="audit-filters panel",
        role="search",
    )


def _input(label: str, name: str, kind: str, **more: str) -> rx.Component:
    shown = rx.el.input(
        type=kind, name=name, default_value=AuditState.looked[name], class_name="input", max_length=200, **more
    )
    return rx.el.label(label, shown, class_name="field-label")


def _select(label: str, name: str, nothing: str, *options: rx.Component) -> rx.Component:
    shown = rx.el.select(
        rx.el.option(nothing, value=""),
        *options,
        name=name,
        default_value=AuditState.looked[name],
        # The people come after the first drawing; a select keeps what is chosen only when it is drawn with it.
        key=AuditState.people.length().to_string(),
        class_name="input",
    )
    return rx.el.label(label, shown, class_name="field-label")


def _person(one: rx.vars.ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.option(one["label"], value=one["value"], key=one["value"])


def _events() -> rx.Component:
    return rx.el.section(
        rx.cond(
            AuditState.rows.length() > 0,
            rx.el.ol(rx.foreach(AuditState.rows, _event), class_name="audit-events"),
            rx.el.p("Nothing fits. Look for less, or take a filter away.", class_name="empty"),
        ),
        class_name="panel",
        aria_label="Events",
    )


def _event(row: rx.vars.ObjectVar[AuditRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["when"], class_name="num"),
            rx.cond(row["recorded"], rx.el.span("told at ", row["recorded"], class_name="mute num")),
            class_name="audit-when",
        ),
        rx.el.div(
            rx.el.span(rx.el.b(row["what"]), " ", rx.el.span(row["about"], class_name="mute")),
            rx.cond(row["reason"], rx.el.p(row["reason"], class_name="audit-reason")),
            rx.cond(
                row["changes"].to(list[Difference]).length() > 0,
                rx.el.ul(rx.foreach(row["changes"].to(list[Difference]), _change), class_name="audit-changes"),
            ),
            rx.cond(row["facts"], rx.el.span(row["facts"], class_name="mute audit-facts")),
            rx.cond(
                row["visit_id"] | row["client_id"],
                rx.el.span(
                    rx.cond(
                        row["visit_id"],
                        rx.fragment(
                            link("Visit", to=f"/appointments/{row['visit_id']}"),
                            _only("all of this visit", AuditState.only_visit(row["visit_id"])),
                        ),
                    ),
                    rx.cond(
                        row["client_id"],
                        rx.fragment(
                            link("Client", to=f"/clients/{row['client_id']}"),
                            _only("all of this client", AuditState.only_client(row["client_id"])),
                        ),
                    ),
                    class_name="audit-links",
                ),
            ),
            class_name="audit-what",
        ),
        rx.el.div(
            rx.el.span(row["who"]),
            rx.cond(row["door"], rx.el.span(row["door"], class_name="audit-door")),
            class_name="audit-who",
        ),
        data_event=row["kind"],
        key=row["id"],
    )


def _only(words: str, act: rx.event.EventSpec) -> rx.Component:
    return rx.el.button(words, type="button", on_click=act, class_name="audit-only")


def _change(one: rx.vars.ObjectVar[Difference]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one["field"], class_name="mute"),
        rx.el.span(
            rx.cond(one["before"], rx.el.del_(one["before"]), rx.el.span("nothing", class_name="mute")),
            rx.el.span(" \u2192 ", aria_label="became"),
            rx.cond(one["after"], rx.el.ins(one["after"]), rx.el.span("nothing", class_name="mute")),
        ),
    )


def _pages() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            rx.cond(AuditState.page > 1, "Newer", "Look again"),
            type="button",
            on_click=AuditState.newer,
            class_name="button",
        ),
        rx.el.span("Page ", AuditState.page, class_name="num mute"),
        rx.el.button("Older", type="button", on_click=AuditState.older, disabled=~AuditState.more, class_name="button"),
        class_name="acts audit-pages",
    )
