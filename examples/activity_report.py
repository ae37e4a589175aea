"""How regular, correlated and selective is the activity of a run? Reads a results folder.

    uv run python examples/activity_report.py results/ax-cpt-cpp-n100-...

Prints, for the memory units after their own cue: ISI CV, pairwise count correlation (100 ms) and
selectivity; for the output: the winner's and the loser's rate in each condition; and the largest
50 ms population rate of all.
"""

from __future__ import annotations

import sys

import numpy as np

from pfc_standalone.activity import SpikeTable, delay_windows, population_rates
from pfc_standalone.results import load_results, parameters_of
from pfc_standalone.spike_statistics import count_correlation, isi_cv, population_rate
from pfc_standalone.tasks import get_task

#: When output rates are compared: from 150 to 350 ms after the decision window opens.
COMPARED = (0.15, 0.35)


def main(folder: str) -> None:
    """Print the report."""
    data = load_results(folder)
    parameters = parameters_of(data)
    table, task = SpikeTable(data), get_task(parameters.network.task)
    rates = population_rates(data, parameters)
    for cue, unit in task.memory_of_cue.items():
        name, cvs, correlations = f"memory_{unit}", [], []
        windows = [w for w in delay_windows(data, parameters, cue) if w[2] - w[1] > 1]
        for replicate in range(data.sizes["replicate"]):
            mine = [(start, stop) for r, start, stop in windows if r == replicate]
            t, neuron = table.spikes(name, replicate)
            cvs.append(isi_cv(t, neuron, mine))
            correlations.append(count_correlation(t, neuron, parameters.network.n_per_unit, mine))
        own, other = rates[name]["delay"], rates[name]["delay_other"]
        print(
            f"{name}: delay rate {own:.1f} Hz, ISI CV {np.concatenate(cvs).mean():.2f}, "
            f"count correlation {np.mean(correlations):.3f}, "
            f"selectivity {(own - other) / (own + other):.3f}"
        )
    opens = data["trial_window_start"].values
    for condition in task.conditions:
        at = np.argwhere(data["trial_condition"].values == condition.name)
        windows = [(int(r), *(opens[r, k] + np.array(COMPARED))) for r, k in at]
        shown = {u: table.rate(f"output_{u}", windows) for u in task.units["output"]}
        winner = shown.pop(condition.correct)
        print(f"{condition.name}: winner {winner:.1f} Hz, loser {max(shown.values()):.1f} Hz")
    peak, where = 0.0, ""
    for name, size in zip(table.names, table.sizes, strict=True):
        for replicate in range(data.sizes["replicate"]):
            t, _ = table.spikes(name, replicate)
            end = float(data["trial_end"].max())
            highest = population_rate(t, int(size), 0.0, end, 0.05)[1].max()
            peak, where = max((peak, where), (highest, name))
    print(f"largest 50 ms population rate: {peak:.0f} Hz ({where})")


if __name__ == "__main__":
    main(sys.argv[1])
