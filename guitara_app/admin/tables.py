"""A table in the console: how it is listed, searched and counted. Whatever is not written by a service is only read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from typing import cast as cast_type
from urllib.parse import urlencode

import anyio.to_thread
from sqlalchemy import BigInteger, Index, Select, Table, Text, and_, cast, func, or_, select, true
from sqlalchemy.orm import Session
from sqlmodel import SQLModel
from starlette.requests import Request
from starlette.responses import Response
from starlette_admin.contrib.sqla import ModelView
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.export import ExportContext
from starlette_admin.export.csv import CsvExporter
from starlette_admin.fields import BaseField, NumberField, RelationField, StringField
from starlette_admin.filters import FilterGroup, FilterRegistry
from starlette_admin.types import RowActionsDisplayType

from guitara_app.accounts.permissions import Actor
from guitara_app.admin.acts import ACTS, Act
from guitara_app.admin.fields import Document, Several, Span, fields_of
from guitara_app.admin.fields import Filters as ConsoleFilters
from guitara_app.admin.help import ABOUT
from guitara_app.admin.mirror import MIRROR, Row, key_of, relation_of, target_of
from guitara_app.admin.writing import WRITTEN, Written, carry_out
from guitara_app.audit.services import note_exported
from guitara_app.clients.rules import search_terms
from guitara_app.kit.errors import GuitaraError, Stale
from guitara_app.kit.spreadsheets import csv_text
from guitara_app.kit.statements import text

COUNTED = 10_000
"""Rows counted beyond the page that is shown; what is more is "10,000 and more"."""
LARGE = 20_000
"""Above as many rows a table is listed by its indexes only, and the number of its rows is estimated."""
MOST_EXPORTED = 50_000
"""Rows of one file; they are put together in memory."""
_LARGEST = 2**63


class About(int):
    """A number of rows that is not known exactly, and says so."""

    words: str

    def __new__(cls, number: int, words: str) -> About:
        """``number`` to page by, ``words`` to show."""
        made = super().__new__(cls, number)
        made.words = words
        return made

    def __str__(self) -> str:
        return self.words


class Sheet(CsvExporter):
    """CSV as the application writes it elsewhere: marked as UTF-8, and no cell can act as a formula."""

    async def generate(self, fields: list[BaseField], rows: list[dict[str, Any]]) -> bytes:
        """The whole file."""
        lines = ([_cell(row.get(field.name)) for field in fields] for row in rows)
        return csv_text([field.label or field.name for field in fields], lines).encode()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else value
    return str(value)


class TableView(ModelView):
    """One table. ``table`` and ``written`` are set by the class made for it."""

    table: ClassVar[Table]
    written: ClassVar[Written | None] = None

    exporters: Sequence[Any] = [Sheet()]
    importers: Sequence[Any] = []
    page_size = 25
    page_size_options: Sequence[int] = [25, 50, 100]
    list_template = "table.html"
    detail_template = "row.html"
    create_template = "add.html"
    edit_template = "change.html"
    row_actions_display_type = RowActionsDisplayType.KEBAB

    def __init__(self, model: type[Row]) -> None:
        about = ABOUT[self.table.name]
        self.words = about.words
        self.fields = fields_of(self.table)
        names = [field.name for field in self.fields]
        unsearched = (Document, Several, Span)
        writes = self.written
        self.exclude_fields_from_create = [name for name in names if writes is None or name not in writes.added]
        self.exclude_fields_from_edit = [name for name in names if writes is None or name not in writes.changed]
        # What may be filtered by; which of it the search box looks at is decided below.
        self.searchable_fields = [field.name for field in self.fields if not isinstance(field, unsearched)]
        self.sortable_fields = self._sortable(names)
        by_key = {"name": model.name_key} if self.table.name == "clients" else {}  # type: ignore[attr-defined]  # mapped
        self.__dict__["sortable_field_mapping"] = by_key
        keys = [column.name for column in self.table.primary_key]
        self.fields_default_sort = [(keys[0], True)] if keys == ["id"] else list(keys)
        self.row_actions = ["view", *(["edit"] if writes and writes.changed else [])]
        self.actions = []
        super().__init__(
            model,
            key=key_of(self.table.name),
            menu_label=about.label,
            display_name=writes.one if writes else about.label,
        )
        self.acts = ACTS.get(self.table.name, {})
        for name, act in self.acts.items():
            self._row_actions[f"act-{name}"] = _as_link(f"act-{name}", act)
            self._row_actions_handlers[f"act-{name}"] = cast_type(Any, partial(self._to_act, name))
            self.row_actions = [*self.row_actions, f"act-{name}"]
        self.pointing = [
            (key_of(other.name), ABOUT[other.name].label, relation_of(column))
            for other in SQLModel.metadata.sorted_tables
            for column in other.columns
            if column.foreign_keys and target_of(column) is self.table and other.name in ABOUT
        ]

    def _to_act(self, name: str, request: Request, pk: Any) -> str:
        asked = urlencode({"pk": pk, "_origin": str(request.url)})
        return f"{request.url_for('admin:act', key=self.key, name=name)}?{asked}"

    def _sortable(self, names: list[str]) -> list[str]:
        """On tables that grow, what an index is in the order of; on all others, every simple column."""
        if self.table.name not in GROWING:
            unsorted = (Document, RelationField, Several, Span)
            return [field.name for field in self.fields if not isinstance(field, unsorted)]
        led = {
            index.columns[0].name
            for index in self.table.indexes
            if len(index.columns) and not {"where", "ops", "using"} & _said_of(index)
        }
        relations = {relation_of(column): column.name for column in self.table.columns if column.foreign_keys}
        by_name = {"name"} if self.table.name == "clients" else set()
        keys = {column.name for column in self.table.primary_key}
        return [name for name in names if name not in relations and name in led | keys | by_name]

    # What may be done.

    def can_create(self, _request: Request) -> bool:
        """Where a service adds."""
        return self.written is not None and self.written.add is not None

    def can_edit(self, _request: Request) -> bool:
        """Where a service changes."""
        return self.written is not None and self.written.change is not None

    def can_delete(self, _request: Request) -> bool:
        """Nothing that has history is deleted."""
        return False

    def can_import(self, _request: Request) -> bool:
        """Services add one at a time."""
        return False

    async def is_row_action_allowed_for_obj(self, request: Request, name: str, obj: Any) -> bool:
        """What can be done with this row as it stands."""
        act = self.acts.get(name.removeprefix("act-")) if name.startswith("act-") else None
        return act.possible(obj) if act else await super().is_row_action_allowed_for_obj(request, name, obj)

    async def handle_row_action(self, _request: Request, _pk: Any, _name: str) -> Response | None:
        """Actions have pages of their own, where what was typed stays."""
        raise ActionFailed("This is done on a page of its own.")

    async def is_action_allowed(self, request: Request, name: str) -> bool:
        """Files are all there is for many rows at once."""
        return name == "export" and await super().is_action_allowed(request, name)

    # Looking.

    def get_filter_registry(self) -> FilterRegistry:
        """The console's filters."""
        return ConsoleFilters()

    def get_list_query(self, request: Request) -> Select[Any]:
        """All rows."""
        return select(self.model)

    def get_search_query(self, _request: Request, term: str) -> Any:
        """Rows that hold ``term`` in their own words or point at somebody of that name, or have it for a number.

        A table that grows is asked only what an index answers.
        """
        words = " ".join(term.replace("\0", "").split())
        if self.table.name == "clients":
            return or_(_is_called(self.table, words), self._numbered(words))
        named = [
            column.in_(select(target_of(column).c.id).where(_is_called(target_of(column), words)).limit(_NAMESAKES))
            for column in self.table.columns
            if column.foreign_keys and target_of(column).name in _NAMED
        ]
        own = [] if self.table.name in GROWING else [self.table.c[name] for name in self._worded]
        if self.table.name == "client_phones":
            own = [self.table.c.phone]
        held = [cast(column, Text).ilike(f"%{_escaped(_without_zero(words))}%", escape="\\") for column in own]
        return or_(self._numbered(words), *named, *held)

    @property
    def _worded(self) -> list[str]:
        return [
            field.name
            for field in self.fields
            if isinstance(field, StringField)
            and not isinstance(field, (NumberField, Document, Several, Span))
            and field.name in self.table.columns
        ]

    def _numbered(self, words: str) -> Any:
        number = words.removeprefix("#")
        column = self.table.columns.get("id")
        is_one = column is not None and number.isascii() and number.isdecimal() and 0 < int(number[:19]) < _LARGEST
        return column == int(number[:19]) if is_one and column is not None else text("false")

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: FilterGroup | None = None,
    ) -> Sequence[Any]:
        """A page of rows. Which ones is asked first, of an index alone; what they hold only of those."""
        key = self._pk_column
        if isinstance(key, tuple) or limit <= 0:
            return await super().find_all(request, skip, limit, q, sorts, filters)
        asked = await self._apply_search_and_filters(request, select(key).offset(skip).limit(limit), q, filters)
        asked = self.build_order_clauses(request, sorts or [], asked)
        session = request.state.session
        order = await anyio.to_thread.run_sync(lambda: list(session.scalars(asked)))
        by_key = {getattr(row, key.key): row for row in await self.find_by_pks(request, order)}
        return [by_key[one] for one in order if one in by_key]

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """The row, None for a number that no row can have."""
        try:
            numbered = not isinstance(self._pk_column, tuple) and isinstance(self._pk_column.type, BigInteger)
            if numbered and not 0 < int(pk) < _LARGEST:
                return None
            return await super().find_by_pk(request, pk)
        except (ValueError, TypeError):
            return None

    async def find_by_pks(self, request: Request, pks: list[Any]) -> Sequence[Any]:
        """The rows there are."""
        try:
            return await super().find_by_pks(request, pks)
        except (ValueError, TypeError):
            return []

    async def count(self, request: Request, q: str | None = None, filters: FilterGroup | None = None) -> int:
        """How many rows: exact for as many as somebody pages through, else at least so many, or about so many.

        Counting a million rows for each page would cost more than the page.
        """
        page, size = request.query_params.get("page", "1"), request.query_params.get("page_size", str(self.page_size))
        skip = (int(page) - 1) * int(size) if (page + size).isascii() and (page + size).isdecimal() else 0
        session = request.state.session
        if q is None and (filters is None or filters.is_empty()):
            told = await anyio.to_thread.run_sync(session.scalar, _ESTIMATE, {"table": self.table.name})
            if (told or 0) > LARGE:
                return About(max(int(told), skip), f"about {int(told):,}")
        most = max(0, skip) + COUNTED
        bounded = select(text("1")).select_from(self.model).limit(most + 1)
        bounded = await self._apply_search_and_filters(request, bounded, q, filters)
        counted = select(func.count()).select_from(bounded.subquery())
        number = int(await anyio.to_thread.run_sync(session.scalar, counted) or 0)
        return About(most, f"more than {most:,}") if number > most else number

    async def after_export(self, request: Request, ctx: ExportContext) -> None:
        """Who took what away is in the audit trail."""
        data = {"table": self.table.name, "rows": len(ctx.rows), "asked": request.query_params.get("_list_query", "")}
        await carry_out(
            request, lambda session, actor, at: note_exported(session, actor, "table_exported", now=at, data=data)
        )

    # Changing.

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        """Add by the service; what it refuses stands beside its field, and what was typed stays."""
        if self.written is None or self.written.add is None:
            raise FormValidationError({"": "Nothing is added here."})
        number = await self._by_service(request, self.written.add, data)
        return await self.find_by_pk(request, number)

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:
        """Change by the service, in the same way."""
        if self.written is None or self.written.change is None:
            raise FormValidationError({"": "Nothing is changed here."})
        change, number = self.written.change, int(pk)

        def work(session: Session, actor: Actor, typed: dict[str, Any], at: datetime) -> None:
            change(session, actor, number, typed, at)

        await self._by_service(request, work, data)
        return await self.find_by_pk(request, pk)

    async def _by_service(self, request: Request, work: Any, data: dict[str, Any]) -> Any:
        try:
            return await carry_out(request, lambda session, actor, at: work(session, actor, data, at))
        except Stale as error:
            # Whoever saves once more has been told, and means it.
            request.state.instead = {"version": await self._version(request)}
            raise FormValidationError({self._shown_at(request, error.field): error.sentence}) from error
        except GuitaraError as error:
            raise FormValidationError({self._shown_at(request, error.field): error.sentence}) from error

    async def _version(self, request: Request) -> int:
        row = await self.find_by_pk(request, request.query_params.get("pk"))
        return int(getattr(row, "version", 0))

    def _shown_at(self, request: Request, field: str) -> str:
        shown = {one.name for one in self.get_fields_list(request)}
        return next((name for name in (field, field.removesuffix("_id")) if name in shown), "form")


_ESTIMATE = text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)")
_NAMED = frozenset({"clients", "people", "services", "items", "localities"})
_NAMESAKES = 500


def _said_of(index: Index) -> set[str]:
    options = index.dialect_options["postgresql"]
    found = {"where"} if options["where"] is not None else set()
    return found | {name for name in ("ops", "using") if options[name]}


def _as_link(name: str, act: Act) -> dict[str, Any]:
    return {
        "name": name,
        "text": act.label,
        "icon_class": act.icon,
        "action_btn_class": "btn btn-outline-danger" if act.grave else "btn btn-outline-primary",
        "is_link": True,
        "exclude_from_list": False,
        "exclude_from_detail": False,
    }


def _is_called(table: Table, words: str) -> Any:
    """Rows of ``table`` by a name, for clients by phone and mailbox too."""
    if table.name != "clients":
        return table.c.name.ilike(f"%{_escaped(words)}%", escape="\\")
    # Fewer than three letters are in no trigram: they are taken for the beginning of a name.
    parts = [
        table.c.search.ilike(f"%{_escaped(term)}%", escape="\\")
        if len(term) > 2
        else table.c.name_key.like(f"{_escaped(term)}%", escape="\\")
        for term in map(_without_zero, search_terms(words))
    ]
    return and_(true(), *parts)


def _without_zero(words: str) -> str:
    digits = words.replace(" ", "").replace("-", "")
    return digits[1:] if digits.startswith("0") and digits.isdecimal() and len(digits) > 3 else words


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


GROWING = frozenset(
    {
        "appointment_services",
        "appointments",
        "assignments",
        "client_addresses",
        "client_phones",
        "clients",
        "event_details",
        "events",
        "leg_offers",
        "leg_passengers",
        "legs",
        "notifications",
        "payments",
        "stock_movements",
    }
)
"""Tables that hold hundreds of thousands of rows after some years."""


def views() -> list[TableView]:
    """A view of every table."""
    return [
        type(f"{name}View", (TableView,), {"table": model.__table__, "written": WRITTEN.get(name)})(model)  # type: ignore[attr-defined]
        for name, model in MIRROR.items()
    ]
