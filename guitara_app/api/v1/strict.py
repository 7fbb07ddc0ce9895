"""The API's own form of a form: the same fields, each as strict as JSON allows, made from the form itself."""

from __future__ import annotations

import types
import typing
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, TypeVar

import annotated_types
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from guitara_app.api.v1.fields import WHOLE, Body, Clock, Day, Id, Instant, Money, Yes

Form = TypeVar("Form", bound=BaseModel)

_SMALL = 2**31 - 1
_LARGEST_ROW = 2**63
# A datetime is a date as well: the narrower kind comes first.
_KINDS: dict[type, Any] = {bool: Yes, datetime: Instant, date: Day, time: Clock, Decimal: Money}


@cache
def strict(form: type[BaseModel], name: str = "") -> type[Body]:
    """A model of the fields of ``form`` that takes a number for a number and nothing else."""
    fields: dict[str, Any] = {
        field: (_kind(info.annotation, info.metadata), _outline(info)) for field, info in form.model_fields.items()
    }
    made: type[Body] = create_model(name or form.__name__, __base__=Body, __doc__=form.__doc__, **fields)
    return made


def loose(form: type[Form], asked: BaseModel) -> Form:
    """What was asked for, as the form it was made from; what was not sent stays unsaid."""
    return form.model_validate(asked.model_dump(exclude_unset=True))


def _outline(info: FieldInfo) -> Any:
    more: dict[str, Any] = {"description": info.description or info.title}
    if info.default_factory is not None:
        return Field(default_factory=info.default_factory, **more)
    return Field(**more) if info.is_required() else Field(default=info.default, **more)


def _kind(annotation: Any, rules: typing.Sequence[Any] = ()) -> Any:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        meta = [rule for found in inner[1:] for rule in (found.metadata if isinstance(found, FieldInfo) else [found])]
        return _kind(inner[0], [*meta, *rules])
    if origin in (types.UnionType, typing.Union):
        kinds = [_kind(choice, rules) for choice in inner if choice is not type(None)]
        union = kinds[0]
        for kind in kinds[1:]:
            union = union | kind
        return union | None if type(None) in inner else union
    if origin is list:
        return _with(list[_kind(inner[0])], rules)  # type: ignore[misc]  # made at run time
    if annotation in _KINDS:
        return _KINDS[annotation]
    if annotation is int:
        return _number(rules)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return strict(annotation)
    return _with(annotation, rules)


def _number(rules: typing.Sequence[Any]) -> Any:
    if any(isinstance(rule, annotated_types.Lt) and rule.lt == _LARGEST_ROW for rule in rules):
        return Id
    return Annotated[_with(Annotated[int, Field(ge=-_SMALL, le=_SMALL)], rules), WHOLE]


def _with(kind: Any, rules: typing.Sequence[Any]) -> Any:
    for rule in rules:
        kind = Annotated[kind, rule]
    return kind
