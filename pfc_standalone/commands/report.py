"""The summary of an experiment as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pfc_standalone.results.raw import PHASES


def print_report(summary: dict[str, Any], output: Path, as_json: bool = False) -> None:
    """Print a summary and where the results are; as JSON, the summary alone."""
    if as_json:
        print(json.dumps(summary, indent=1))
        return
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console()

    def number(value: float | None, digits: int = 2) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    table = Table("delay s", "condition", "trials", "accuracy (95 % interval)", "median RT ms",
                  title=f"Behaviour: {summary['task']}, {summary['target']}, "
                  f"{_network(summary)}")  # fmt: skip
    for delay, conditions in summary["accuracy"].items():
        for condition, a in conditions.items():
            rt = summary["reaction_time_s"][delay][condition]["value"]
            table.add_row(
                delay, condition, str(a["n"]),
                f"{a['value']:.3f} ({a['low']:.3f} to {a['high']:.3f})",
                number(None if rt is None else rt * 1e3, 0),
            )  # fmt: skip
    out.print(table)
    early, held = summary["premature_responses"], summary["memory_held"]
    out.print(
        f"Responses before the decision window: {early['value']:.1%} of {early['n']} trials. "
        + "Memory held: "
        + ", ".join(f"{h['value']:.1%} at {d} s" for d, h in held.items())
        + "."
    )
    if early := summary.get("early_crossings"):
        out.print(
            f"An output was above the threshold at some time before the probe in "
            f"{early['value']:.1%} of {early['n']} trials; a response waits for the probe."
        )
    spikes = "spikes" in summary
    if spikes:
        table = Table("population", "spontaneous Hz", "delay Hz", title="Mean rates")
    else:
        table = Table("unit", "before the cue", "delay", title="Mean activities")
    for name, rates in summary["population_rates_hz" if spikes else "unit_activities"].items():
        delay = number(rates["delay"])
        if "delay_other" in rates:
            delay += f" (other cue: {number(rates['delay_other'])})"
        table.add_row(name, number(rates["spontaneous"]), delay)
    out.print(table)
    table = Table(*PHASES, title="Wall-clock time of each phase, s")
    table.add_row(*(f"{summary['phases_s'][phase]:.2f}" for phase in PHASES))
    out.print(table)
    out.print(
        f"Simulated {summary['simulated_s']:.1f} s of biological time over "
        f"{summary['replicates']} replicates at a real-time factor of "
        f"{summary['real_time_factor']:.3g} (wall-clock per biological second)"
        + (f"; {summary['spikes']} spikes." if spikes else ".")
    )
    out.print(f"Results and figures: {output}", soft_wrap=True)


def _network(summary: dict[str, Any]) -> str:
    """What was simulated, in short."""
    if "n_per_unit" in summary:
        return f"n_per_unit {summary['n_per_unit']}"
    seeds = ", ".join(map(str, summary["training_seeds"]))
    return f"model {summary['model']}, training seed {seeds}"
