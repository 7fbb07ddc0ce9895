"""Accounts: who they are, what they may, and whether they can sign in."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.dialog import ask_reason
from guitara_app.components.parts import skeleton
from guitara_app.components.setup import add_person, invite_button
from guitara_app.components.words import role_word
from guitara_app.pages.accounts.state import AccountLine, AccountsState
from guitara_app.pages.shell import Who, desk_title, shell

AccountVar = rx.vars.ObjectVar[AccountLine]


@rx.page(route="/accounts", title="Accounts · Guitara", on_load=[Who.load, AccountsState.load])
def accounts_page() -> rx.Component:
    """The list of accounts."""
    return shell(
        rx.el.div(
            rx.el.section(
                rx.el.div(
                    rx.el.label("Find an account", html_for="find-account", class_name="unseen"),
                    rx.el.input(
                        id="find-account",
                        type="search",
                        placeholder="Name, user name, role or phone",
                        max_length=200,
                        auto_complete="off",
                        on_change=AccountsState.find.debounce(150),
                        class_name="input accounts-find",
                    ),
                    rx.el.span(
                        AccountsState.accounts.length(),
                        " of ",
                        AccountsState.total,
                        class_name="mute num",
                        role="status",
                    ),
                    class_name="panel-head accounts-head",
                ),
                add_person(class_name="accounts-add", on_added=AccountsState.read_again),
                rx.cond(
                    AccountsState.loaded,
                    rx.el.div(
                        rx.el.ul(rx.foreach(AccountsState.accounts, _account)),
                        rx.cond(
                            AccountsState.accounts.length() == 0, rx.el.p("No account matches.", class_name="empty")
                        ),
                        class_name="panel-body",
                    ),
                    skeleton(10),
                ),
                class_name="panel accounts-panel",
                aria_label="Accounts",
            ),
            class_name="accounts",
        ),
        here="/accounts",
        title=desk_title("Accounts"),
    )


def _account(account: AccountVar) -> rx.Component:
    return rx.el.li(
        rx.el.b(account["name"], class_name="cut"),
        rx.el.span(account["username"], class_name="mute cut"),
        rx.el.span(role_word(account["role"]), class_name="tag"),
        rx.el.span(account["phone"], class_name="num mute account-phone"),
        rx.cond(
            account["disabled"],
            rx.el.span(
                rx.el.span("disabled", class_name="tag", data_tone="alarm"),
                " ",
                account["disabled"],
                class_name="mute account-state",
            ),
            rx.cond(
                account["invited"],
                rx.el.span(
                    "no password yet ",
                    invite_button(subject=account["id"], class_name="button button-small"),
                    class_name="mute account-state",
                ),
                rx.el.span("can sign in", class_name="mute account-state"),
            ),
        ),
        rx.cond(account["id"] == Who.person_id, rx.el.span("you", class_name="mute account-act"), _switch(account)),
        class_name="item account",
        data_account=account["username"],
        key=account["id"],
    )


def _switch(account: AccountVar) -> rx.Component:
    return rx.cond(
        account["disabled"],
        ask_reason(
            label="Enable",
            title=f"Enable {account['name']}?",
            text="They can sign in again with the password they had.",
            placeholder="Reason, kept in the audit log",
            yes="Enable",
            subject=account["id"],
            on_confirm=AccountsState.enable,
            class_name="button button-small account-act",
        ),
        ask_reason(
            label="Disable",
            title=f"Disable {account['name']}?",
            text="They are signed out everywhere within a second. The account stays in this list.",
            placeholder="Reason, kept in the audit log",
            choices=["Left the firm", "On leave", "Phone lost"],
            yes="Disable",
            danger=True,
            subject=account["id"],
            on_confirm=AccountsState.disable,
            class_name="button button-small button-danger account-act",
        ),
    )
