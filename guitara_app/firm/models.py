"""Tables of what the firm itself has decided: its settings and where it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from guitara_app.kit.columns import Table, identity, moment, reference, word


class Setting(Table, table=True):
    """One setting that differs from its default."""

    __tablename__ = "settings"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: Any = Field(sa_column=Column(JSONB, nullable=False))
    changed_at: datetime = moment(recorded=True)


class Zone(Table, table=True):
    """A part of the city inside which trips are short."""

    __tablename__ = "zones"
    __table_args__ = (Index("uq_zones_name", "name", unique=True),)

    id: int = identity()
    name: str = word()


class Locality(Table, table=True):
    """A city or town, and the zone it counts to."""

    __tablename__ = "localities"
    __table_args__ = (Index("uq_localities_name", "name", unique=True),)

    id: int = identity()
    name: str = word()
    zone_id: int = reference("zones.id")
