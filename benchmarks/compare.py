"""What a change did: ``python -m benchmarks.compare BEFORE.json AFTER.json``.

Speed: the time of each round after the change over that of the same round (the same seed) before
it, each divided by a fixed piece of work done beside it, so that a machine that is busier in one of
the files does not count. Spikes: the same seeds give the same spikes unless the model or its
arithmetic changed; where they differ, seeds are compared as targets are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.records import RecordsError, load
from pfc_standalone.analysis import agreement
from pfc_standalone.simulation.verify import ALPHA

#: A change of speed below this is not called one, whatever the statistics say.
LEAST_CHANGE = 0.05
#: What is judged of each target, by name: the phases whose seconds are added.
_PARTS = {"simulation": ("simulate",), "start and simulation": ("start", "simulate")}
Key = tuple[str, int, int, str]


@dataclass(frozen=True)
class SpeedChange:
    """Of one target: time after over time before, with its 95 % interval, over rounds and cases."""

    target: str
    part: str
    ratio: float
    low: float
    high: float
    n_pairs: int

    @property
    def verdict(self) -> str:
        """Slower, faster, or no change that these pairs show."""
        if self.low > 1 + LEAST_CHANGE:
            return "slower"
        return "faster" if self.high < 1 - LEAST_CHANGE else "no change shown"


@dataclass(frozen=True)
class SpikeChange:
    """Of one case: ``same``, ``agree`` (other spikes, same statistics) or ``differ``, and where."""

    case: Key
    verdict: str
    differing: list[str]


def _cases(data: dict[str, Any]) -> dict[Key, dict[str, Any]]:
    cases = {}
    for benchmark in data["benchmarks"]:
        facts = benchmark["extra_info"]
        if facts["kind"] != "scaling":
            key = (facts[n] for n in ("target", "n_per_unit", "replicates", "connectivity"))
            cases[tuple(key)] = facts
    return cases


def compare_speed(before: dict[str, Any], after: dict[str, Any]) -> list[SpeedChange]:
    """Changes of each target, of the simulation loop and of what leads up to it as well.

    Writing is left out: the disk decides how long it takes.
    """
    one, other = _cases(before), _cases(after)
    common = [key for key in one if key in other]
    changes = []
    for target in dict.fromkeys(key[0] for key in common):
        for part, phases in _PARTS.items():
            logs = [
                _calibrated(other[k], phases)[:m] - _calibrated(one[k], phases)[:m]
                for k in common
                if k[0] == target
                for m in [min(len(one[k]["calibration_s"]), len(other[k]["calibration_s"]))]
            ]
            pairs = np.concatenate(logs)
            mean = float(pairs.mean())
            spread = stats.sem(pairs) if pairs.size > 1 else np.inf
            reach = float(spread * stats.t.ppf(0.975, max(pairs.size - 1, 1)))
            ratio, low, high = np.exp([mean, mean - reach, mean + reach]).tolist()
            changes.append(SpeedChange(target, part, ratio, low, high, pairs.size))
    return changes


def _calibrated(facts: dict[str, Any], phases: tuple[str, ...]) -> NDArray[np.float64]:
    """Logarithm of each round's time for these phases over the fixed work beside it."""
    seconds = [sum(r[p] for p in phases) for r in facts["phases_s_rounds"]]
    ratios: NDArray[np.float64] = np.log(np.array(seconds) / np.array(facts["calibration_s"]))
    return ratios


def compare_spikes(before: dict[str, Any], after: dict[str, Any]) -> list[SpikeChange]:
    """Changes of the spike statistics of each case that has them in both files."""
    one, other = _cases(before), _cases(after)
    keys = [k for k in one if k in other and one[k]["spike_statistics"]]
    keys = [k for k in keys if other[k]["spike_statistics"]]
    found: list[tuple[Key, list[tuple[str, agreement.Comparison]]]] = []
    for key in keys:
        comparisons = []
        for population, by_statistic in one[key]["spike_statistics"].items():
            for statistic, seeds in by_statistic.items():
                new = other[key]["spike_statistics"].get(population, {}).get(statistic, [])
                was, now = ([np.array([x]) for x in g if x is not None] for g in (seeds, new))
                if seeds != new and min(len(was), len(now)) > 1:
                    c = agreement.compare_seeds(population, statistic, was, now)
                    comparisons.append((f"{statistic} of {population}", c))
        found.append((key, comparisons))
    corrected = iter(agreement.holm([c.p for _, cs in found for _, c in cs]))
    changes = []
    for key, comparisons in found:
        differing = [name for name, _ in comparisons if next(corrected) < ALPHA]
        same = "same" if not comparisons else "agree"
        changes.append(SpikeChange(key, "differ" if differing else same, differing))
    return changes


def main(argv: Sequence[str] | None = None) -> int:
    """Print the verdict.

    Returns
    -------
    int
        0 if nothing became slower and no statistics differ, 4 otherwise, 2 for unusable files.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    chosen = parser.parse_args(argv)
    try:
        before, after = load(chosen.before), load(chosen.after)
        speed = compare_speed(before, after)
        if not speed:
            raise RecordsError("the two files have no case in common: run the same cases again")
    except RecordsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    spikes = compare_spikes(before, after)
    _print(before, after, speed, spikes)
    slower = any(c.verdict == "slower" for c in speed)
    return 4 if slower or any(c.verdict == "differ" for c in spikes) else 0


def _print(
    before: dict[str, Any], after: dict[str, Any], speed: list[SpeedChange],
    spikes: list[SpikeChange],
) -> None:  # fmt: skip
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console()
    one, other = (d["machine_info"]["pfc"] for d in (before, after))
    if one["processor"] != other["processor"] or one["compiler"] != other["compiler"]:
        out.print(
            f"The machines differ: {one['processor']}, {one['compiler']} before, "
            f"{other['processor']}, {other['compiler']} after."
        )
    table = Table("target", "part", "time after / before", "95 % interval", "pairs", "verdict")
    for c in speed:
        table.add_row(
            c.target, c.part, f"{c.ratio:.3f}", f"{c.low:.3f} to {c.high:.3f}", str(c.n_pairs),
            c.verdict,
        )  # fmt: skip
    out.print(table)
    for change in spikes:
        target, n, replicates, _ = change.case
        if change.verdict == "differ":
            out.print(
                f"{target}, n_per_unit {n}, {replicates} replicates: spikes differ: "
                f"{', '.join(change.differing)}."
            )
    counts = {v: sum(c.verdict == v for c in spikes) for v in ("same", "agree", "differ")}
    out.print(
        f"Spikes: the same in {counts['same']} cases, other spikes with the same statistics in "
        f"{counts['agree']}, different statistics in {counts['differ']}."
    )
    changed = ", ".join(
        f"{target} {next((v for v in ('slower', 'faster') if v in said), 'no change shown')}"
        for target in dict.fromkeys(c.target for c in speed)
        for said in [{c.verdict for c in speed if c.target == target}]
    )
    verdict = "different" if counts["differ"] else "same" if counts["same"] == len(spikes) else (
        "alike in distribution")  # fmt: skip
    out.print(f"Verdict: time {changed}; spikes {verdict}.")


if __name__ == "__main__":
    sys.exit(main())
