"""What a firm of this trade usually begins with; whoever founds one changes it as they like."""

from __future__ import annotations

from typing import NamedTuple

from guitara_app.stock.models import ItemKind

ZONES = {
    "Zone 1": ("Pasig", "Mandaluyong", "San Juan", "Marikina"),
    "Zone 2": ("Quezon City", "Makati", "Taguig", "Antipolo"),
}


class PresetService(NamedTuple):
    """A massage: minutes, pesos, and what it takes along besides what every service does."""

    name: str
    minutes: int
    price: int
    materials: tuple[str, ...]


class PresetItem(NamedTuple):
    """Something therapists carry; ``cost`` in pesos."""

    name: str
    unit: str
    stock: int
    kind: ItemKind
    minimum: int
    cost: int


SERVICES = (
    PresetService("Shiatsu", 60, 500, ("Lavender Oil",)),
    PresetService("Combi", 60, 400, ("Massage Lotion",)),
    PresetService("Dry", 60, 500, ()),
    PresetService("Foot", 60, 500, ("Peppermint Oil",)),
    PresetService("Hot Stone", 90, 675, ("Lavender Oil", "Hot Stone Kit")),
    PresetService("Ventosa", 90, 675, ("Massage Lotion", "Ventosa glass set")),
    PresetService("Hand", 60, 400, ("Massage Lotion",)),
)
WITH_EVERY_SERVICE = "Alcohol Spray"
ITEMS = (
    PresetItem("Lavender Oil", "bottle", 50, ItemKind.CONTAINER, 10, 280),
    PresetItem("Peppermint Oil", "bottle", 30, ItemKind.CONTAINER, 6, 260),
    PresetItem("Massage Lotion", "tub", 40, ItemKind.CONTAINER, 8, 190),
    PresetItem("Alcohol Spray", "spray bottle", 25, ItemKind.CONTAINER, 5, 95),
    PresetItem("Ventosa glass set", "set", 15, ItemKind.REUSABLE, 3, 1450),
    PresetItem("Hot Stone Kit", "set", 8, ItemKind.REUSABLE, 2, 2900),
)
