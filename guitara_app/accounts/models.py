"""Tables of the people who work here and how they sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text

from guitara_app.accounts.permissions import Role
from guitara_app.kit.columns import Table, identity, moment, one_of, reference, word, words


class Vehicle(StrEnum):
    """What a driver drives; only a car takes a group."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"


class Person(Table, table=True):
    """Somebody who works for the firm, and the account they sign in with. Never deleted, only disabled."""

    __tablename__ = "people"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(f"vehicle IN ('{Vehicle.CAR}', '{Vehicle.MOTORCYCLE}')", name="vehicle"),
        CheckConstraint("(role = 'driver') = (vehicle IS NOT NULL)", name="driver_has_vehicle"),
        CheckConstraint("username = lower(username) AND username <> ''", name="username_lower"),
        CheckConstraint("email IS NULL OR (email = lower(email) AND email <> '')", name="email_lower"),
        Index("uq_people_username", "username", unique=True),
        Index("uq_people_email", "email", unique=True),
        Index("ix_people_role_active", "role", postgresql_where=text("disabled_at IS NULL")),
    )

    id: int = identity()
    username: str = word()
    email: str | None = word(nullable=True)
    name: str = word()
    role: str = word()
    phone: str | None = word(nullable=True)
    vehicle: str | None = word(nullable=True)
    password_hash: str | None = word(nullable=True)
    failed_sign_ins: int = 0
    locked_until: datetime | None = moment(nullable=True)
    disabled_at: datetime | None = moment(nullable=True)
    disabled_by_id: int | None = reference("people.id", nullable=True)
    totp_secret: str | None = word(nullable=True)
    totp_confirmed_at: datetime | None = moment(nullable=True)
    is_demo: bool = False
    toured_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment(recorded=True)
    version: int = 1


class LoginSession(Table, table=True):
    """A signed-in browser or program. Only a hash of its cookie is kept."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("uq_login_sessions_token_hash", "token_hash", unique=True),
        Index("ix_login_sessions_person_id", "person_id"),
        Index("ix_login_sessions_expires_at", "expires_at"),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    token_hash: str = word()
    device: str = words()
    created_at: datetime = moment(recorded=True)
    expires_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class ApiToken(Table, table=True):
    """What a program signs in with; it may do what its holder may. Only a hash of it is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        Index("uq_api_tokens_token_hash", "token_hash", unique=True),
        Index("ix_api_tokens_person_id", "person_id"),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    name: str = word()
    token_hash: str = word()
    created_at: datetime = moment(recorded=True)
    expires_at: datetime = moment()
    last_used_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)


class AccountToken(Table, table=True):
    """A single-use, expiring link: an invitation or a password reset."""

    __tablename__ = "account_tokens"
    __table_args__ = (
        one_of("purpose", ("invitation", "password_reset")),
        Index("uq_account_tokens_token_hash", "token_hash", unique=True),
    )

    id: int = identity()
    person_id: int = reference("people.id")
    purpose: str = word()
    token_hash: str = word()
    created_at: datetime = moment(recorded=True)
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class RecoveryCode(Table, table=True):
    """One of the codes that replace a lost second factor, once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("uq_recovery_codes_person_id_code_hash", "person_id", "code_hash", unique=True),)

    id: int = identity()
    person_id: int = reference("people.id")
    code_hash: str = words()
    used_at: datetime | None = moment(nullable=True)
