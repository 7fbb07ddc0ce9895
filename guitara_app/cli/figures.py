"""Figures as a table: each beside what it must be and what is aimed at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from guitara_app.cli.console import console

if TYPE_CHECKING:
    from loadtest.figures import Figure

_SAYS = (
    "Milliseconds where nothing else is said, compared at p95, most actions and the race at p99. ✓ what must be is"
    " reached, ✓✓ what is aimed at too, ✗ missed (yellow: only aimed at)."
)
# Into a file it goes whole: nobody cuts it to the width of a terminal there.
_WIDE = 180


def show_figures(title: str, figures: Iterable[Figure]) -> None:
    """Print the table; what is only compared with, or only told, has no sign."""
    table = Table(title=title, caption=_SAYS, title_justify="left", caption_justify="left")
    table.add_column("Figure", min_width=20)
    for name in ("runs", "p50", "p95", "p99", "must", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", min_width=20)
    for one in figures:
        table.add_row(one.name, *_values(one), _limit(one, one.must), _limit(one, one.aim), _sign(one), one.note)
    (console if console.is_terminal else Console(width=_WIDE, highlight=False)).print(table)


def _values(one: Figure) -> tuple[str, str, str, str]:
    from loadtest.figures import Level

    if isinstance(one, Level):
        return "", "", f"{'?' if one.value is None else f'{one.value:,g}'} {one.unit}".strip(), ""
    return f"{one.runs:,}", f"{one.p50_ms:g}", f"{one.p95_ms:g}", f"{one.p99_ms:g}"


def _limit(one: Figure, limit: float | None) -> str:
    if limit is None:
        return ""
    return f"≥ {limit:,g}" if getattr(one, "at_least", False) else f"{limit:,g}"


def _sign(one: Figure) -> str:
    if one.must is None:
        return "" if one.aim is None else "[green]✓✓[/]" if one.aimed else "[yellow]✗[/]"
    return "[green]✓✓[/]" if one.aimed else "[green]✓[/]" if one.ok else "[red]✗[/]"
