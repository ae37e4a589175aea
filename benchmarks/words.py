"""What the measurements say, in words: which target for which size, and when compiling pays."""

from __future__ import annotations

import math

import pandas as pd


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
    """Sentences on the rows of `records.table`; plain Brian2 last.

    A target's cost of building is the largest of its cells: later ones share compiled modules.
    """
    if rows.empty:
        return []
    building = (rows["generate_s"] + rows["compile_s"]).groupby(rows["target"]).max()
    ours = rows[rows["kind"] == "target"]
    sentences = []
    for (n, replicates), cell in ours.groupby(["n_per_unit", "replicates"]):
        cell = cell.set_index("target")
        best = cell["run_s"].idxmin()
        repl = f"{replicates} replicate" + ("s" if replicates > 1 else "")
        seconds = cell.loc[best, "simulated_s"] / replicates
        text = (
            f"At n_per_unit {n} with {repl}, {best} is the quickest: {cell.loc[best, 'run_s']:.2g} "
            f"s a run of {seconds:g} s of biological time"
        )
        slower = [
            f"{name} takes {cell.loc[name, 'ratio']:.3g} times as long"
            for name in cell.sort_values("run_s").index
            if name != best and best == "cpp" and not math.isnan(cell.loc[name, "ratio"])
        ]
        text += f" ({', '.join(slower)})." if slower else "."
        pays = []
        for name in cell.index.drop(best):
            at = break_even(
                building[best], cell.loc[best, "run_s"], building[name], cell.loc[name, "run_s"]
            )
            pays.append(f"against {name} from the first run" if at == 1 else
                        f"against {name} from run {at}")  # fmt: skip
        if pays:
            text += f" Building it takes {building[best]:.2g} s and pays {', '.join(pays)}."
        sentences.append(text)
    return sentences + _plain(rows)


def _plain(rows: pd.DataFrame) -> list[str]:
    sentences = []
    for name, mine in rows[rows["kind"] == "plain"].groupby("target", sort=False):
        ratios = ", ".join(
            f"{r.ratio:.2g} times as long as cpp at n_per_unit {r.n_per_unit}"
            for r in mine.itertuples(index=False)
        )
        verdicts = set(mine["verdict"])
        rates = (
            "with rates, ISI CV and count correlations that cannot be told from those of cpp"
            if verdicts == {"agree"}
            else f"and its spikes against those of cpp: {', '.join(sorted(verdicts))}"
        )
        sentences.append(f"{name[0].upper()}{name[1:]} takes {ratios}, {rates}.")
    return sentences
