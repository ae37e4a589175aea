"""Verdicts beside their bounds, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

#: Columns of a table that no terminal shows.
WIDTH = 150
#: What a verdict is called, by whether it holds.
WORDS = {True: "holds", False: "DOES NOT HOLD", None: "not measured"}


def verdict_table(rows: Iterable[Mapping[str, Any]], title: str) -> Table:
    """A table of verdicts, as `analysis.bounds.as_row` makes rows of them."""
    from rich.table import Table

    table = Table("quantity", "on", "value (95 % interval)", "allowed", "source", "verdict",
                  title=title)  # fmt: skip
    for row in rows:
        table.add_row(
            row["name"], row["where"], value_text(row), row["allowed"], row["source"],
            verdict_text(row),
        )  # fmt: skip
    return table


def value_text(row: Mapping[str, Any]) -> str:
    """A value with its interval, if it has one."""
    if row["value"] is None:
        return "-"
    text = f"{row['value']:.3g}"
    if row["low"] is not None:
        text += f" ({row['low']:.3g} to {row['high']:.3g})"
    return text


def verdict_text(row: Mapping[str, Any]) -> str:
    """A verdict in words; whether chance may have decided it."""
    by_chance = row["beyond_chance"] is False
    return WORDS[row["holds"]] + (", within chance" if by_chance else "")


#: The same for a page, by the names that its template calls them.
VERDICT_WORDS = {"value": value_text, "verdict": verdict_text}
