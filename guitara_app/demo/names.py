"""What made-up clients and their doors are called."""

from __future__ import annotations

from random import Random

FIRST_NAMES = (
    "Maria", "Jose", "Juan", "Angel", "Mark", "John Paul", "Mary Grace", "Ma. Teresa", "Christine", "Angelica",
    "Rowena", "Ferdinand", "Lourdes", "Corazon", "Benjie", "Cecilia", "Divina", "Emmanuel", "Francis", "Gloria",
    "Hernan", "Imelda", "Jericho", "Katrina", "Leonora", "Manuel", "Nicole", "Oscar", "Patricia", "Ramil",
    "Sofia", "Teodoro", "Ursula", "Vicente", "Wilma", "Xandra", "Yolanda", "Zenaida", "Niño", "Begoña",
)  # fmt: skip
LAST_NAMES = (
    "Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Garcia", "Mendoza", "Torres", "Castillo", "Flores",
    "Villanueva", "Ramos", "Aquino", "dela Cruz", "de los Santos", "Peña", "Muñoz", "Nuñez", "Ibañez", "Zuñiga",
    "O'Hara", "D'Souza", "Salonga", "Macaraeg", "Dimaculangan", "Panganiban", "Catacutan", "Batungbakal", "Sy",
    "Uy", "Chua", "Tiongson", "Gatdula", "Lacsamana", "Manansala", "Evangelista", "Buenaventura", "Enriquez",
)  # fmt: skip
STREETS = (
    "Acacia", "Banaba", "Camia", "Dapdap", "Everlasting", "Gumamela", "Ilang-Ilang", "Jasmin", "Kamagong", "Lanzones",
    "Mabolo", "Narra", "Orchid", "Palmera", "Rosal", "Sampaguita", "Talisay", "Waling-Waling", "Yakal", "Zinnia",
)  # fmt: skip
_PLACES = ("Residences", "Tower", "Homes", "Garden Suites", "Heights", "Terraces")
_NOTES = (
    "", "", "", "", "", "Guard asks for the therapist's name.", "Park at the side gate.",
    "Dog in the yard, ring first.", "Lobby B, lift to the 12th floor.", "Blue gate beside the bakery.",
)  # fmt: skip
_CLIENT_NOTES = (
    "", "", "", "", "", "", "", "Old knee injury on the left, no pressure there.", "Prefers the same therapist.",
    "Allergic to peppermint.", "Asks for a quiet session.", "Pays by GCash.",
)  # fmt: skip
PREFIXES = (
    "905",
    "915",
    "916",
    "917",
    "918",
    "919",
    "920",
    "926",
    "927",
    "935",
    "945",
    "956",
    "966",
    "977",
    "995",
    "998",
)


def client_name(random: Random) -> str:
    """A name, sometimes with an apostrophe, an enye or two words in it."""
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


def mobile(random: Random) -> str:
    """A Philippine mobile number in E.164; an even one, the odd ones are the large firm's."""
    return f"+63{random.choice(PREFIXES)}{2 * random.randrange(5_000_000):07d}"


def door(random: Random) -> str:
    """A street address without its town."""
    street = random.choice(STREETS)
    if random.random() < 0.4:
        return f"Unit {random.randint(2, 34)}{random.choice('ABCDEFGH')}, {street} {random.choice(_PLACES)}"
    return f"{random.randint(1, 240)} {street} St"


def door_note(random: Random) -> str:
    """What to know at the door; mostly nothing."""
    return random.choice(_NOTES)


def client_note(random: Random) -> str:
    """What to know of the client; mostly nothing."""
    return random.choice(_CLIENT_NOTES)
