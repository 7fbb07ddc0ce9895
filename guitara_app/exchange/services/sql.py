"""Pieces of statements that the subjects share. Nothing that was typed is ever put into one."""

# ruff: noqa: S608  only our own words are put together

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def refusals(*why: tuple[str, str, str]) -> str:
    """The problems of a row as one expression: each is a condition, the field, and an expression for the sentence."""
    parts = (
        f"CASE WHEN {condition} THEN jsonb_build_array(jsonb_build_object('field', '{field}', 'why', {sentence}))"
        " ELSE '[]'::jsonb END"
        for condition, field, sentence in why
    )
    return " || ".join(("problems", *parts))


def change(field: str, *, was: str, becomes: str) -> str:
    """One member of the changes of a row: what stands there and what it becomes; nothing when the row says nothing."""
    return (
        f"'{field}', CASE WHEN {becomes} IS NOT NULL AND {becomes} IS DISTINCT FROM {was}"
        f" THEN jsonb_build_array({was}, {becomes}) END"
    )


def changes(*members: str) -> str:
    """All changes of a row, made of what ``change`` gives; none of a row that is new."""
    listed = f"jsonb_strip_nulls(jsonb_build_object({', '.join(members)}))"
    return f"CASE WHEN target_id IS NULL THEN '{{}}'::jsonb ELSE {listed} END"


def new_without(who: str, field: str, words: str, *, column: str = "") -> tuple[str, str, str]:
    """For ``refusals``: what is new lacks ``field``, and nothing was wrong with what was written there."""
    missing = f"id IS NULL AND target_id IS NULL AND {column or field} IS NULL"
    return f'{missing} AND NOT problems @> \'[{{"field": "{field}"}}]\'', field, said(f"{who} needs {words}.")


def lock(table: str) -> str:
    """Hold the rows of ``table`` that the import would change, in the order of their numbers."""
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE id IN (SELECT target_id FROM import_rows"
        " WHERE import_id = :import AND fate = 'changed') ORDER BY id FOR UPDATE) held"
    )


def used(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that the statement asks for."""
    return {name: value for name, value in values.items() if f":{name}" in statement}


def said(sentence: str) -> str:
    """A sentence as an expression."""
    return "'" + sentence.replace("'", "''") + "'"


FATE = (
    "CASE WHEN problems <> '[]' THEN 'refused' WHEN target_id IS NULL THEN 'new' WHEN changes = '{}' THEN 'same'"
    " ELSE 'changed' END AS fate"
)
BEFORE = "(SELECT jsonb_object_agg(key, value->0) FROM jsonb_each(j.changes))"
AFTER = "(SELECT jsonb_object_agg(key, value->1) FROM jsonb_each(j.changes))"
FIELDS = "(SELECT jsonb_agg(key ORDER BY key) FROM jsonb_object_keys(j.changes) AS key)"
LOGGED = "kind, happened_at, actor_id, door, published_at, topics"
"""Columns of an event that was written with its import: it has been published by that one's own event."""


def logged(kind: str) -> str:
    """What stands in the columns of ``LOGGED``."""
    return f"'{kind}', :now, :actor, :door, clock_timestamp(), '{{}}'::text[]"
