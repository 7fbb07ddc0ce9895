"""Every change of an account: signing in and out, shutting it, what its holder keeps in it, and its API tokens."""

from guitara_app.accounts.services.accounts import disable, enable
from guitara_app.accounts.services.others import PersonDetails, change_person
from guitara_app.accounts.services.people import (
    Invitation,
    Invited,
    NewPerson,
    accept_invitation,
    add_person,
    insert_person,
    invite,
    invited_by,
)
from guitara_app.accounts.services.profile import (
    PasswordChanged,
    change_details,
    change_password,
    end_session,
    finish_tour,
)
from guitara_app.accounts.services.signing_in import (
    SignedIn,
    SignInRefused,
    open_session,
    purge_links,
    purge_sessions,
    sign_in,
    sign_out,
)
from guitara_app.accounts.services.tokens import NewToken, make_token, revoke_token, touch_token

__all__ = [
    "Invitation",
    "Invited",
    "NewPerson",
    "NewToken",
    "PasswordChanged",
    "PersonDetails",
    "SignInRefused",
    "SignedIn",
    "accept_invitation",
    "add_person",
    "change_details",
    "change_password",
    "change_person",
    "disable",
    "enable",
    "end_session",
    "finish_tour",
    "insert_person",
    "invite",
    "invited_by",
    "make_token",
    "open_session",
    "purge_links",
    "purge_sessions",
    "revoke_token",
    "sign_in",
    "sign_out",
    "touch_token",
]
