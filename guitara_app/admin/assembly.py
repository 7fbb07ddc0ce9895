"""The console put together: the library's pages with our wall in front and our services behind."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import reflex as rx
from jinja2 import BaseLoader, Environment, PackageLoader
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin.contrib.sqla import Admin
from starlette_admin.export import ExportConfig
from starlette_admin.fields import BaseField, RelationField
from starlette_admin.flash import flash
from starlette_admin.helpers import safe_redirect_url
from starlette_admin.routing import route
from starlette_admin.types import RequestAction
from starlette_admin.views import BaseModelView, CustomView, DropDown, Link
from starlette_admin.widgets import ColumnWidget, FieldRef, render_widget

from guitara_app.admin.acts import ACTS, Act, people_for_choices, reason_field
from guitara_app.admin.gate import PATH, AdminsOnly, Session
from guitara_app.admin.help import ABOUT, GROUPS
from guitara_app.admin.mirror import key_of, reading_sessions
from guitara_app.admin.tables import MOST_EXPORTED, TableView, views
from guitara_app.admin.writing import carry_out
from guitara_app.audit.services import note_client_viewed
from guitara_app.kit.database import reading
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.seal import mark
from guitara_app.kit.threads import in_thread

_HERE = Path(__file__).parent
_INLINE = {
    "<script>": '<script nonce="{{ request.state.nonce }}">',
    'onclick="applyColumnVisibility()"': 'data-guitara="columns"',
    'onchange="window.location = this.value"': 'data-guitara="go"',
}


class Nonced(BaseLoader):
    """The library's templates, made to fit a content security policy without inline handlers.

    What is changed is the templates' own text, never what is rendered into them.
    """

    def __init__(self) -> None:
        self._core = PackageLoader("starlette_admin", "templates")

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """``core/layout.html`` is the library's where a template of ours has the same name."""
        source, name, fresh = self._core.get_source(environment, template.removeprefix("core/"))
        for theirs, ours in _INLINE.items():
            source = source.replace(theirs, ours)
        return source, name, fresh


class Console(Admin):
    """The library's, with pages for actions and forms that lose nothing."""

    async def _render_form_body(
        self, request: Request, view: BaseModelView, obj: Any, errors: Mapping[Any, Any] | None, config: dict[str, Any]
    ) -> None:
        if errors:
            obj = _as_typed(await request.form(), view.get_fields_list(request), obj)
            obj.update(getattr(request.state, "instead", {}))
        await super()._render_form_body(request, view, obj, errors, config)

    @route("/{key}/detail", methods=["GET"], name="detail")
    async def _render_detail(self, request: Request) -> Response:
        answer: Response = await super()._render_detail(request)
        number = request.query_params.get("pk", "")
        if request.path_params["key"] == "clients" and answer.status_code == 200 and number.isdecimal():
            await carry_out(request, lambda session, actor, at: note_client_viewed(session, actor, int(number), now=at))
        return answer

    @route("/{key}/act/{name}", methods=["GET", "POST"], name="act")
    async def _act(self, request: Request) -> Response:
        request.state.action = RequestAction.EDIT
        view, act = self._act_of(request)
        number = request.query_params.get("pk") or ""
        row = await view.find_by_pk(request, number)
        if row is None:
            raise HTTPException(404, "This row is not there.")
        repr_of_row = await view.repr(row, request)
        fields = [*act.fields, *([reason_field()] if act.reason else [])]
        request.state.choices = await in_thread(_choices)
        back = safe_redirect_url(
            request.query_params.get("_origin") or "", request, f"{PATH}/{view.key}/detail?pk={number}"
        )
        typed: dict[str, Any] = {"key": secrets.token_urlsafe(12)}
        errors: dict[str, str] = {}
        if request.method == "POST":
            form = await request.form()
            data: dict[str, Any] = {field.name: await field.parse_form_data(request, form) for field in fields}
            data["key"] = str(form.get("key") or "")[:100]
            try:
                await carry_out(request, lambda session, actor, at: act.do(session, actor, int(number), data, at))
            except GuitaraError as error:
                shown = {field.name for field in fields}
                errors = {error.field if error.field in shown else "form": error.sentence}
                typed = {**_as_typed(form, fields, {}), "key": data["key"]}
            else:
                flash(request, f"{act.label}: done for {repr_of_row}.", "success")
                return RedirectResponse(back, 303)
        widgets: Any = [
            FieldRef(field.name, _field=field, _value=typed.get(field.name), _error=errors.get(field.name))
            for field in fields
        ]
        body = await render_widget(ColumnWidget(children=widgets), request, self.templates.env)
        shown_values = {
            "view": view,
            "title": act.label,
            "act": act,
            "row": repr_of_row,
            "back": back,
            "form_body": body,
            "errors": errors,
            "typed": typed,
        }
        return self._template_response(request, "act.html", shown_values, 422 if errors else 200)

    def _act_of(self, request: Request) -> tuple[TableView, Act]:
        view = cast(TableView, self._find_view_by_key(request.path_params["key"]))
        act = ACTS.get(view.table.name, {}).get(request.path_params["name"])
        if act is None:
            raise HTTPException(404, "There is no such action.")
        return view, act


def _choices() -> dict[str, list[tuple[str, str]]]:
    with reading() as session:
        return people_for_choices(session)


def _as_typed(form: FormData, fields: Any, parsed: Mapping[str, Any]) -> dict[str, Any]:
    """What stood in the form, also where it was not even readable."""
    typed = dict(parsed)
    for field in fields:
        if isinstance(field, BaseField) and not isinstance(field, RelationField):
            typed[field.name] = form.get(field.name)
    return typed


class Tables(CustomView):
    """The first page: every table, with what it is for."""

    def __init__(self) -> None:
        super().__init__(menu_label="", route_name="index", add_to_menu=False)

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """All of them, by group."""
        request.state.action = RequestAction.LIST
        if self._admin is None or self.templates is None:
            raise RuntimeError("the first page stands in the console")
        groups = {
            group: [(key_of(name), about) for name, about in ABOUT.items() if about.group == group] for group in GROUPS
        }
        return self._admin._template_response(request, "tables.html", {"title": "Database", "groups": groups})


def console() -> rx.AdminDash:
    """Every table for ``rx.App``, behind the application's own session and the admins' right."""
    dash = Console(
        cast(Any, reading_sessions),
        title="Guitara database",
        base_url=PATH,
        templates_dir=str(_HERE / "templates"),
        additional_loaders=[Nonced()],
        static_dir=str(_HERE / "static"),
        index_view=Tables(),
        auth_provider=Session(),
        secret_key=mark("console"),
        timezone_config=None,
        favicon_url="/favicon.svg",
        export_config=ExportConfig(max_rows=MOST_EXPORTED),
    )
    # In front of all the others: a request that is refused costs no session and no connection.
    dash.middlewares.insert(0, Middleware(AdminsOnly))
    made = {view.table.name: view for view in views()}
    dash.add_view(Link(menu_label="Back to Guitara", url="/board", icon="fa-solid fa-arrow-left"))
    dash.add_view(Link(menu_label="Audit trail", url="/audit", icon="fa-solid fa-clipboard-list"))

    def menu(group: str) -> DropDown:
        inside: list[Any] = [made[name] for name, about in ABOUT.items() if about.group == group]
        return DropDown(menu_label=group, icon=GROUPS[group], views=inside, always_open=False)

    # What Reflex calls a model and its view is here a group of tables and its place in the menu.
    return rx.AdminDash(models=list(GROUPS), view_overrides=dict.fromkeys(GROUPS, menu), admin=dash)
