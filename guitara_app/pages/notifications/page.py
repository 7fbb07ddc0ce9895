"""What one was told: filtered, opened, marked as read."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.ago import ago
from guitara_app.components.follow import follow
from guitara_app.components.parts import link, skeleton
from guitara_app.live import InboxLive
from guitara_app.notifications.views import Notice
from guitara_app.notifications.words import Group
from guitara_app.pages.inbox import InboxState
from guitara_app.pages.notifications.state import NotificationsState
from guitara_app.pages.shell import AT_DESK, Who, desk_title, shell

_WORDS = {
    Group.VISITS: "Visits",
    Group.TRIPS: "Trips",
    Group.MONEY: "Money",
    Group.HOURS: "Hours",
    Group.MATERIALS: "Materials",
}


@rx.page(route="/notifications", title="Notifications · Guitara", on_load=[Who.load, NotificationsState.load])
def notifications_page() -> rx.Component:
    """One's own notifications, newest first."""
    return shell(
        rx.el.div(
            follow(of=InboxLive.stamp, on_change=NotificationsState.refresh),
            rx.el.section(
                _head(),
                rx.cond(
                    NotificationsState.loaded,
                    rx.el.div(
                        rx.el.ul(rx.foreach(NotificationsState.rows, _row)),
                        rx.cond(NotificationsState.rows.length() == 0, _none()),
                        rx.cond(
                            NotificationsState.more,
                            rx.el.div(
                                rx.el.button(
                                    "Show older",
                                    type="button",
                                    on_click=NotificationsState.older,
                                    class_name="button",
                                ),
                                class_name="list-more",
                            ),
                        ),
                        class_name="panel-body",
                    ),
                    skeleton(12),
                ),
                class_name="panel notices-panel",
                aria_label="Notifications",
                aria_busy=~NotificationsState.loaded,
            ),
            class_name="notices",
        ),
        here="/notifications",
        title=desk_title("Notifications"),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _filter("Unread", NotificationsState.unread, NotificationsState.only_unread),
            _filter("Urgent", NotificationsState.urgent, NotificationsState.only_urgent),
            rx.el.label("About", html_for="notices-about", class_name="unseen"),
            rx.el.select(
                rx.el.option("About anything", value=""),
                *(rx.el.option(word, value=group.value) for group, word in _WORDS.items()),
                rx.cond(AT_DESK, rx.el.option("The desk", value=Group.DESK.value)),
                rx.cond(Who.role == "admin", rx.el.option("The system", value=Group.SYSTEM.value)),
                id="notices-about",
                value=NotificationsState.about,
                on_change=NotificationsState.only_about,
                class_name="input notices-about",
            ),
            class_name="acts",
            role="group",
            aria_label="Show",
        ),
        rx.el.button(
            "Mark all read",
            type="button",
            disabled=InboxLive.unread == 0,
            on_click=NotificationsState.read_all,
            class_name="button button-small",
        ),
        class_name="panel-head notices-head",
    )


def _filter(word: str, on: rx.Var[bool], choose: rx.event.EventHandler) -> rx.Component:
    return rx.el.button(word, type="button", aria_pressed=on, on_click=choose(~on), class_name="button button-small")


def _row(notice: rx.vars.ObjectVar[Notice]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(
                rx.el.b(notice["title"]),
                rx.cond(notice["urgent"], rx.el.span("urgent", class_name="tag notice-urgent")),
                rx.cond(notice["unread"], rx.el.span("unread", class_name="unseen")),
                class_name="line",
            ),
            rx.cond(notice["body"], rx.el.span(notice["body"], class_name="notice-body")),
            rx.el.span(
                notice["when"],
                rx.el.span(ago(iso=notice["at"], kind="ago"), class_name="and"),
                class_name="mute num",
            ),
            to=notice["link"],
            on_click=InboxState.read(notice["id"]),
            class_name="notice-words",
        ),
        rx.cond(
            notice["unread"],
            rx.el.button(
                "Mark read",
                type="button",
                on_click=InboxState.read(notice["id"]),
                class_name="button button-small notice-act",
            ),
        ),
        class_name="item item-link notice",
        data_unread=notice["unread"],
        data_notice=notice["id"],
        key=notice["id"],
    )


def _none() -> rx.Component:
    chosen = NotificationsState.unread | NotificationsState.urgent | (NotificationsState.about != "")
    return rx.el.p(
        rx.cond(
            chosen,
            "Nothing of this kind. Show everything to see what else there is.",
            "Nothing yet. What concerns you shows here the moment it happens.",
        ),
        class_name="empty",
    )
