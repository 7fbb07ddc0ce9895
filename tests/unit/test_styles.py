"""The style sheets are all on every page: what one says of a class, another must not say again."""

from __future__ import annotations

import re
from collections import defaultdict

from guitara_app.settings import PROJECT

_ALONE = re.compile(r"^\s*(\.[a-z][a-z0-9-]*)(?: \{|,)$", re.MULTILINE)


def test_no_class_is_defined_by_two_sheets() -> None:
    defined: dict[str, set[str]] = defaultdict(set)
    for sheet in (PROJECT / "assets" / "styles").glob("*.css"):
        for name in _ALONE.findall(sheet.read_text("utf-8")):
            defined[name].add(sheet.name)
    assert len(defined) > 100
    assert {name: sheets for name, sheets in defined.items() if len(sheets) > 1} == {}
