"""A sweep: over one axis curves with their intervals, over two maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_standalone.figures.style import UNIT_COLOURS, WIDTH
from pfc_standalone.record import Labelled

#: Columns of maps.
_ACROSS = 3
#: Rows of curves: the numbers whose names begin so, and what they are.
_CURVES = (
    ("accuracy", "fraction of correct trials"), ("reaction_time", "median reaction time (s)"),
    ("memory_held", "fraction of trials that memory held"),
)  # fmt: skip


def draw(dataset: Labelled) -> dict[str, Figure]:
    """Means over seeds, and over all axes but the first two."""
    if "axes" not in dataset.attrs:
        return {}
    from pfc_standalone.analysis.sweep_effect import axes_of, drawn

    axes, names = axes_of(dataset)[:2], drawn(dataset)
    if not axes or not names:
        return {}
    return {"sweep": (_curves if len(axes) == 1 else _maps)(dataset, names)}


def _curves(dataset: Labelled, names: Sequence[str]) -> Figure:
    from pfc_standalone.analysis.sweep_effect import axes_of, means

    (axis,) = axes_of(dataset)
    rows = [(b, label) for b, label in _CURVES if any(n.startswith(b) for n in names)]
    figure = Figure(figsize=(WIDTH, 2.1 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), squeeze=False, sharex=True)[:, 0]
    at = np.array(axis.values, float) if axis.is_number else np.arange(len(axis.values))
    for ax, (begins, label) in zip(panels, rows, strict=True):
        for k, name in enumerate(n for n in names if n.startswith(begins)):
            value, low, high = means(dataset, name, [axis]).T
            colour = UNIT_COLOURS[k % len(UNIT_COLOURS)]
            shown = name.removeprefix(begins).strip("_").replace("_", ", ") or "all trials"
            ax.plot(at, value, marker="o", markersize=3, color=colour, label=f"{shown} s"
                    if shown != "all trials" else shown)  # fmt: skip
            ax.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.set_ylabel(label, fontsize=7)
        if begins == "reaction_time":
            ax.set_ylim(bottom=0)
        else:
            ax.set_ylim(-0.03, 1.03)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7)
    if not axis.is_number:
        panels[-1].set_xticks(at, axis.values)
    panels[-1].set_xlabel(axis.label)
    return figure


def _maps(dataset: Labelled, names: Sequence[str]) -> Figure:
    n_down = -(-len(names) // _ACROSS)
    figure = Figure(figsize=(WIDTH, 2.0 * n_down + 0.3), layout="constrained")
    panels = figure.subplots(n_down, _ACROSS, squeeze=False).ravel()
    for ax, name in zip(panels, names, strict=False):
        _map(figure, ax, dataset, name)
    for ax in panels[len(names) :]:
        ax.set_axis_off()
    return figure


def _map(figure: Figure, ax: Axes, dataset: Labelled, name: str) -> None:
    from pfc_standalone.analysis.sweep_effect import axes_of, means

    axes = axes_of(dataset)[:2]
    value = means(dataset, name, axes)[..., 0]
    top = None if name.startswith("reaction_time") else 1
    image = ax.imshow(value, origin="lower", aspect="auto", vmin=0, vmax=top, cmap="viridis")
    figure.colorbar(image, ax=ax)
    for axis, down in ((ax.yaxis, axes[0]), (ax.xaxis, axes[1])):
        n = len(down.values)
        at = np.unique(np.linspace(0, n - 1, min(n, 5)).round().astype(int))
        axis.set_ticks(at.tolist(), [_short(down.values[k]) for k in at])
        axis.set_label_text(down.label)
    ax.set_title(name)


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


FIGURE = draw
