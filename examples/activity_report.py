"""How regular, correlated and selective is the activity of a run? Reads a results folder.

    uv run python examples/activity_report.py results/ax-cpt-cpp-n100-...

Prints, for the memory units after their own cue: ISI CV, pairwise count correlation (100 ms) and
selectivity; for the output: the winner's and the loser's rate in each condition; and the largest
50 ms population rate of all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from pfc_standalone import load_results
from pfc_standalone.analysis.activity import delay_windows, population_rates
from pfc_standalone.analysis.spike_statistics import count_correlation, isi_cv, population_rate
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.results import task_of

if TYPE_CHECKING:
    import xarray as xr

#: When output rates are compared: from 150 to 350 ms after the decision window opens.
COMPARED = (0.15, 0.35)


def report(data: xr.Dataset) -> None:
    """Print the report of a dataset."""
    table, task = SpikeTable(data), task_of(data)
    rates, sizes = population_rates(data), dict(zip(table.names, table.sizes, strict=True))
    for cue, unit in task.memory_of_cue.items():
        name, cvs, correlations = f"memory_{unit}", [], []
        windows = [w for w in delay_windows(data, cue) if w[2] - w[1] > 1]
        for replicate in range(data.sizes["replicate"]):
            mine = [(start, stop) for r, start, stop in windows if r == replicate]
            t, neuron = table.spikes(name, replicate)
            cvs.append(isi_cv(t, neuron, mine))
            correlations.append(count_correlation(t, neuron, int(sizes[name]), mine))
        own, other = rates[name]["delay"], rates[name]["delay_other"]
        print(
            f"{name}: delay rate {own:.1f} Hz, ISI CV {np.concatenate(cvs).mean():.2f}, "
            f"count correlation {np.mean(correlations):.3f}, "
            f"selectivity {(own - other) / (own + other):.3f}"
        )
    opens = data["trial_window_start"].values
    for condition in task.conditions:
        if condition.correct is None or len(task.units["output"]) == 1:
            continue  # nobody should win, or there is nobody to lose
        at = np.argwhere(data["trial_condition"].values == condition.name)
        compared = [(int(r), *(opens[r, k] + np.array(COMPARED))) for r, k in at]
        shown = {u: table.rate(f"output_{u}", compared) for u in task.units["output"]}
        winner = shown.pop(condition.correct)
        print(f"{condition.name}: winner {winner:.1f} Hz, loser {max(shown.values()):.1f} Hz")
    peak, where = 0.0, ""
    end = float(data["trial_end"].max())
    for name, size in sizes.items():
        for replicate in range(data.sizes["replicate"]):
            t, _ = table.spikes(name, replicate)
            highest = population_rate(t, int(size), 0.0, end, 0.05)[1].max()
            peak, where = max((peak, where), (float(highest), name))
    print(f"largest 50 ms population rate: {peak:.0f} Hz ({where})")


if __name__ == "__main__":
    report(load_results(sys.argv[1]))
