"""Who may do what: the one table every page handler, route, service and task asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guitara_app.kit.errors import NotAllowed


class Role(StrEnum):
    """What somebody is at the firm."""

    OPERATOR = "operator"
    THERAPIST = "therapist"
    DRIVER = "driver"
    MANAGER = "manager"
    ADMIN = "admin"


DESK = frozenset({Role.OPERATOR, Role.MANAGER, Role.ADMIN})
FIELD = frozenset({Role.THERAPIST, Role.DRIVER})
EVERYBODY = DESK | FIELD


class Permission(StrEnum):
    """One thing that may be allowed."""

    SIGNED_IN = "signed_in"
    SEE_BOARD = "see_board"
    SEE_APPOINTMENT = "see_appointment"
    SEE_CLIENTS = "see_clients"
    EDIT_CLIENTS = "edit_clients"
    ERASE_CLIENTS = "erase_clients"
    BOOK = "book"
    RUN_VISITS = "run_visits"
    STEP_AS_THERAPIST = "step_as_therapist"
    STEP_AS_DRIVER = "step_as_driver"
    OVERRULE = "overrule"
    HANDLE_ATTENTION = "handle_attention"
    HAND_OVER = "hand_over"
    PRINT_SHEET = "print_sheet"
    SEE_QUEUE = "see_queue"
    SEE_OWN_JOBS = "see_own_jobs"
    SEE_SHIFTS = "see_shifts"
    MANAGE_SHIFTS = "manage_shifts"
    SEE_PLAN = "see_plan"
    OWN_SHIFTS = "own_shifts"
    SET_HOLIDAYS = "set_holidays"
    SET_FIRM = "set_firm"
    MANAGE_STOCK = "manage_stock"
    SET_CATALOG = "set_catalog"
    MANAGE_STAFF = "manage_staff"
    EXCHANGE = "exchange"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_SYSTEM = "see_system"
    USE_CONSOLE = "use_console"
    SEE_AUDIT = "see_audit"


HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.SIGNED_IN: EVERYBODY,
    Permission.SEE_BOARD: DESK,
    Permission.SEE_APPOINTMENT: DESK,
    Permission.SEE_CLIENTS: DESK,
    Permission.EDIT_CLIENTS: DESK,
    Permission.ERASE_CLIENTS: frozenset({Role.ADMIN}),
    Permission.BOOK: DESK,
    Permission.RUN_VISITS: DESK,
    Permission.STEP_AS_THERAPIST: frozenset({Role.THERAPIST}) | DESK,
    Permission.STEP_AS_DRIVER: frozenset({Role.DRIVER}) | DESK,
    Permission.OVERRULE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.HANDLE_ATTENTION: DESK,
    Permission.HAND_OVER: DESK,
    Permission.PRINT_SHEET: DESK,
    Permission.SEE_QUEUE: frozenset({Role.DRIVER}),
    Permission.SEE_OWN_JOBS: FIELD,
    Permission.SEE_SHIFTS: DESK,
    Permission.MANAGE_SHIFTS: DESK,
    Permission.SEE_PLAN: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.OWN_SHIFTS: FIELD,
    Permission.SET_HOLIDAYS: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.SET_FIRM: frozenset({Role.ADMIN}),
    Permission.MANAGE_STOCK: DESK,
    Permission.SET_CATALOG: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.MANAGE_STAFF: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.EXCHANGE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.MANAGE_ACCOUNTS: frozenset({Role.ADMIN}),
    Permission.SEE_SYSTEM: frozenset({Role.ADMIN}),
    Permission.USE_CONSOLE: frozenset({Role.ADMIN}),
    Permission.SEE_AUDIT: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for a change. ``role`` is None for the system itself, which may do what only tasks do."""

    person_id: int | None
    role: Role | None
    name: str
    on_behalf_of: int | None = None

    @property
    def is_desk(self) -> bool:
        """May see and act for everybody."""
        return self.role in DESK


SYSTEM = Actor(None, None, "system")


def allowed(role: Role | None, permission: Permission) -> bool:
    """Whether ``role`` holds ``permission``."""
    return role is not None and role in HOLDERS[permission]


def require(actor: Actor, permission: Permission) -> None:
    """Refuse unless ``actor`` holds ``permission``.

    Raises:
        NotAllowed: the role has no such right.
    """
    if not allowed(actor.role, permission):
        raise NotAllowed("Your account may not do this. Ask a manager if you should be able to.")


def require_staff(actor: Actor, role: Role | str) -> None:
    """Refuse unless ``actor`` may see to the account of somebody of ``role``: admins are seen to by admins alone.

    Raises:
        NotAllowed: the actor has no such right.
    """
    require(actor, Permission.MANAGE_STAFF)
    if role == Role.ADMIN and not allowed(actor.role, Permission.MANAGE_ACCOUNTS):
        raise NotAllowed("This is the account of an admin. Only an admin changes it.")


def require_giving(actor: Actor, role: Role | str) -> None:
    """Refuse unless ``actor`` may make somebody new a ``role``; nobody but an admin gives a rank of a manager or above.

    Raises:
        NotAllowed: the actor has no such right.
    """
    require(actor, Permission.MANAGE_STAFF)
    if role in (Role.MANAGER, Role.ADMIN) and not allowed(actor.role, Permission.MANAGE_ACCOUNTS):
        raise NotAllowed("Only an admin makes somebody a manager or an admin. Ask one, or choose another role.")
