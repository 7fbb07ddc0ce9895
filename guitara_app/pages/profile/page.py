"""The profile: who one is here, the password, where one is signed in, and the tokens of one's programs."""

from __future__ import annotations

import reflex as rx

from guitara_app.accounts.queries import SessionRow, TokenRow
from guitara_app.accounts.rules import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD
from guitara_app.components.parts import panel, skeleton
from guitara_app.components.post_form import post_form
from guitara_app.components.tokens import calendar_maker, sure_button, token_maker
from guitara_app.components.words import role_word
from guitara_app.live import ProfileLive
from guitara_app.notifications.words import Mail
from guitara_app.pages.profile.state import ProfileState
from guitara_app.pages.shell import IN_FIELD, Who, desk_title, shell


@rx.page(route="/profile", title="Profile · Guitara", on_load=[Who.load, ProfileState.load])
def profile_page() -> rx.Component:
    """One's own account."""
    return shell(
        rx.el.div(
            rx.cond(
                ProfileLive.loaded,
                rx.el.div(
                    rx.el.div(_details(), _mail(), _password(), class_name="profile-column"),
                    rx.el.div(rx.cond(IN_FIELD, _calendar()), _sessions(), _tokens(), class_name="profile-column"),
                    class_name="profile-columns",
                ),
                skeleton(10),
            ),
            class_name="profile",
        ),
        here="/profile",
        title=desk_title("Profile"),
    )


def _details() -> rx.Component:
    return panel(
        "Who you are here",
        rx.el.form(
            # The inputs are the browser's own while somebody types; a change from elsewhere puts new ones there.
            _field("Name", "name", ProfileLive.name, auto_complete="name", max_length=LONGEST_NAME, required=True),
            _field(
                "E-mail, also to sign in with",
                "email",
                ProfileLive.email,
                type="email",
                auto_complete="email",
                max_length=LONGEST_EMAIL,
            ),
            rx.el.div(rx.el.button("Save", type="submit", class_name="button button-primary"), class_name="acts"),
            on_submit=ProfileState.keep,
            class_name="panel-pad stack",
            key=f"{ProfileLive.name} {ProfileLive.email}",
        ),
        aside=rx.el.span(ProfileLive.username, rx.el.span(role_word(ProfileLive.role), class_name="and")),
    )


def _mail() -> rx.Component:
    return panel(
        "Notifications by e-mail",
        rx.el.div(
            rx.el.label("Send me", html_for="profile-mail", class_name="field-label"),
            rx.el.select(
                rx.el.option("nothing", value=Mail.NONE.value),
                rx.el.option("what is urgent", value=Mail.URGENT.value),
                rx.el.option("everything", value=Mail.ALL.value),
                id="profile-mail",
                value=ProfileLive.mail,
                on_change=ProfileState.choose_mail,
                class_name="input",
            ),
            rx.cond(
                ProfileLive.email == "",
                rx.el.p("Nothing can be sent until you save an e-mail above.", class_name="field-hint"),
            ),
            class_name="panel-pad field",
        ),
    )


def _field(label: str, name: str, value: rx.Var[str] | str, **props: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"profile-{name}", class_name="field-label"),
        rx.el.input(id=f"profile-{name}", name=name, default_value=value, class_name="input", **props),
        class_name="field",
    )


def _password() -> rx.Component:
    return panel(
        "Password",
        rx.cond(ProfileState.problem, rx.el.p(ProfileState.problem, role="alert", class_name="profile-problem")),
        rx.cond(ProfileState.done, rx.el.p(ProfileState.done, role="status", class_name="profile-done")),
        post_form(
            rx.el.input(type="hidden", name="username", value=ProfileLive.username, read_only=True),
            _secret("Present password", "present", "current-password"),
            _secret("New password", "new", "new-password", min_length=SHORTEST_PASSWORD),
            _secret("New password again", "again", "new-password", min_length=SHORTEST_PASSWORD),
            rx.el.p("A few words do well. Everywhere else you are signed out by it.", class_name="field-hint"),
            rx.el.div(rx.el.button("Change the password", type="submit", class_name="button"), class_name="acts"),
            action="/auth/password",
            class_name="panel-pad stack",
        ),
    )


def _secret(label: str, name: str, kind: str, **props: object) -> rx.Component:
    return _field(
        label, name, "", type="password", auto_complete=kind, max_length=LONGEST_PASSWORD, required=True, **props
    )


def _sessions() -> rx.Component:
    return panel(
        "Where you are signed in",
        rx.el.ul(rx.foreach(ProfileLive.sessions, _session)),
    )


def _session(session: rx.vars.ObjectVar[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(session["device"], class_name="cut"),
        rx.el.span("since ", session["since"], class_name="mute"),
        rx.cond(
            session["id"] == ProfileState.session_id,
            rx.el.span("this browser", class_name="tag profile-act"),
            rx.el.button(
                "Sign out",
                type="button",
                on_click=ProfileState.sign_out(session["id"]),
                class_name="button button-small profile-act",
            ),
        ),
        class_name="item profile-line",
        data_session=session["id"],
        key=session["id"],
    )


def _calendar() -> rx.Component:
    return panel(
        "Your jobs in your own calendar",
        rx.el.p(
            "Give this address to the calendar of your phone, and it shows your jobs: when, which service, which "
            "address, never a client's name or phone. Whoever has the address can read it.",
            class_name="panel-pad mute",
        ),
        rx.cond(
            ProfileLive.calendar,
            rx.el.div(
                rx.el.b("Your address"),
                rx.el.span(ProfileLive.calendar, class_name="mute"),
                sure_button(
                    label="Revoke",
                    sure="Revoke for good",
                    subject=0,
                    on_confirm=ProfileState.revoke_calendar,
                    class_name="button button-small profile-act",
                ),
                class_name="item profile-line",
                data_calendar=True,
            ),
        ),
        calendar_maker(has_one=ProfileLive.calendar != "", class_name="token-maker"),
    )


def _tokens() -> rx.Component:
    return panel(
        "API tokens",
        rx.el.p(
            "A program that sends one may do here what you may. Give each program its own, and revoke it when it is "
            "not used any more.",
            class_name="panel-pad mute",
        ),
        rx.cond(
            ProfileLive.tokens.length() == 0,
            rx.el.p("No program has a token of yours.", class_name="empty"),
            rx.el.ul(rx.foreach(ProfileLive.tokens, _token)),
        ),
        token_maker(class_name="token-maker"),
    )


def _token(token: rx.vars.ObjectVar[TokenRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(token["name"], class_name="cut"),
        rx.el.span(
            rx.cond(token["used"], f"last used {token['used']}", "never used"),
            rx.el.span("until ", token["expires"], class_name="and"),
            class_name="mute",
        ),
        sure_button(
            label="Revoke",
            sure="Revoke for good",
            subject=token["id"],
            on_confirm=ProfileState.revoke,
            class_name="button button-small profile-act",
        ),
        class_name="item profile-line",
        data_token=token["name"],
        key=token["id"],
    )
