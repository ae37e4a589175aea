"""What the measurements say, in words: which target for which size, and when compiling pays."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.measure import TOO_FEW


def break_even(build: float, run: float, other_build: float, other_run: float) -> int | None:
    """From which run on a target is the quicker one, building included.

    Parameters
    ----------
    build, run : float
        Seconds that it takes to build, and for one run.
    other_build, other_run : float
        Of the target to compare with.

    Returns
    -------
    int or None
        1 if it is quicker at once; None if it never is.
    """
    if build + run <= other_build + other_run:
        return 1
    if run >= other_run:
        return None
    return math.floor((build - other_build) / (other_run - run)) + 1


def advice(rows: pd.DataFrame) -> list[str]:
    """Sentences on the rows of `records.table`: the targets, then plain Brian2 and peers.

    A target's cost of building is the largest of its cases: later ones share compiled modules.
    """
    ours = rows[rows["kind"] == "target"] if len(rows) else rows
    if ours.empty:
        return _beside(rows) if len(rows) else []
    build = (rows["generate_s"] + rows["compile_s"]).groupby(rows["target"]).max()
    cases = ["n_per_unit", "replicates"]
    quickest = ours.loc[ours.groupby(cases)["run_s"].idxmin()].set_index(cases)
    sentences = []
    for best, won in quickest.groupby("target", sort=False):
        where = "in every case measured" if len(won) == len(quickest) else "at " + "; ".join(
            f"n_per_unit {n} with {_replicates(r)}" for n, r in won.index
        )  # fmt: skip
        sentences.append(
            f"{best} is the quickest {where}: a run of "
            f"{_range(won['simulated_s'] / won.index.get_level_values('replicates'), 's')} of "
            f"biological time takes {_range(won['run_s'], 's')}, after {build[best]:.2g} s to "
            "build it once."
        )
        for other in dict.fromkeys(ours["target"]):
            theirs = ours[ours["target"] == other].set_index(cases)
            both = theirs.index.intersection(won.index)
            if other != best and len(both):
                sentences.append(_against(best, won.loc[both], other, theirs.loc[both], build))
    return sentences + _spikes(ours) + _beside(rows)


def _against(
    best: str, won: pd.DataFrame, other: str, theirs: pd.DataFrame, build: pd.Series
) -> str:
    """One sentence on how much longer another target takes, and from when building pays."""
    pays = [
        break_even(build[best], run, build[other], other_run)
        for run, other_run in zip(won["run_s"], theirs["run_s"], strict=True)
    ]
    runs = [run for run in pays if run is not None]  # None: just as quick, and longer to build
    seconds = (build[best] - build[other] + won["start_s"] - theirs["start_s"]) / (
        theirs["real_time_factor"] - won["real_time_factor"]
    )
    text = f"{other} takes "
    ratios = theirs["ratio"].dropna()
    text += _range(ratios, "times as long") if len(ratios) else _range(theirs["run_s"], "s a run")
    if not runs:
        return f"{text}, and {best} takes longer to build."
    if max(seconds) <= 0:
        return f"{text} and longer to build: {best} pays from the first run, however short."
    at = f"run {min(runs)}" if min(runs) == max(runs) else f"run {min(runs)} to {max(runs)}"
    return (
        f"{text}; building {best} instead pays from {at} on, or once "
        f"{_range(seconds.clip(lower=0), 's')} of biological time are simulated."
    )


def _range(values: pd.Series, unit: str) -> str:
    low, high = (f"{float(f'{x:.2g}'):g}" for x in (min(values), max(values)))
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _replicates(n: int) -> str:
    return f"{n} replicate" + ("s" if n > 1 else "")


def _spikes(ours: pd.DataFrame) -> list[str]:
    verdicts = ours["verdict"].value_counts()
    agree, differ, unknown, few = (
        verdicts.get(v, 0) for v in ("agree", "differ", "not compared", TOO_FEW)
    )
    if not agree + differ + unknown + few:
        return []
    text = f"Spike statistics agree with those of cpp in {agree} of {agree + differ} cases compared"
    if unknown:
        text += f"; {unknown} would have taken too long to compare"
    if few:
        text += f"; {few} had too few spikes"
    return [text + "."]


def _beside(rows: pd.DataFrame) -> list[str]:
    """A sentence each on plain Brian2, other simulators, and options of cpp."""
    sentences = []
    others = rows[~rows["kind"].isin(("target", "scaling"))]
    for name, mine in others.groupby("target", sort=False):
        ratios = ", ".join(
            f"{r.ratio:.2g} times as long as cpp at n_per_unit {r.n_per_unit}"
            for r in mine.itertuples(index=False)
        )
        verdicts = set(mine["verdict"]) - {"not compared"}
        spikes = ""
        if verdicts == {"agree"}:
            spikes = (
                ", with rates, ISI CV and count correlations that cannot be told from those of cpp"
            )
        elif verdicts:
            spikes = f", and its spikes against those of cpp: {', '.join(sorted(verdicts))}"
        sentences.append(f"{name[0].upper()}{name[1:]} takes {ratios}{spikes}.")
    return sentences
