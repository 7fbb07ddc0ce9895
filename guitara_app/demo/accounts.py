"""Who works at the demo firm, and how to sign in as them. Every name is made up."""

from __future__ import annotations

from typing import NamedTuple

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Role

DEMO_PASSWORD = "guitara-demo"  # noqa: S105  it is printed at every start of a demo firm, and exists nowhere else


class DemoAccount(NamedTuple):
    """What the start prints: who it is and how to sign in."""

    role: Role
    username: str
    password: str


class StaffMember(NamedTuple):
    """One person of the demo firm; the user name is the first name in lower case, where no other is given."""

    role: Role
    name: str
    vehicle: Vehicle | None = None
    login: str = ""

    @property
    def username(self) -> str:
        """What they sign in with."""
        return self.login or self.name.split()[0].lower()


_THERAPISTS = (
    "Liza Santos",
    "Grace Villanueva",
    "Rosa dela Cruz",
    "Joy Mendoza",
    "Tess Aquino",
    "Nena Bautista",
    "Carmi Ocampo",
    "Dolly Ramos",
    "Fe Castillo",
    "Gemma Navarro",
    "Hazel Rivera",
    "Irene Salazar",
    "Jenny Torres",
    "Karen Flores",
    "Luz Domingo",
    "Maricel Soriano",
    "Norma Valdez",
    "Odette Ferrer",
    "Pilar Gonzales",
    "Queenie Mercado",
    "Rhea Pascual",
    "Sheila Aguilar",
    "Tina Peñaflor",
    "Vilma Cabrera",
    "Weng Santiago",
    "Yna Rosario",
    "Arnel Magsaysay",
    "Boyet Lacson",
)
_DRIVERS = (
    ("Dodong Reyes", Vehicle.CAR),
    ("Edgar Lim", Vehicle.MOTORCYCLE),
    ("Felix Manalo", Vehicle.CAR),
    ("Gener Tolentino", Vehicle.MOTORCYCLE),
    ("Henry Abad", Vehicle.CAR),
    ("Isko Padilla", Vehicle.MOTORCYCLE),
    ("Jun Velasco", Vehicle.CAR),
)
_DESK = (
    (Role.OPERATOR, "Ana Corpuz"),
    (Role.OPERATOR, "Bea Tan"),
    (Role.OPERATOR, "Chito Roxas"),
    (Role.MANAGER, "Marga Zamora"),
    (Role.ADMIN, "Ramon Yulo"),
)

STAFF: tuple[StaffMember, ...] = (
    *(StaffMember(role, name) for role, name in _DESK),
    *(StaffMember(Role.THERAPIST, name) for name in _THERAPISTS),
    *(StaffMember(Role.DRIVER, name, vehicle) for name, vehicle in _DRIVERS),
)

_SHOWN = ("ana", "bea", "liza", "grace", "dodong", "edgar", "marga", "ramon")

DEMO_ACCOUNTS: tuple[DemoAccount, ...] = tuple(
    DemoAccount(member.role, member.username, DEMO_PASSWORD)
    for username in _SHOWN
    for member in STAFF
    if member.username == username
)
"""Some of them, at least one of each role; the others sign in with their first name and the same password."""
