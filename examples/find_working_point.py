"""A search for a working point
============================

Searches run-time parameters for a network that answers the task right, with CMA-ES::

    uv run --extra search python examples/find_working_point.py --n-per-unit 25 --generations 20

One build serves every candidate: candidates differ in run-time parameters only, and run side by
side, one process each. Besides the task's conditions there are trials without a cue, in which X
alone must be answered by T and Y by N: what the network should do where memory is lost. A
candidate's loss asks of every trial that the right output unit exceeds the response threshold by a
margin, that the wrong one does not before it, that neither does before the probe nor sooner after
it than an image takes to be seen, and that output neurons are not silent at rest; the worst
condition counts twice, and AY should be slower than AX and BX, as in people. The loss is smooth
where accuracy is a count, so few trials suffice.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import cma
import numpy as np

from pfc_standalone import (
    Condition,
    Parameters,
    Point,
    parameters_of,
    schedule,
    simulate,
    with_values,
)
from pfc_standalone.analysis.activity import rest_windows
from pfc_standalone.analysis.behaviour import GRID, thresholds_in_window
from pfc_standalone.analysis.spike_statistics import filtered_rate
from pfc_standalone.analysis.spike_table import SpikeTable

if TYPE_CHECKING:
    import xarray as xr

NAMES = (
    *("axcpt.x_to_t", "axcpt.x_to_n", "axcpt.y_to_n", "axcpt.y_to_t"),
    *("axcpt.a_to_t", "axcpt.b_to_n", "output.inhibition", "output.w_plus", "output.exc_to_inh"),
    "decision.threshold",
)
UNCUED = (Condition("-X", None, "X", "T"), Condition("-Y", None, "Y", "N"))
#: Hz below the threshold: of the wrong answer, before the probe, and until an image is seen.
MARGIN, MARGIN_BEFORE, MARGIN_UNSEEN = 6.0, 8.0, 2.0
SOFTNESS_HZ = 4.0
UNSEEN_S, LATER_S = 0.045, 0.025
RESTING_HZ = 0.42  # of output excitatory neurons; docs/model.md wants 0.3 to 5


def all_trials(parameters: Parameters) -> Point:
    """All trials of a candidate, in random order."""
    rng = np.random.default_rng(parameters.experiment.seed)
    (delay,) = parameters.experiment.delays
    kinds = [(c, delay) for c in parameters.network.task.conditions] + [(c, "0") for c in UNCUED]
    deck = kinds * parameters.experiment.trials
    return Point(parameters, schedule(parameters, [deck[k] for k in rng.permutation(len(deck))]))


def loss(dataset: xr.Dataset, replicate: int) -> float:
    """Loss of one candidate; 0 is perfect, about 3 answers at random."""
    parameters = parameters_of(dataset, replicate)
    rule = parameters.decision
    threshold, window = rule.threshold, rule.window
    table, rates, fallen = SpikeTable(dataset), {}, thresholds_in_window(rule)
    for unit in parameters.network.task.units["output"]:
        t, _ = table.spikes(f"output_{unit}", replicate)
        end = float(dataset["trial_end"].max()) + window
        size = parameters.network.n_per_unit
        rates[unit] = filtered_rate(t, size, 0.0, end, GRID, rule.tau)[1]

    def above(rate: float, margin: float = MARGIN) -> float:
        return float(np.logaddexp(0, (rate - threshold + margin) / SOFTNESS_HZ))

    terms: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    for k in range(dataset.sizes["trial"]):
        trial = dataset.isel(replicate=replicate, trial=k)
        condition, right = (
            str(trial[f"trial_{n}"].values) for n in ("condition", "correct_response")
        )
        start, opens = (round(float(trial[f"trial_{n}"]) / GRID) for n in ("start", "window_start"))
        seen, closes = opens + round(UNSEEN_S / GRID), opens + round(window / GRID)
        crossed = np.flatnonzero(rates[right][opens:closes] >= fallen)
        until = opens + (max(int(crossed[0]), 1) if crossed.size else closes - opens)
        wrong = max(r[opens:until].max() for u, r in rates.items() if u != right)
        before, unseen = (max(r[w].max() for r in rates.values()) for w in
                          (slice(start, opens), slice(opens, seen)))  # fmt: skip
        missed = 2 * threshold - rates[right][opens:closes].max()
        term = above(wrong) + above(missed)
        term += above(before, MARGIN_BEFORE) + above(unseen, MARGIN_UNSEEN)
        terms.setdefault(condition, []).append(term)
        times.setdefault(condition, []).append((until - opens) * GRID)
    means = [float(np.mean(v)) for v in terms.values()]
    slow = {condition: float(np.median(v)) for condition, v in times.items()}
    order = sum(max(0.0, slow[c] + LATER_S - slow["AY"]) for c in ("AX", "BX"))
    mine = [w for w in rest_windows(dataset) if w[0] == replicate]
    resting = table.rate("output_nonselective", mine)
    return float(np.mean(means)) + max(means) + 8 * order + 20 * max(0.0, RESTING_HZ - resting)


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
            "experiment.delays": "1",
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
        data = simulate([all_trials(candidate) for candidate in candidates])
        losses = [loss(data, k) for k in range(len(candidates))]
        search.tell(steps, losses)
        print(f"generation {generation}: best {min(losses):.2f}, median {np.median(losses):.2f}")
    for name, value in zip(NAMES, start * np.exp(search.mean), strict=True):
        print(f"--set {name}={value:.3g}")


if __name__ == "__main__":
    main()
