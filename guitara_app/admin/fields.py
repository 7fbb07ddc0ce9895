"""How a column is shown: times on the firm's clock, words for states, a link for what points at another row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Numeric, Table, Time, cast, literal
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE
from starlette.requests import Request
from starlette_admin.contrib.sqla.filters import SqlaFilterRegistry
from starlette_admin.fields import (
    BaseField,
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    EnumField,
    HasOne,
    IntegerField,
    RelationField,
    StringField,
    TextAreaField,
    TimeField,
)
from starlette_admin.filters import FilterApplyContext, filters
from starlette_admin.filters.base import BaseFilter
from starlette_admin.filters.numeric import EqualFilter
from starlette_admin.types import RequestAction

from guitara_app.admin.help import HELP
from guitara_app.admin.mirror import MIRROR, choices_of, key_of, relation_of, target_of
from guitara_app.kit.time import Calendar

_LONG = frozenset({"notes", "reason", "text", "body", "answer", "chosen_because", "ending_reason", "device", "words"})
_CALLED = {"id": "#", "totp_confirmed_at": "Second factor since", "business_date": "Evening"}
_MOST_WORDS = 20_000
_LARGEST = 2**63


@dataclass
class Moment(DateTimeField):
    """A moment on the firm's clock, wherever the browser is."""

    async def serialize_value(self, request: Request, value: Any) -> str:
        """``Fri 27 Nov 2026 21:30``; with its offset in files."""
        calendar: Calendar = request.state.calendar
        if request.state.action == RequestAction.EXPORT:
            return calendar.local(value).isoformat(timespec="seconds")
        return moment_words(value, calendar)


@dataclass
class Span(StringField):
    """From when to when."""

    async def serialize_value(self, request: Request, value: Any) -> str:
        """``Fri 27 Nov 2026 21:30 → 22:30``."""
        calendar: Calendar = request.state.calendar
        if value.isempty:
            return "never"
        starts = moment_words(value.lower, calendar) if value.lower else "always"
        if value.upper is None:
            return f"{starts} \u2192"
        soon = value.lower and value.upper - value.lower < timedelta(hours=12)
        ends = f"{calendar.local(value.upper):%H:%M}" if soon else moment_words(value.upper, calendar)
        return f"{starts} \u2192 {ends}"


@dataclass
class Document(TextAreaField):
    """A JSON value as it stands."""

    async def serialize_value(self, request: Request, value: Any) -> str:
        """Indented, for people."""
        return json.dumps(value, ensure_ascii=False, indent=None if request.state.action == RequestAction.LIST else 2)


@dataclass
class Several(StringField):
    """A list of values."""

    async def serialize_value(self, _request: Request, value: Any) -> str:
        """With commas."""
        return ", ".join(str(one) for one in value)


@dataclass
class Choice(EnumField):
    """One of the words a constraint allows; what is neither is shown as it is."""

    def _get_label(self, value: Any, request: Request) -> Any:
        return dict(self._get_choices(request)).get(value, str(value))


@dataclass
class Reference(HasOne):
    """The row a foreign key points at. Only what it is called by is read of it."""

    async def serialize_value(self, request: Request, value: Any) -> Any:
        """Its number in forms and files, else a link by its name."""
        if request.state.action.is_form() or request.state.action == RequestAction.EXPORT:
            return await super().serialize_value(request, value)
        if self._view is None or self.key is None:
            raise RuntimeError("a reference stands in a view")
        view = self._view._find_foreign_view(self.key)  # as the library's own does
        number = await view.get_serialized_pk_value(request, value)
        return {view.pk_attr: number, "_meta": {"repr": await view.repr(value, request)}}


class PointsAt(EqualFilter):
    """Rows that point at the row of this number."""

    label = "Is number"

    def parse_value(self, raw: Any) -> int:
        """A number that a row can have."""
        number = int(raw)
        if not 0 < number < _LARGEST:
            raise ValueError("no row has this number")
        return number

    def apply(self, ctx: FilterApplyContext) -> Any:
        """Compare the foreign key itself, which its index is on."""
        view: Any = ctx.view
        relation = getattr(view.model, ctx.field_name).property
        return next(iter(relation.local_columns)) == cast(literal(ctx.value), next(iter(relation.local_columns)).type)


class Filters(SqlaFilterRegistry):
    """The library's, and for what points at another row which one."""

    @filters(RelationField)
    def relation_filters(self, field: BaseField) -> list[type[BaseFilter]]:
        """By number, besides there or not."""
        return [PointsAt, *super().relation_filters(field)]

    @filters(Document, Several, Span)
    def none(self, _field: BaseField) -> list[type[BaseFilter]]:
        """What has no simple value is filtered by nothing."""
        return []


def moment_words(at: datetime, calendar: Calendar) -> str:
    """``Fri 27 Nov 2026 21:30`` on the firm's clock."""
    local = calendar.local(at)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def fields_of(table: Table) -> list[BaseField]:
    """A field for each column that the mirror holds, in the table's order."""
    mapped = MIRROR[table.name].__mapper__.column_attrs  # type: ignore[attr-defined]  # every class there is mapped
    known, choices = {one.key for one in mapped}, choices_of(table)
    return [
        _field(column, choices.get(column.name))
        for column in table.columns
        if column.name in known and column.computed is None
    ]


def _field(column: Column[Any], choices: list[str] | None) -> BaseField:
    name = column.name
    more: dict[str, Any] = {"help_text": HELP.get(f"{column.table.name}.{column.name}")}
    label = _CALLED.get(name, name.removesuffix("_id").removesuffix("_at").replace("_", " ").capitalize())
    kind, required = column.type, not column.nullable
    if name == "version":
        # Which version the form shows goes along unseen, so that a colleague's change is not overwritten.
        unseen = ("fields/kept.html", "fields/unlabelled.html")
        return IntegerField(name, label=label, required=True, form_template=unseen[0], label_template=unseen[1])
    if column.foreign_keys and not (column.primary_key and len(column.table.primary_key) == 1):
        target = key_of(target_of(column).name)
        return Reference(relation_of(column), label=label, key=target, required=required, **more)
    # Only words are chosen from; numbers of a small set are typed.
    if choices:
        told = [(value, value.replace("_", " ") or "(none)") for value in choices]
        return Choice(name, label=label, choices=told, required="" not in choices and required, **more)
    simple: list[tuple[Any, type[BaseField]]] = [
        (Boolean, BooleanField),
        (DateTime, Moment),
        (Date, DateField),
        (Time, TimeField),
        (Double, StringField),
        (Numeric, DecimalField),
        (Integer, IntegerField),
        (JSONB, Document),
        (TSTZRANGE, Span),
        (ARRAY, Several),
    ]
    for sql, field in simple:
        if isinstance(kind, sql):
            return field(name, label=label, required=required and field is not BooleanField, **more)
    if name in _LONG:
        return TextAreaField(name, label=label, maxlength=_MOST_WORDS, **more)
    # Where nothing may stand, the column holds an empty text.
    needed = required and column.server_default is None
    return StringField(name, label=label, maxlength=_MOST_WORDS, required=needed, **more)
