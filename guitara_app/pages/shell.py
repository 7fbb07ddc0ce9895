"""What stands around every page of somebody who is signed in: rail, header, connection, theme, sign-out."""

from __future__ import annotations

import reflex as rx

from guitara_app import live
from guitara_app.accounts.permissions import Permission, Role
from guitara_app.components.ago import clock
from guitara_app.components.connection import connection, lost
from guitara_app.components.parts import link, outward
from guitara_app.components.post_form import post_form
from guitara_app.components.words import role_word
from guitara_app.firm.queries import firm_settings, is_demo
from guitara_app.help.guides import where
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.inbox import bell, urgent_news
from guitara_app.pages.opening import put
from guitara_app.pages.palette import search_palette
from guitara_app.pages.presence import colleagues
from guitara_app.settings import settings


class Who(rx.State):
    """Who is signed in, for what the frame shows. Rights are never read from here."""

    person_id: int = 0
    name: str = ""
    role: str = ""
    zone: str = ""
    simulated: bool = False

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load(self) -> None:
        """Ask who holds the session, and begin to watch what every page shows."""
        actor = current_actor()
        zone, simulated = await in_thread(_firm)
        who = {"person_id": actor.person_id or 0, "name": actor.name, "role": str(actor.role)}
        put(self, **who, zone=zone, simulated=simulated)
        await live.arrive(self, actor)


def _firm() -> tuple[str, bool]:
    """Its time zone, and whether it is a demo whose staff act by themselves."""
    with reading() as session:
        return firm_settings(session).timezone, settings().simulator and is_demo(session)


AT_DESK = (Who.role == "operator") | (Who.role == "manager") | (Who.role == "admin")
IS_MANAGER = (Who.role == "manager") | (Who.role == "admin")
"""For what is shown only; rights are checked by the services."""
IN_FIELD = (Who.role == "therapist") | (Who.role == "driver")


def shell(
    *body: rx.Component,
    here: str,
    title: rx.Component,
    before: rx.Component | None = None,
    actions: rx.Component | None = None,
    away: rx.Component | None = None,
    about: str = "",
) -> rx.Component:
    """A page. ``here`` is the path of its place in the rail; links stand ``before`` the title, buttons after all.

    ``away`` is shown instead of the common words when the connection is lost. ``about`` names the section of the guides
    that is about the page, where that is not the name of its place.
    """
    guide = _guide(about or here.strip("/"))
    return rx.el.div(
        _rail(here, guide),
        rx.el.header(
            before or rx.fragment(),
            title,
            rx.el.span(class_name="top-space"),
            rx.cond(AT_DESK & Who.simulated, _simulated()),
            rx.cond(AT_DESK, search_palette()),
            rx.cond(AT_DESK, colleagues(Who.person_id)),
            _who(),
            bell(Who.person_id),
            _help(guide),
            connection(hydrated=rx.State.is_hydrated, round_trip=live.LinkLive.ms),
            actions or rx.fragment(),
            class_name="top",
        ),
        rx.el.main(away or rx.fragment(), *body, class_name="main", id="main"),
        rx.fragment() if away else lost(),
        urgent_news(Who.person_id),
        class_name="shell",
    )


def desk_title(words: rx.Var[str] | str, hours: rx.Var[str] | str = "") -> rx.Component:
    """The title of a desk page, with the time."""
    return rx.el.div(
        rx.el.h1(words),
        rx.el.span(
            clock(zone=Who.zone), rx.cond(hours, rx.el.span(hours, class_name="and"), ""), class_name="top-time num"
        ),
        class_name="top-title",
    )


def _simulated() -> rx.Component:
    return rx.el.span(
        "demo: staff act by themselves",
        title="Therapists and drivers whom nobody has signed in as work by themselves. The desk is yours.",
        class_name="top-demo only-desk",
    )


def _who() -> rx.Component:
    return link(
        rx.cond(Who.name, rx.fragment(Who.name, rx.el.span(role_word(Who.role), class_name="and")), ""),
        to="/profile",
        class_name="top-who only-desk",
    )


def _guide(section: str) -> rx.Var[str]:
    """The address of what the guides say to whoever is signed in about this page.

    Until it is known who that is, ``/help`` finds out.
    """
    return rx.match(Who.role, *((role.value, where(role, section)) for role in Role), f"/help?about={section}")


def _help(guide: rx.Var[str]) -> rx.Component:
    return link(
        rx.icon("circle_help", size=18),
        rx.el.span("Help for this page", class_name="unseen"),
        to=guide,
        class_name="top-help only-desk",
        title="Help for this page",
        data_tour="help",
    )


def _rail(here: str, guide: rx.Var[str]) -> rx.Component:
    return rx.el.nav(
        rx.cond(AT_DESK, _place("Board", "layout_dashboard", "/board", here)),
        rx.cond(AT_DESK, _place("Drivers", "car", "/drivers", here)),
        rx.cond(AT_DESK, _place("Clients", "contact_round", "/clients", here)),
        rx.cond(AT_DESK, _place("Waiting", "hourglass", "/waiting", here)),
        rx.cond(AT_DESK, _place("Shifts", "calendar_clock", "/shifts", here)),
        rx.cond(AT_DESK, _place("Staff", "users", "/staff", here)),
        rx.cond(AT_DESK, _place("Catalog", "book_open", "/services", here)),
        rx.cond(IS_MANAGER, _place("Calendar", "calendar_days", "/calendar", here)),
        rx.cond(IS_MANAGER, _place("Timeline", "chart_gantt", "/timeline", here)),
        rx.cond(IS_MANAGER, _place("Workload", "chart_no_axes_column", "/workload", here)),
        rx.cond(IS_MANAGER, _place("Import", "file_up", "/import", here)),
        rx.cond(IN_FIELD, _place("Tonight", "moon_star", "/tonight", here)),
        rx.cond(IN_FIELD, _place("Hours", "calendar_clock", "/hours", here)),
        rx.cond(Who.role == "admin", _place("Settings", "settings", "/settings", here)),
        rx.cond(Who.role == "admin", _place("Audit", "scroll_text", "/audit", here)),
        rx.cond(Who.role == "admin", _place("System", "activity", "/system", here)),
        # Not a page of this application, so the browser goes there itself.
        rx.cond(Who.role == "admin", _elsewhere("Database", "database", "/admin/")),
        rx.el.span(class_name="rail-space"),
        # On a desk it stands in the header.
        link(
            rx.icon("circle_help", size=20),
            rx.el.span("Help", class_name="rail-word"),
            to=guide,
            class_name="rail-link rail-help",
            aria_current="page" if here == "/help" else "false",
            data_tour="help",
        ),
        _place("Profile", "circle_user_round", "/profile", here),
        rx.el.button(
            rx.el.span(rx.icon("moon", size=20), class_name="when-light"),
            rx.el.span(rx.icon("sun", size=20), class_name="when-dark"),
            rx.el.span("Light or dark", class_name="rail-word"),
            type="button",
            on_click=rx.toggle_color_mode,
            class_name="rail-link",
        ),
        post_form(
            rx.el.button(
                rx.icon("log_out", size=20),
                rx.el.span("Sign out", class_name="rail-word"),
                type="submit",
                class_name="rail-link",
            ),
            action="/auth/logout",
        ),
        class_name="rail",
        aria_label="Pages",
    )


def _elsewhere(word: str, icon: str, path: str) -> rx.Component:
    return outward(rx.icon(icon, size=20), rx.el.span(word, class_name="rail-word"), to=path, class_name="rail-link")


def _place(word: str, icon: str, path: str, here: str) -> rx.Component:
    return link(
        rx.icon(icon, size=20),
        rx.el.span(word, class_name="rail-word"),
        to=path,
        class_name="rail-link",
        aria_current="page" if path == here else "false",
    )
