"""What the page of the system is made of."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.ago import ago
from guitara_app.components.parts import panel
from guitara_app.components.spark import spark
from guitara_app.live import SystemLive
from guitara_app.monitoring.measures import KINDS, LINE
from guitara_app.monitoring.views import AlertRow, Often, PartRow, ProcessRow
from guitara_app.pages.system.state import SystemState

# The state colours of the design: a word always stands beside them.
_TONES = (("good", "session"), ("fair", "pay"), ("bad", "alarm"))


def parts() -> rx.Component:
    """Database, Redis, workers and beat, each in a word."""
    return rx.el.ul(rx.foreach(SystemLive.parts, _part), class_name="system-parts", aria_label="Parts of the system")


def _part(part: rx.vars.ObjectVar[PartRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="dot", aria_hidden=True),
        rx.el.b(part["name"]),
        rx.el.span(part["words"], class_name="mute"),
        class_name="system-part",
        data_tone=_tone(part["tone"]),
        key=part["name"],
    )


def alerts() -> rx.Component:
    """What is wrong now; then what was within the last day."""
    return rx.el.section(
        rx.cond(
            SystemLive.alerts.length() > 0,
            rx.el.ul(rx.foreach(SystemLive.alerts, _alert), class_name="system-alerts"),
            rx.el.p("Nothing is wrong, and nothing was within a day.", class_name="system-calm"),
        ),
        class_name="panel",
        aria_label="Alerts",
    )


def _alert(alert: rx.vars.ObjectVar[AlertRow]) -> rx.Component:
    times = rx.cond(alert["times"] > 1, rx.fragment(" · ", alert["times"], " times"), "")
    return rx.el.li(
        rx.cond(
            alert["closed"],
            rx.el.span("over", class_name="tag"),
            rx.el.span("now", class_name="tag", data_tone=rx.cond(alert["urgent"], "alarm", "pending")),
        ),
        rx.el.span(alert["words"], class_name=rx.cond(alert["closed"], "mute", "system-wrong")),
        rx.el.span(
            rx.cond(
                alert["closed"],
                ago(iso=alert["closed"], kind="ago"),
                rx.fragment("for ", ago(iso=alert["opened"])),
            ),
            times,
            class_name="mute num",
        ),
        class_name="item system-alert",
        data_alert=rx.cond(alert["closed"], "over", "now"),
        key=alert["id"],
    )


def figures(group: str) -> rx.Component:
    """The figures of one group."""
    return panel(
        group,
        rx.el.div(
            *(_figure(number) for number, kind in enumerate(KINDS) if kind.group == group),
            class_name="tiles",
        ),
    )


def _figure(number: int) -> rx.Component:
    shown = SystemLive.measures[number]
    line = rx.cond(SystemState.hour, SystemLive.hour[KINDS[number].key], shown["line"])
    return rx.el.div(
        rx.el.span(KINDS[number].name, class_name="mute cut"),
        rx.el.div(
            rx.el.b(shown["value"], class_name="num figure-value"),
            rx.cond(shown["target"], rx.el.span(shown["target"], class_name="mute num figure-target")),
            class_name="figure-line",
        ),
        spark(values=line, length=LINE, limit=shown["limit"]),
        class_name="figure",
        data_tone=_tone(shown["tone"]),
        data_figure=KINDS[number].key,
    )


def processes() -> rx.Component:
    """What each process takes."""
    return panel(
        "Processes",
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Process", scope="col"),
                    rx.el.th("Core", scope="col", class_name="num"),
                    rx.el.th("Memory", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(SystemLive.processes, _process)),
            class_name="system-table",
        ),
    )


def _process(process: rx.vars.ObjectVar[ProcessRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(process["name"], scope="row", class_name="cut"),
        rx.el.td(process["cpu"], " %", class_name="num"),
        rx.el.td(process["memory_mb"], " MB", class_name="num"),
        key=process["pid"],
    )


def small_table(title: str, rows: rx.Var[list[PartRow]], none: str) -> rx.Component:
    """Names and numbers."""
    return panel(
        title,
        rx.cond(
            rows.length() > 0,
            rx.el.table(rx.el.tbody(rx.foreach(rows, _row)), class_name="system-table"),
            rx.el.p(none, class_name="empty"),
        ),
    )


def _row(row: rx.vars.ObjectVar[PartRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["name"], scope="row", class_name="cut"), rx.el.td(row["words"], class_name="num"), key=row["name"]
    )


def often(title: str, lines: rx.Var[list[Often]], none: str) -> rx.Component:
    """What it was, since the start, most often first."""
    return panel(
        title,
        rx.cond(
            lines.length() > 0,
            rx.el.table(rx.el.tbody(rx.foreach(lines, _often)), class_name="system-table"),
            rx.el.p(none, class_name="empty"),
        ),
        aside="since the start",
    )


def _often(line: rx.vars.ObjectVar[Often]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line["name"], " ", rx.el.span(line["kind"], class_name="mute"), scope="row", class_name="cut"),
        rx.el.td(line["times"], class_name="num"),
        key=f"{line['kind']} {line['name']}",
    )


def _tone(tone: rx.Var[str]) -> rx.Var[str]:
    return rx.match(tone, *_TONES, "")
