"""One page from one file of benchmark results: ``python -m benchmarks.report [FILE.json]``.

Writes ``report.html``, which opens from disk without network, and its figures and table as PNG
and CSV beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from benchmarks.records import RecordsError, load, newest, table
from benchmarks.words import advice
from pfc_standalone.commands.pages import embedded, render
from pfc_standalone.results.raw import PHASES
from pfc_standalone.simulation.verify import ALPHA

_COLOURS = {
    "cpp": "#0072B2", "cython": "#E69F00", "numpy": "#CC79A7", "cuda": "#009E73",
    "plain Brian2, cpp_standalone": "#999999", "plain Brian2, cython": "#56B4E9",
    "cpp, float32": "#D55E00", "cpp, strict math": "#F0E442", "cpp, no SIMD": "#444444",
    "NEST": "#882255", "NEST, 2 threads": "#AA4499", "NEST, exact NMDA": "#CC6677",
    "GeNN": "#117733",
}  # fmt: skip
_PHASE_COLOURS = ("#BBBBBB", "#666666", "#56B4E9", "#0072B2", "#E69F00")
_STATISTICS = {"rate": "rate", "isi_cv": "ISI CV", "count_correlation": "count correlation"}
# whatever the user has set up: LaTeX need not be there
mpl.rcParams.update({k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"})
mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


# ----------------------------------------------------------------------------- figures
def _lines(rows: pd.DataFrame, column: str, label: str) -> Figure:
    """One panel for each number of replicates; a line a target; log-log."""
    counts = sorted(rows["replicates"].unique())
    figure, axes = plt.subplots(
        1, len(counts), figsize=(4.2 * len(counts) + 1.6, 3.6), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, replicates in zip(axes[0], counts, strict=True):
        for target, mine in rows[rows["replicates"] == replicates].groupby("target", sort=False):
            mine = mine.sort_values("n_per_unit")
            bars = None
            if f"{column}_low" in mine:
                bars = [mine[column] - mine[f"{column}_low"], mine[f"{column}_high"] - mine[column]]
            ax.errorbar(
                mine["n_per_unit"], mine[column], bars, marker="o", ms=4, lw=1.5, capsize=2,
                color=_COLOURS.get(target, "black"), label=target,
                ls="--" if target.startswith("plain") else "-",
            )  # fmt: skip
        ax.set(xscale="log", yscale="log", xlabel="n_per_unit (neurons in a selective unit)")
        ax.set_title(f"{replicates} replicate{'s' if replicates > 1 else ''}")
        sizes = sorted(rows["n_per_unit"].unique())
        ax.set_xticks(sizes, [str(s) for s in sizes])
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    axes[0, 0].set_ylabel(label)
    if column == "real_time_factor":
        for ax in axes[0]:
            ax.axhline(1, color="black", lw=0.8, ls=":")
        axes[0, 0].annotate(
            "real time", (0.01, 1), xycoords=("axes fraction", "data"), fontsize=8, va="bottom"
        )
    handles: dict[str, Any] = {}
    for ax in axes[0]:
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside right upper", frameon=False)
    return figure


def _phases(rows: pd.DataFrame) -> Figure:
    """Share of each phase in the first run of a case, building included."""
    rows = rows.sort_values(["replicates", "n_per_unit", "target"])
    seconds = rows[[f"{p}_s" for p in PHASES]].to_numpy()
    total = seconds.sum(axis=1)
    figure, ax = plt.subplots(figsize=(8, 0.24 * len(rows) + 1.2), layout="constrained")
    left = np.zeros(len(rows))
    at = np.arange(len(rows))[::-1]
    for k, phase in enumerate(PHASES):
        share = seconds[:, k] / total
        ax.barh(at, share, left=left, color=_PHASE_COLOURS[k], label=phase, height=0.8)
        left += share
    for y, t in zip(at, total, strict=True):
        ax.annotate(f"{t:.1f} s", (1.01, y), va="center", fontsize=8)
    names = [
        f"{r.target}, n {r.n_per_unit}, {r.replicates} repl." for r in rows.itertuples(index=False)
    ]
    ax.set_yticks(at, names, fontsize=8)
    ax.set(xlim=(0, 1.12), xlabel="share of the first run, which builds")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    figure.legend(loc="outside upper center", ncols=len(PHASES), frameon=False, fontsize=8)
    return figure


def _agreement(data: dict[str, Any]) -> Figure | None:
    """KS distance to the reference over the 95th percentile between seeds."""
    columns: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    for benchmark in data["benchmarks"]:
        facts = benchmark["extra_info"]
        comparisons = facts["agreement"].get("comparisons", [])
        if comparisons:
            name = f"{facts['target']}, n {facts['n_per_unit']}"
            columns[name] = {(c["population"], c["statistic"]): c for c in comparisons}
    if not columns:
        return None
    populations = list(dict.fromkeys(p for c in columns.values() for p, _ in c))
    figure, axes = plt.subplots(
        1, len(_STATISTICS), figsize=(2.6 * len(_STATISTICS) + 2.4, 0.26 * len(populations) + 2.2),
        sharey=True, layout="constrained",
    )  # fmt: skip
    for ax, (statistic, label) in zip(axes, _STATISTICS.items(), strict=True):
        values = np.full((len(populations), len(columns)), np.nan)
        for j, found in enumerate(columns.values()):
            for i, population in enumerate(populations):
                if (population, statistic) in found:
                    c = found[population, statistic]
                    values[i, j] = c["distance"] / c["null_95"]
                    if c["p_corrected"] < ALPHA:
                        ax.text(j, i, "x", ha="center", va="center", fontsize=8)
        image = ax.imshow(values, vmin=0, vmax=2, cmap="RdYlBu_r", aspect="auto")
        ax.set_facecolor("#DDDDDD")
        ax.set_title(label)
        ax.set_xticks(range(len(columns)), list(columns), rotation=90, fontsize=7)
        ax.set_yticks(range(len(populations)), populations, fontsize=8)
        ax.spines[:].set_visible(False)
    figure.colorbar(
        image, ax=axes, shrink=0.7, label="distance to cpp / 95th percentile between seeds"
    )
    return figure


def _scaling(rows: pd.DataFrame, fits: dict[str, dict[str, float]]) -> Figure:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for ax, column, label in (
        (axes[0], "step_us", "microseconds a time step"),
        (axes[1], "peak_memory_mb", "peak memory, MB"),
    ):
        for connectivity, mine in rows.groupby("connectivity", sort=False):
            mine = mine.sort_values("n_per_unit")
            fit = fits.get(connectivity, {}).get(column)
            name = f"{connectivity}" + (f": n^{fit:.2f}" if fit is not None else "")
            ax.plot(mine["n_per_unit"], mine[column], "o-", ms=4, label=name)
        ax.set(xscale="log", yscale="log", xlabel="n_per_unit", ylabel=label)
        ax.grid(alpha=0.3)
        ax.legend(frameon=False, title="exponent of the upper half")
    return figure


def _largest(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Largest sizes, by connectivity: that were measured, and that fit into memory."""
    if rows.empty:
        return {}
    names = {"n_per_unit": "measured", "largest_n_in_memory": "fits"}
    largest = rows.groupby("connectivity")[list(names)].max().rename(columns=names)
    found: dict[str, dict[str, int]] = largest.to_dict("index")
    return found


def fit_scaling(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Exponents of time and memory over size, by connectivity, fitted to the larger half."""
    fits: dict[str, dict[str, float]] = {}
    for connectivity, mine in rows.groupby("connectivity", sort=False):
        mine = mine.sort_values("n_per_unit")
        upper = mine.iloc[len(mine) // 2 :]
        if len(upper) > 1:
            logs = np.log(upper[["n_per_unit", "step_us", "peak_memory_mb"]].to_numpy(float))
            fits[str(connectivity)] = {
                "step_us": float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]),
                "peak_memory_mb": float(np.polyfit(logs[:, 0], logs[:, 2], 1)[0]),
            }
    return fits


def _profile(data: dict[str, Any]) -> Figure | None:
    shares = {}
    for benchmark in data["benchmarks"]:
        facts = benchmark["extra_info"]
        if "profile" in facts:
            name = f"{facts['target']}, n {facts['n_per_unit']}, {facts['replicates']} repl."
            shares[name] = facts["profile"]
    if not shares:
        return None
    frame = pd.DataFrame(shares).fillna(0.0)
    frame.index = [i.removesuffix("_codeobject") for i in frame.index]
    frame = frame.loc[frame.max(axis=1).sort_values(ascending=False).index]
    figure, ax = plt.subplots(figsize=(9, 0.24 * frame.shape[1] + 1.8), layout="constrained")
    left, at = np.zeros(frame.shape[1]), np.arange(frame.shape[1])[::-1]
    colours = plt.get_cmap("tab20")
    for k, (name, share) in enumerate(frame.iterrows()):
        ax.barh(at, share, left=left, color=colours(k % 20), label=name)
        left += share.to_numpy()
    ax.set_yticks(at, list(frame.columns), fontsize=8)
    ax.set(xlim=(0, 1), xlabel="share of the time step")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=7)
    return figure


# -------------------------------------------------------------------------------- page
def _left_out(data: dict[str, Any], rows: pd.DataFrame) -> list[str]:
    """Cases that were skipped, and those whose spikes were not compared, with the reason."""
    return list(data["skipped"]) + [
        f"spikes of {r.target} at n_per_unit {r.n_per_unit}, replicates {r.replicates}: {r.reason}"
        for r in rows[rows["reason"] != ""].itertuples(index=False)
    ]


def _neurons_per_unit(rows: pd.DataFrame) -> float:
    """Neurons of one replicate for each that a selective unit has."""
    return float((rows["neurons"] / rows["replicates"] / rows["n_per_unit"]).median())


def write_report(path: Path, folder: Path) -> Path:
    """Write page, figures and table of a file of results into a new or empty folder.

    Returns
    -------
    Path
        Of the page.
    """
    data = load(path)
    rows = table(data)
    rows["peak_memory_mb"] = rows["peak_memory_bytes"] / 1e6
    rows["step_us"] = rows["simulate_s"] / rows["steps"] * 1e6
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_csv(folder / "benchmarks.csv", index=False)
    main, scaling = rows[rows["kind"] != "scaling"], rows[rows["kind"] == "scaling"]
    figures: dict[str, Figure | None] = {}
    if len(main):
        figures["speed"] = _lines(main, "real_time_factor", "wall-clock s per biological s")
        figures["phases"] = _phases(main)
        figures["memory"] = _lines(main, "peak_memory_mb", "peak memory of a process, MB")
        figures["agreement"] = _agreement(data)
    fits = fit_scaling(scaling)
    if len(scaling):
        figures["scaling"] = _scaling(scaling, fits)
    figures["profile"] = _profile(data)
    images = {}
    for name, figure in figures.items():
        if figure is not None:
            figure.savefig(folder / f"{name}.png", dpi=150)
            plt.close(figure)
            width = round(100 * figure.get_figwidth())
            images[name] = embedded((folder / f"{name}.png").read_bytes()), width
    page = render(
        "report.html.jinja", Path(__file__).parent,
        images=images, advice=advice(main), machine=data["machine_info"]["pfc"],
        date=data["datetime"][:19], commit=data["commit_info"].get("id", ""), fits=fits,
        largest=_largest(scaling),
        rows=main.sort_values(["replicates", "n_per_unit", "run_s"]).to_dict("records"),
        source=path.name, alpha=ALPHA, left_out=_left_out(data, main),
        neurons_per_unit=_neurons_per_unit(rows),
    )  # fmt: skip
    (folder / "report.html").write_text(page)
    return folder / "report.html"


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="default: the newest in .benchmarks")
    parser.add_argument("--output", type=Path, help="folder (default: results/NAME-OF-FILE)")
    chosen = parser.parse_args(argv)
    mpl.use("Agg")
    try:
        path = chosen.file or newest()
        page = write_report(path, chosen.output or Path("results") / f"benchmark-{path.stem}")
    except (RecordsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Written: {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
