"""Search run-time parameters for a network that answers the task right, with CMA-ES.

    uv run --extra search python examples/find_working_point.py --n-per-unit 25 --generations 20

One build serves every candidate: candidates differ in run-time parameters only, and run side by
side, one process each. A candidate's loss asks of every trial that the right output unit exceeds
the response threshold by a margin, that the wrong one does not before it, that neither does
before the probe, and that output neurons are not silent at rest; the worst condition counts
twice. The loss is smooth where accuracy is a count, so few trials suffice.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import cma
import numpy as np

from pfc_standalone import Parameters, deal, parameters_of, simulate, with_values
from pfc_standalone.analysis.activity import rest_windows
from pfc_standalone.analysis.spike_statistics import filtered_rate
from pfc_standalone.analysis.spike_table import SpikeTable

if TYPE_CHECKING:
    import xarray as xr

NAMES = (
    *("axcpt.x_to_t", "axcpt.x_to_n", "axcpt.y_to_n", "axcpt.y_to_t"),
    *("axcpt.a_to_t", "axcpt.b_to_n", "output.inhibition", "output.w_plus"),
)
MARGIN_HZ, SOFTNESS_HZ = 6.0, 4.0
RESTING_HZ = 0.45  # of output excitatory neurons; docs/model.md wants 0.3 to 5
GRID = 1e-3


def loss(dataset: xr.Dataset) -> float:
    """Loss of one candidate's replicate; 0 is perfect, about 3 answers at random."""
    parameters = parameters_of(dataset)
    threshold, window = parameters.decision.threshold, parameters.decision.window
    table = SpikeTable(dataset)
    rates = {}
    for unit in parameters.network.task.units["output"]:
        t, _ = table.spikes(f"output_{unit}", 0)
        end = float(dataset["trial_end"].max()) + window
        size = parameters.network.n_per_unit
        rates[unit] = filtered_rate(t, size, 0.0, end, GRID, parameters.decision.tau)[1]

    def above(rate: float) -> float:
        return float(np.logaddexp(0, (rate - threshold + MARGIN_HZ) / SOFTNESS_HZ))

    by_condition: dict[str, list[float]] = {}
    for k in range(dataset.sizes["trial"]):
        trial = dataset.isel(replicate=0, trial=k)
        right = str(trial["trial_correct_response"].values)
        start, opens = (round(float(trial[f"trial_{n}"]) / GRID) for n in ("start", "window_start"))
        closes = opens + round(window / GRID)
        crossed = np.flatnonzero(rates[right][opens:closes] >= threshold)
        until = opens + (max(int(crossed[0]), 1) if crossed.size else closes - opens)
        wrong = max(r[opens:until].max() for u, r in rates.items() if u != right)
        early = max(r[start:opens].max() for r in rates.values())
        missed = 2 * threshold - rates[right][opens:closes].max()
        terms = above(wrong) + above(missed) + above(early)
        by_condition.setdefault(str(trial["trial_condition"].values), []).append(terms)
    means = [float(np.mean(v)) for v in by_condition.values()]
    resting = table.rate("output_nonselective", rest_windows(dataset))
    return float(np.mean(means)) + max(means) + 20 * max(0.0, RESTING_HZ - resting)


def main() -> None:
    """Search and print the best parameters found, as ``--set`` options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n-per-unit", default="25")
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--population", type=int, default=8, help="candidates a generation")
    parser.add_argument("--trials", default="12", help="of each condition, for one candidate")
    parser.add_argument("--sigma", type=float, default=0.05, help="first relative step")
    chosen = parser.parse_args()

    base = with_values(
        Parameters(),
        {
            "network.n_per_unit": chosen.n_per_unit,
            "experiment.trials": chosen.trials,
            "experiment.delays": "2",
            "experiment.replicates": 1,
        },
    )
    start = np.array([base[name] for name in NAMES])
    search = cma.CMAEvolutionStrategy(
        np.zeros(len(NAMES)),
        chosen.sigma,
        {"popsize": chosen.population, "seed": 1, "verbose": -9},
    )
    for generation in range(chosen.generations):
        steps = search.ask()
        # All candidates of a generation see the same noise, each generation another.
        candidates = [
            with_values(
                base,
                dict(zip(NAMES, (start * np.exp(z)).tolist(), strict=True))
                | {"experiment.seed": generation},
            )
            for z in steps
        ]
        data = simulate([point for candidate in candidates for point in deal(candidate)])
        losses = [loss(data.isel(replicate=[k])) for k in range(len(candidates))]
        search.tell(steps, losses)
        print(f"generation {generation}: best {min(losses):.2f}, median {np.median(losses):.2f}")
    for name, value in zip(NAMES, start * np.exp(search.mean), strict=True):
        print(f"--set {name}={value:.3g}")


if __name__ == "__main__":
    main()
