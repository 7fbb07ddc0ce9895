"""Alert rules and the dashboard ask only for what is counted, by labels it has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from guitara_app.kit import metrics
from guitara_app.settings import PROJECT

RULES = PROJECT / "deploy" / "prometheus" / "alerts.yml"
BOARD = PROJECT / "deploy" / "grafana" / "guitara.json"

_STRINGS = re.compile(r'"[^"]*"')
_METRIC = re.compile(r"\b(?:guitara_\w+|up)\b")
_BY = re.compile(r"\bby \(([^)]*)\)")
_SELECTOR = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
_SHOWN = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


def counted() -> dict[str, set[str]]:
    """What can be asked for, each with its labels."""
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for metric in vars(metrics).values():
        if isinstance(metric, Histogram):
            labels = set(metric._labelnames)
            found |= {f"{metric._name}_bucket": labels | {"le"}}
            found |= {f"{metric._name}_{part}": labels for part in ("sum", "count")}
        elif isinstance(metric, Counter):
            found[f"{metric._name}_total"] = set(metric._labelnames)
        elif isinstance(metric, Gauge):
            found[metric._name] = set(metric._labelnames)
        elif isinstance(metric, metrics.LookedAt):
            found[metric.name] = set(metric.labels)
    return found


def asked() -> Iterator[Any]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"], rule["alert"]
            assert rule["annotations"]["do"], rule["alert"]
            yield pytest.param(rule["expr"], " ".join(rule["annotations"].values()), id=rule["alert"])
    for panel in json.loads(BOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield pytest.param(target["expr"], target["legendFormat"], id=f"{panel['title']}-{target['refId']}")


@pytest.mark.parametrize(("expression", "shown"), list(asked()))
def test_what_is_asked_for_is_counted(expression: str, shown: str) -> None:
    known = counted()
    names = set(_METRIC.findall(_STRINGS.sub('""', expression)))
    assert names
    assert names <= set(known)
    labels = {label for name in names for label in known[name]}
    grouped = {label for group in _BY.findall(expression) for label in re.split(r",\s*", group) if label}
    assert grouped | set(_SELECTOR.findall(expression)) <= labels
    # What is shown of each line must still be there after the summing.
    kept = grouped if grouped else labels
    assert set(_SHOWN.findall(shown)) <= kept


def test_everything_that_is_counted_is_shown() -> None:
    expressions = " ".join(str(target.values[0]) for target in asked())
    shown = set(_METRIC.findall(expressions))
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in counted()}
    assert families - {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in shown} == set()


def test_panels_neither_overlap_nor_share_a_number() -> None:
    panels = json.loads(BOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
