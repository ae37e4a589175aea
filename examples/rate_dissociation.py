"""The headline of the published model
===================================

Errors at normal and reduced gain, by delay and condition::

    uv run python examples/rate_dissociation.py [TRIALS [FILE [NAME=VALUE ...]]]

Every trained network (those that come along, or those of a file that train-rate-model made) does
TRIALS trials of each kind at each gain and delay (experiment.delays=0.75,5 unless said); medians
over networks are printed, with their range, and what the paper says of the first and last delay.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import numpy as np

from pfc_standalone import Parameters, Weights, simulate, study, with_values
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.models.rate.trained import shipped

GAINS, CONDITIONS = (1.0, 0.8), ("AX", "AY", "BX", "BY")
Errors = dict[tuple[float, str, str], float]
Measured = dict[str, Errors]


def measure(parameters: Parameters, weights: Weights) -> Measured:
    """Of one network: by what is measured, gain, delay and condition."""
    data = simulate(study(parameters, over={"memory.gain": GAINS}, weights=weights), "cpp")
    found: Measured = {name: {} for name in ("errors", "RT correct", "RT wrong", "crossed early")}
    gain = np.broadcast_to(data["memory.gain"].values[:, None], data["trial_correct"].shape)
    columns = {
        n: data[f"trial_{n}"].values
        for n in ("delay_text", "condition", "correct", "reaction_time", "early_crossing")
    }
    for key in kinds(parameters):
        mine = (gain == key[0]) & (columns["delay_text"] == key[1])
        mine &= columns["condition"] == key[2]
        right, times = columns["correct"][mine], columns["reaction_time"][mine]
        wrong = times[~right & ~np.isnan(times)]
        found["errors"][key] = 1 - right.mean()
        found["RT correct"][key] = times[right].mean() * 1e3 if right.any() else np.nan
        found["RT wrong"][key] = wrong.mean() * 1e3 if wrong.size else np.nan
        found["crossed early"][key] = columns["early_crossing"][mine].mean()
    return found


def kinds(parameters: Parameters) -> list[tuple[float, str, str]]:
    """Gain, delay and condition of each kind of trial."""
    delays = parameters.experiment.delays
    return [(g, d, c) for g in GAINS for d in delays for c in CONDITIONS]


def verdicts(found: Measured) -> dict[str, bool]:
    """What the paper says of one network."""
    errors, times = found["errors"], found["RT correct"]
    delays = [delay for _, delay, _ in errors]
    short, long = delays[0], delays[-1]

    def rise(delay: str, condition: str) -> float:
        return errors[0.8, delay, condition] - errors[1.0, delay, condition]

    return {
        f"BX errors 30 points up at {long} s": rise(long, "BX") >= 0.3,
        f"AY errors not up at {long} s": rise(long, "AY") <= 0.005,
        f"AY errors down by a point at {long} s": rise(long, "AY") <= -0.01,
        f"within 10 points at {short} s": all(abs(rise(short, c)) <= 0.1 for c in CONDITIONS),
        "AY correct slower than BX at normal gain": all(
            times[1.0, d, "AY"] > times[1.0, d, "BX"] for d in delays
        ),
    }


def main(trials: str = "1000", file: str = "", *settings: str) -> None:
    """Entry point."""
    weights = Weights.load(Path(file)) if file else BY_HAND
    values = dict(setting.split("=", 1) for setting in settings)
    base = {"network.model": "rate", "experiment.trials": trials, "experiment.replicates": 80}
    every = []
    for seed in sorted(weights.networks or shipped()):
        values |= {"rate.training_seed": str(seed), "experiment.seed": str(seed + 1)}
        batch = {"network.batch": 80}
        every.append(measure(with_values(Parameters(), base | batch | values), weights))
    print(f"{len(every)} networks, {trials} trials of each kind; median [range]")
    for what in ("errors", "RT correct", "RT wrong", "crossed early"):
        print(f"\n| {what} | {' | '.join(CONDITIONS)} |\n| --- | --- | --- | --- | --- |")
        for gain, delay in dict.fromkeys((g, d) for g, d, _ in every[0][what]):
            cells = [shown([f[what][gain, delay, c] for f in every]) for c in CONDITIONS]
            print(f"| gain {gain:g}, {delay} s | {' | '.join(cells)} |")
    print()
    for name in verdicts(every[0]):
        print(f"{name}: {sum(verdicts(f)[name] for f in every)} of {len(every)}")
    print(f"all of these: {sum(all(verdicts(f).values()) for f in every)} of {len(every)}")


def shown(values: list[float]) -> str:
    """Median and range of what could be measured."""
    known = [v for v in values if not np.isnan(v)]
    if not known:
        return "-"
    return f"{median(known):.3g} [{min(known):.3g}, {max(known):.3g}]"


if __name__ == "__main__":
    main(*sys.argv[1:])
