"""The summary of a gain experiment as tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pfc_standalone.commands.verdict_table import WIDTH, verdict_table


def print_gain_report(summary: dict[str, Any], output: Path, as_json: bool = False) -> None:
    """Print a summary and where the results are; as JSON, the summary alone."""
    if as_json:
        print(json.dumps(summary, indent=1))
        return
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console(width=None if sys.stdout.isatty() else WIDTH)
    gains = summary["gains"]
    columns = ("delay s", "condition", "trials", *(f"errors at {g:g}" for g in gains.values()))
    columns += tuple(f"RT ms at {g:g}, correct / wrong" for g in gains.values())
    table = Table(*columns, title=f"Normal and reduced gain: {_network(summary)}")
    for delay, conditions in summary["errors"]["normal"].items():
        for condition, cell in conditions.items():
            entries = [summary["errors"][g][delay][condition] for g in gains]
            times = [
                " / ".join(
                    _ms(summary[name][g][delay][condition]["value"])
                    for name in ("reaction_times_s", "reaction_times_wrong_s")
                )
                for g in gains
            ]
            table.add_row(delay, condition, str(cell["n"]), *map(_fraction, entries), *times)
    out.print(table)
    for name, key in (
        ("PBI of errors", "pbi_errors"), ("PBI of reaction times", "pbi_reaction_times"),
        ("d'-context", "d_context"),
    ):  # fmt: skip
        said = ", ".join(
            f"{_number(summary[key]['normal'][d])} at {d} s (reduced "
            f"{_number(summary[key]['reduced'][d])})"
            for d in summary[key]["normal"]
        )
        out.print(f"{name}: {said}; adults {summary['adults'][key]['mean']:g}.")
    out.print(verdict_table(summary["findings"], "What the paper and adults say"))
    _print_networks(out, summary.get("networks", {}))
    found = {True: "yes", False: "no", None: "not asked: it needs a short and a long delay"}
    out.print(f"The double dissociation of the paper: {found[summary['dissociates']]}.")
    out.print(f"Results and figure: {output}", soft_wrap=True)


def _network(summary: dict[str, Any]) -> str:
    gains = " and ".join(f"{g:g}" for g in summary["gains"].values())
    if "n_per_unit" in summary:
        return f"n_per_unit {summary['n_per_unit']}, memory.gain {gains}"
    seeds = len(summary["networks"]["training_seeds"])
    return f"model {summary['model']}, {seeds} networks, memory.gain {gains}"


def _print_networks(out: Any, networks: dict[str, Any]) -> None:
    words = {
        "dissociate": "show the double dissociation",
        "ay_slower_than_bx": "answer AY slower than BX at normal gain",
    }
    for name, said in words.items():
        if (share := networks.get(name)) is not None:
            out.print(
                f"{round(share['value'] * share['n'])} of {share['n']} networks {said} (95 % "
                f"interval {share['low']:.2f} to {share['high']:.2f})."
            )


def _fraction(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "-"
    return f"{entry['value']:.3f} ({entry['low']:.3f} to {entry['high']:.3f})"


def _number(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "-"
    return f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1e3 * seconds:.0f}"
