"""The headline of the published model
===================================

Errors at normal and reduced gain, by delay and condition::

    uv run python examples/rate_dissociation.py [TRIALS [FILE [NAME=VALUE ...]]]

Every trained network (those that come along, or those of a file that train-rate-model made) does
TRIALS trials of each kind at each gain and delay (experiment.delays=0.75,5 unless said); medians
over networks are printed, with their range, and in how many networks each finding of
`python -m pfc_standalone gain` holds.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pfc_standalone import Parameters, Weights, simulate, study, with_values
from pfc_standalone.analysis.gain_effect import GainEffect, dissociates, findings, gain_effect
from pfc_standalone.experiment.gain_points import GAIN
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.models.rate.trained import shipped

GAINS, CONDITIONS = (1.0, 0.8), ("AX", "AY", "BX", "BY")
#: By what is measured, then gain, delay and condition.
Measured = dict[str, dict[tuple[str, str, str], float]]


def answers_of(parameters: Parameters, weights: Weights) -> tuple[GainEffect, Measured]:
    """Of one network: the effect of its gain, and what the tables show."""
    data = simulate(study(parameters, over={GAIN: GAINS}, weights=weights), "cpp")
    effect = gain_effect(data)
    found: Measured = {n: {} for n in ("errors", "RT correct", "RT wrong", "crossed early")}
    gains = data[GAIN].values[:, None]
    for name, value in effect.gains.items():
        for delay, cells in effect.by_gain[name].items():
            for condition, cell in cells.items():
                key = (f"{value:g}", delay, condition)
                found["errors"][key] = cell.wrong / cell.n
                found["RT correct"][key] = mean_ms(cell.correct_times)
                found["RT wrong"][key] = mean_ms(cell.wrong_times)
                mine = (gains == value) & (data["trial_delay_text"].values == delay)
                mine &= data["trial_condition"].values == condition
                found["crossed early"][key] = data["trial_early_crossing"].values[mine].mean()
    return effect, found


def mean_ms(times: NDArray[np.float64]) -> float:
    """Mean of reaction times in s, ms; NaN of none."""
    return float(1e3 * times.mean()) if times.size else np.nan


def main(trials: str = "1000", file: str = "", *settings: str) -> None:
    """Entry point."""
    weights = Weights.load(Path(file)) if file else BY_HAND
    values = dict(setting.split("=", 1) for setting in settings)
    base = {"network.model": "rate", "experiment.trials": trials, "experiment.replicates": 80}
    every, holding, dissociating = [], Counter[str](), 0
    for seed in sorted(weights.networks or shipped()):
        values |= {"rate.training_seed": str(seed), "experiment.seed": str(seed + 1)}
        batch = {"network.batch": 80}
        effect, found = answers_of(with_values(Parameters(), base | batch | values), weights)
        every.append(found)
        holding.update(holds_everywhere(effect))
        dissociating += bool(dissociates(effect))
    print(f"{len(every)} networks, {trials} trials of each kind; median [range]")
    for what in every[0]:
        print(f"\n| {what} | {' | '.join(CONDITIONS)} |\n| --- | --- | --- | --- | --- |")
        for gain, delay in dict.fromkeys((g, d) for g, d, _ in every[0][what]):
            cells = [shown([f[what][gain, delay, c] for f in every]) for c in CONDITIONS]
            print(f"| gain {gain}, {delay} s | {' | '.join(cells)} |")
    print()
    for name, count in holding.items():
        print(f"{name}: {count} of {len(every)}")
    print(f"double dissociation, the first four of these: {dissociating} of {len(every)}")


def holds_everywhere(effect: GainEffect) -> dict[str, int]:
    """By finding: 1 if it holds at each delay and in each condition that it is asked of."""
    found: dict[str, int] = {}
    for verdict in findings(effect):
        name = verdict.bound.name
        found[name] = found.get(name, 1) * bool(verdict.holds)
    return found


def shown(values: list[float]) -> str:
    """Median and range of what could be measured."""
    known = [v for v in values if not np.isnan(v)]
    if not known:
        return "-"
    return f"{median(known):.3g} [{min(known):.3g}, {max(known):.3g}]"


if __name__ == "__main__":
    main(*sys.argv[1:])
