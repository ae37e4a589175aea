"""Figures of an experiment: example rasters, population rates, behaviour, recorded traces.

Everything is drawn on `matplotlib.figure.Figure` objects, never through pyplot, so nothing needs
a display and no figure outlives its call. Colours are those of Okabe & Ito, which the
colour-blind can tell apart; a unit has the same colour in every layer and figure. Delays, an
ordered quantity, take theirs from viridis.

References
----------
Okabe M, Ito K (2008). Color universal design. https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pfc_standalone import behaviour
from pfc_standalone.activity import SpikeTable
from pfc_standalone.parameters import Parameters
from pfc_standalone.spike_statistics import filtered_rate
from pfc_standalone.tasks import LAYERS, Task, get_task

if TYPE_CHECKING:
    import xarray as xr

WIDTH = 7.1  # of a figure, inches: two columns of a journal's page
ROWS_SHOWN = 40  # neurons of a population in a raster, at most
RATE_DT = 5e-3  # s, between the points of a rate
_UNIT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")
_NONSELECTIVE, _INH = "#777777", "#000000"
_STIMULUS, _DELAY = "#E0E0E0", "#F3F3F3"  # bands of a trial
_MARKERS = "osD^v"
_CONDUCTANCES = {
    "g_background": ("background", "#999999"),
    "g_ampa": ("AMPA", "#E69F00"),
    "g_nmda": ("NMDA", "#009E73"),
    "g_gaba": ("GABA", "#0072B2"),
}
_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class _Trial:
    """One trial and what was answered; times in s from the start of the simulation."""

    replicate: int
    condition: str
    cue: str
    probe: str
    correct_response: str
    delay: float
    delay_text: str
    start: float
    onset: float
    probe_onset: float
    window_start: float
    end: float
    response: str
    reaction_time: float
    premature: bool
    correct: bool


def save_figures(dataset: xr.Dataset, parameters: Parameters, folder: Path) -> list[Path]:
    """Draw an experiment and write each figure as PNG and PDF.

    Figures are ``raster`` (example trials), ``rates`` (shortest delay), ``rates_long`` (longest
    delay, if there are several), ``behaviour``, and ``traces`` if traces were recorded.

    Parameters
    ----------
    dataset : Dataset
        From `results.make_dataset` and `behaviour.add_responses`; at least one trial, with or
        without spikes.
    folder : Path
        An existing folder; figures of the same name are replaced.

    Returns
    -------
    list of Path
        The files written.
    """
    trials, table = _trials(dataset), SpikeTable(dataset)
    delays = sorted({t.delay for t in trials})
    draw: dict[str, Callable[[], Figure]] = {
        "raster": lambda: _raster(trials, table, parameters),
        "rates": lambda: _rates(trials, table, parameters, delays[0]),
    }
    if len(delays) > 1:
        draw["rates_long"] = lambda: _rates(trials, table, parameters, delays[-1])
    draw["behaviour"] = lambda: _behaviour(dataset, trials, parameters)
    if "trace_v" in dataset:
        draw["traces"] = lambda: _traces(dataset, trials, table, parameters)
    written = []
    with mpl.rc_context(_STYLE):
        for name, figure in draw.items():
            written += _save(figure(), folder / name)
    return written


def _save(figure: Figure, stem: Path) -> list[Path]:
    FigureCanvasAgg(figure)
    png, pdf = stem.with_suffix(".png"), stem.with_suffix(".pdf")
    figure.savefig(png, dpi=200)
    figure.set_layout_engine("none")  # what was laid out stays, and is not laid out again
    figure.savefig(pdf, dpi=300, metadata={"CreationDate": None})  # same data, same bytes
    return [png, pdf]


def _trials(dataset: xr.Dataset) -> list[_Trial]:
    names = [n for n in _Trial.__annotations__ if n != "replicate"]
    columns = [dataset[f"trial_{n}"].values.tolist() for n in names]
    present = np.argwhere(dataset["trial_condition"].values != "")
    return [_Trial(int(r), *(c[r][k] for c in columns)) for r, k in present]


def _unit_colours(task: Task) -> dict[str, str]:
    units = dict.fromkeys(u for layer in LAYERS for u in task.units[layer])
    return {u: _UNIT_COLOURS[i % len(_UNIT_COLOURS)] for i, u in enumerate(units)}


def _examples(trials: list[_Trial], task: Task) -> list[_Trial]:
    """Two trials of the first replicate: of AX and BX if it can be, of the shortest delay."""
    wanted = ("AX", "BX") if task.name == "ax-cpt" else tuple(c.name for c in task.conditions)
    first = min(t.replicate for t in trials)
    by_delay = sorted((t for t in trials if t.replicate == first), key=lambda t: t.delay)
    found = [next((t for t in by_delay if t.condition == c), None) for c in wanted]
    chosen = [t for t in found if t is not None]
    chosen += [t for t in by_delay if t not in chosen]
    return chosen[:2]


# -- What all figures over time share ----------------------------------------------------------


def _shade_phases(
    axes: Sequence[Axes], trial: _Trial, parameters: Parameters, letters_only: bool = False
) -> None:
    """Shade cue, delay and probe in a column of panels; name them above the first."""
    timing = parameters.timing
    delay_end = timing.cue + trial.delay
    phases = [(("cue", trial.cue), 0.0, timing.cue, _STIMULUS)]
    if trial.delay > 0:
        phases.append((("delay", ""), timing.cue, delay_end, _DELAY))
    if trial.probe:
        phases.append((("probe", trial.probe), delay_end, delay_end + timing.probe, _STIMULUS))
    for (kind, unit), start, stop, colour in phases:
        for ax in axes:
            ax.axvspan(start, stop, facecolor=colour, edgecolor="white", linewidth=1, zorder=-10)
        label = unit or kind if letters_only or not unit else f"{kind}\n{unit}"
        axes[0].annotate(
            label, ((start + stop) / 2, 1), xycoords=("data", "axes fraction"),
            xytext=(0, 2), textcoords="offset points", ha="center", va="bottom", fontsize=7,
        )  # fmt: skip
    axes[0].set_xlim(trial.start - trial.onset, trial.end - trial.onset)
    axes[-1].set_xlabel("time from cue onset (s)")


def _show_response(
    ax: Axes, trial: _Trial, parameters: Parameters, colours: dict[str, str]
) -> None:
    """Draw the decision window as a box and the response as a triangle in it."""
    opens, window = trial.window_start - trial.onset, parameters.decision.window
    ax.broken_barh([(opens, window)], (0.2, 0.6), facecolor="white", edgecolor="black")
    if trial.reaction_time >= 0:  # not NaN
        ax.plot(
            opens + trial.reaction_time, 0.5, marker="v", markersize=6, linestyle="none",
            color=colours[trial.response], markeredgecolor="black", markeredgewidth=0.5,
        )  # fmt: skip
    outcome = "premature" if trial.premature else "correct" if trial.correct else "wrong"
    text = f"{trial.response}, {outcome}" if trial.response else "none"
    room_left = opens - (trial.start - trial.onset)
    left = room_left > trial.end - trial.onset - opens - window
    ax.annotate(
        text, (opens if left else opens + window, 0.5), xytext=(-4 if left else 4, 0),
        textcoords="offset points", ha="right" if left else "left", va="center",
    )  # fmt: skip
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.set_ylabel("response", rotation=0, ha="right", va="center")


# -- The figures -------------------------------------------------------------------------------


def _raster(trials: list[_Trial], table: SpikeTable, parameters: Parameters) -> Figure:
    task = get_task(parameters.network.task)
    colours = _unit_colours(task)
    shown = _examples(trials, task)
    members = {layer: [n for n in table.names if n.split("_")[0] == layer] for layer in LAYERS}
    shown_of = {n: min(int(s), ROWS_SHOWN) for n, s in zip(table.names, table.sizes, strict=True)}
    heights = [sum(shown_of[n] for n in members[layer]) for layer in LAYERS]
    figure = Figure(figsize=(WIDTH, 7.5), layout="constrained")
    grid = figure.subplots(
        4, len(shown), sharex="col", sharey="row", squeeze=False,
        height_ratios=[*heights, 0.05 * sum(heights)],
    )  # fmt: skip
    for column, trial in zip(grid.T, shown, strict=True):
        for ax, layer in zip(column[:3], LAYERS, strict=True):
            _raster_of_layer(ax, trial, table, members[layer], shown_of, colours)
        _show_response(column[3], trial, parameters, colours)
        _shade_phases(column, trial, parameters)
        column[0].set_title(f"{trial.condition}, delay {trial.delay_text} s", pad=24)
    for ax, layer in zip(grid[:3, 0], LAYERS, strict=True):
        ax.set_ylabel(f"{layer} layer")
        _name_rows(ax, members[layer], shown_of, colours)
    for ax in grid[3, 1:]:
        ax.set_ylabel("")
    figure.align_ylabels(grid[:3, 0])
    return figure


def _raster_of_layer(
    ax: Axes, trial: _Trial, table: SpikeTable, names: list[str], shown_of: dict[str, int],
    colours: dict[str, str],
) -> None:  # fmt: skip
    base = 0
    for name in names:
        time, neuron = table.spikes(name, trial.replicate)
        part = slice(*np.searchsorted(time, [trial.start, trial.end]))
        time, neuron = time[part], neuron[part]
        few = neuron < shown_of[name]
        ax.plot(
            time[few] - trial.onset, base + neuron[few], linestyle="none", marker="|",
            markersize=1.6, markeredgewidth=0.5, color=_population_colour(name, colours),
            rasterized=True,
        )  # fmt: skip
        if base:
            ax.axhline(base - 0.5, color="white", linewidth=1.2)
        base += shown_of[name]
    ax.set_ylim(base - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _name_rows(
    ax: Axes, names: list[str], shown_of: dict[str, int], colours: dict[str, str]
) -> None:
    sizes = np.array([shown_of[n] for n in names])
    units = [n.partition("_")[2] for n in names]
    labels = [{"nonselective": "non-sel.", "inh": "inh."}.get(u, u) for u in units]
    ax.set_yticks(np.cumsum(sizes) - sizes / 2, labels)
    for text, name in zip(ax.get_yticklabels(), names, strict=True):
        text.set_color(_population_colour(name, colours))


def _population_colour(name: str, colours: dict[str, str]) -> str:
    unit = name.partition("_")[2]
    return colours.get(unit, _INH if unit == "inh" else _NONSELECTIVE)


def _rates(trials: list[_Trial], table: SpikeTable, parameters: Parameters, delay: float) -> Figure:
    task = get_task(parameters.network.task)
    colours = _unit_colours(task)
    at_delay = [t for t in trials if t.delay == delay]
    by_condition = {c.name: [t for t in at_delay if t.condition == c.name] for c in task.conditions}
    by_condition = {c: some for c, some in by_condition.items() if some}
    figure = Figure(figsize=(WIDTH, 4.8), layout="constrained")
    grid = figure.subplots(3, len(by_condition), sharex="col", sharey="row", squeeze=False)
    for column, (condition, some) in zip(grid.T, by_condition.items(), strict=True):
        for ax, layer in zip(column, LAYERS, strict=True):
            for unit in task.units[layer]:
                times, rates = _aligned_rates(some, table, f"{layer}_{unit}", parameters)
                mean = rates.mean(axis=0)
                ax.plot(times, mean, color=colours[unit], label=unit)
                if len(some) > 1:
                    sd = rates.std(axis=0, ddof=1)
                    ax.fill_between(
                        times, np.maximum(mean - sd, 0), mean + sd, color=colours[unit],
                        alpha=0.25, linewidth=0, rasterized=True,
                    )  # fmt: skip
        threshold = column[2].axhline(
            parameters.decision.threshold, color="black", linewidth=0.8, linestyle=(0, (4, 2))
        )
        threshold.set_label("threshold")
        _shade_phases(column, some[0], parameters, letters_only=True)
        n = f"{len(some)} trial" + "s" * (len(some) != 1)
        column[0].set_title(f"{condition} ({n})", pad=14)
        column[2].set_xlabel("")
    for row, layer in zip(grid, LAYERS, strict=True):
        row[0].set_ylabel(f"{layer} (Hz)")
        row[0].set_ylim(0, max(row[0].get_ylim()[1], 1.0))
        row[-1].legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.2, borderaxespad=0.2
        )
    figure.align_ylabels(grid[:, 0])
    spread = ", mean ± s.d. over trials" if max(map(len, by_condition.values())) > 1 else ""
    figure.supxlabel("time from cue onset (s)", fontsize=8)
    figure.suptitle(
        f"Rates of selective units as the decision sees them (filter "
        f"{parameters.decision.tau * 1e3:.0f} ms), delay {at_delay[0].delay_text} s{spread}",
        fontsize=9,
    )
    return figure


def _aligned_rates(
    trials: list[_Trial], table: SpikeTable, name: str, parameters: Parameters
) -> tuple[NDArray[np.floating[Any]], NDArray[np.float64]]:
    """Rates as the decision rule sees them, causally filtered: times (n,), rates (trial, n)."""
    tau = parameters.decision.tau
    size = int(table.sizes[table.names.index(name)])
    skipped = round(5 * tau / RATE_DT)  # the filter forgets its start
    start = trials[0].start - trials[0].onset
    n = round((trials[0].end - trials[0].start) / RATE_DT) + 1
    rates = np.zeros((len(trials), n))
    for row, trial in zip(rates, trials, strict=True):
        time, _ = table.spikes(name, trial.replicate)
        begin = trial.start - skipped * RATE_DT
        part = slice(*np.searchsorted(time, [begin, trial.end + RATE_DT]))
        filtered = filtered_rate(time[part], size, begin, trial.end, RATE_DT, tau)[1]
        row[:] = filtered[skipped : skipped + n]
    return start + RATE_DT * np.arange(n), rates


def _behaviour(dataset: xr.Dataset, trials: list[_Trial], parameters: Parameters) -> Figure:
    task = get_task(parameters.network.task)
    conditions = [c.name for c in task.conditions if any(t.condition == c.name for t in trials)]
    texts = list(behaviour.accuracy(dataset))
    colours = mpl.colormaps["viridis"](np.linspace(0.0, 0.7, len(texts)))
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    step = 0.8 / len(texts)
    for d, (text, colour) in enumerate(zip(texts, colours, strict=True)):
        x = np.arange(len(conditions)) + (d - (len(texts) - 1) / 2) * step
        marker = _MARKERS[d % len(_MARKERS)]
        _accuracy(left, x, dataset, text, conditions, (colour, marker))
        _reaction_times(right, x, trials, text, conditions, (colour, marker), step)
    left.set_ylim(-0.03, 1.03)
    left.set_ylabel("fraction correct")
    left.set_title("Accuracy, 95 % Wilson interval")
    slowest = np.nanmax([0.1, *(t.reaction_time for t in trials)])
    right.set_ylim(0, 1.1e3 * slowest)
    right.set_ylabel(f"reaction time from {task.responds_to} onset (ms)")
    right.set_title("Reaction times; bar: median of correct trials")
    for ax in (left, right):
        ax.set_xticks(range(len(conditions)), conditions)
        ax.set_xlim(-0.6, len(conditions) - 0.4)
        ax.tick_params(axis="x", length=0)
    handles, _ = left.get_legend_handles_labels()
    if any(t.reaction_time >= 0 and not t.correct for t in trials):
        handles += right.plot([], [], linestyle="none", marker="x", color="black", label="wrong")
    figure.legend(handles=handles, loc="outside right upper", title="delay")
    early = sum(t.premature for t in trials)
    missing = sum(not t.response for t in trials)
    figure.supxlabel(
        f"{len(trials)} trials: {early} premature, {missing} without response", fontsize=8
    )
    return figure


def _accuracy(
    ax: Axes, x: NDArray[np.floating[Any]], dataset: xr.Dataset, text: str, conditions: list[str],
    look: tuple[NDArray[np.float64], str],
) -> None:  # fmt: skip
    entries = behaviour.accuracy(dataset)[text]
    found = [(at, entries[c]) for at, c in zip(x, conditions, strict=True) if entries[c]["n"]]
    value, low, high = (np.array([e[k] for _, e in found]) for k in ("value", "low", "high"))
    ax.errorbar(
        [at for at, _ in found], value, yerr=np.maximum([value - low, high - value], 0),
        fmt=look[1], color=look[0], markersize=4.5, capsize=2, linewidth=1, label=f"{text} s",
        clip_on=False,
    )  # fmt: skip


def _reaction_times(
    ax: Axes, x: NDArray[np.floating[Any]], trials: list[_Trial], text: str, conditions: list[str],
    look: tuple[NDArray[np.float64], str], step: float,
) -> None:  # fmt: skip
    rng = np.random.default_rng(0)  # sideways scatter only
    for at, condition in zip(x, conditions, strict=True):
        mine = [t for t in trials if t.condition == condition and t.delay_text == text]
        for correct in (True, False):
            times = np.array([t.reaction_time for t in mine if t.correct == correct]) * 1e3
            times = times[~np.isnan(times)]
            if not times.size:
                continue
            ax.plot(
                at + rng.uniform(-0.3, 0.3, times.size) * step, times, linestyle="none",
                marker=look[1] if correct else "x", markersize=3, alpha=0.5, color=look[0],
                markeredgewidth=0 if correct else 1, rasterized=times.size > 1000,
            )  # fmt: skip
            if correct:
                ends = [at - 0.4 * step, at + 0.4 * step]
                ax.plot(ends, [np.median(times)] * 2, color=look[0], linewidth=2)


def _traces(
    dataset: xr.Dataset, trials: list[_Trial], table: SpikeTable, parameters: Parameters
) -> Figure:
    task = get_task(parameters.network.task)
    colours = _unit_colours(task)
    trial = _examples(trials, task)[0]
    memory = task.memory_of_cue.get(trial.cue, task.units["memory"][0])
    answer = trial.response or trial.correct_response or task.units["output"][0]
    recorded = dataset["trace_neuron"].values.tolist()
    starts = dict(zip(table.names, dataset["population_start"].values.tolist(), strict=True))
    time = dataset["trace_time"].values
    part = slice(*np.searchsorted(time, [trial.start, trial.end]))
    figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
    axes = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1.3, 0.25])
    for ax, layer, unit in ((axes[0], "memory", memory), (axes[1], "output", answer)):
        name = f"{layer}_{unit}"
        v = dataset["trace_v"].values[part, recorded.index(starts[name])]
        ax.plot(time[part] - trial.onset, v, color=colours[unit], linewidth=0.8)
        spikes, neuron = table.spikes(name, trial.replicate)
        mine = (neuron == 0) & (spikes >= trial.start) & (spikes < trial.end)
        V_th = parameters.membrane.V_th
        ax.vlines(spikes[mine] - trial.onset, V_th, V_th + 12, color=colours[unit], linewidth=0.8)
        ax.axhline(V_th, color="black", linewidth=0.6, linestyle=(0, (4, 2)), zorder=-1)
        ax.set_ylabel(f"{layer} {unit}\nv (mV)")
    highest = 1.0
    for variable, (label, colour) in _CONDUCTANCES.items():
        g = dataset[f"trace_{variable}"].values[part, recorded.index(starts[f"memory_{memory}"])]
        axes[2].plot(time[part] - trial.onset, g, color=colour, linewidth=0.8, label=label)
        highest = max(highest, float(g.max(initial=0.0)))
    axes[2].set_yscale("log", nonpositive="mask")  # the reset is ten times all else
    axes[2].set_ylim(0.1, 2 * highest)
    axes[2].set_ylabel(f"memory {memory}\nconductance (nS)")
    axes[2].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.2, borderaxespad=0.2)
    _show_response(axes[3], trial, parameters, colours)
    _shade_phases(axes, trial, parameters)
    axes[0].set_title(f"{trial.condition}, delay {trial.delay_text} s", pad=24)
    figure.align_ylabels(axes[:3])
    return figure
