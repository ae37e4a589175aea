"""Draw the AX-CPT network, with the weights and sizes of the default parameters.

``python docs/figures/network.py`` writes ``network.png`` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters

COLOUR = {
    "A": "#0072B2",
    "B": "#D55E00",
    "X": "#009E73",
    "Y": "#E69F00",
    "T": "#CC79A7",
    "N": "#56B4E9",
    "nonselective": "#B5B5B5",
    "inh": "#333333",
}
INHIBITION = "#333333"
RADIUS = 0.47
#: Centres of the populations.
AT = {
    "input_A": (5.1, 7.7),
    "input_B": (5.1, 6.1),
    "input_X": (5.1, 4.2),
    "input_Y": (5.1, 2.6),
    "input_nonselective": (5.1, 1.05),
    "input_inh": (3.9, 1.05),
    "memory_inh": (10.9, 9.3),
    "memory_nonselective": (9.7, 9.3),
    "memory_A": (9.7, 7.7),
    "memory_B": (9.7, 6.1),
    "output_T": (14.4, 4.2),
    "output_N": (14.4, 2.6),
    "output_nonselective": (14.4, 1.05),
    "output_inh": (15.6, 1.05),
}
#: Layer: left, bottom, width, height of its box.
BOX = {
    "input": (3.25, 0.35, 2.5, 8.35),
    "memory": (9.05, 5.35, 2.5, 4.65),
    "output": (13.75, 0.35, 2.5, 4.75),
}


def draw(parameters: Parameters) -> Figure:
    """Draw the whole figure."""
    figure = Figure(figsize=(9.5, 5.45))
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_xlim(0, 19)
    ax.set_ylim(0, 10.9)
    ax.set_axis_off()
    layers(ax)
    lateral_inhibition(ax)
    fibres(ax, parameters)
    projections(ax, parameters)
    gate(ax, parameters)
    self_excitation(ax, parameters)
    reset(ax, parameters)
    populations(ax, parameters)
    response(ax, parameters)
    legend(ax, parameters)
    return figure


def text(ax: Axes, x: float, y: float, words: str, size: float = 8, **more: Any) -> None:
    """Write centred words."""
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": size, "zorder": 6}
    ax.text(x, y, words, **(look | more))


def arrow(ax: Axes, start: tuple[float, float], stop: tuple[float, float], **more: Any) -> None:
    """Draw an arrow with a head that suits its width."""
    width = more.setdefault("linewidth", 1.2)
    head = f"-|>,head_length={2.6 + 0.55 * width},head_width={1.3 + 0.42 * width}"
    look: dict[str, Any] = {"arrowstyle": head, "shrinkA": 0, "shrinkB": 0, "zorder": 3}
    ax.add_patch(FancyArrowPatch(start, stop, mutation_scale=1, **(look | more)))


def edge(name: str, towards: str, gap: float = 0.04) -> tuple[float, float]:
    """Where the line from one population towards another leaves its circle."""
    a, b = np.array(AT[name]), np.array(AT[towards])
    x, y = a + (b - a) / np.hypot(*(b - a)) * (RADIUS + gap)
    return float(x), float(y)


def layers(ax: Axes) -> None:
    """Draw a box for each layer, with its name."""
    for layer, (x, y, width, height) in BOX.items():
        ax.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.25",
                facecolor="#F4F4F4",
                edgecolor="#C8C8C8",
                linewidth=0.8,
                zorder=0,
            )
        )
        text(ax, x + width / 2, y + height + 0.3, f"{layer.capitalize()} layer", 10, weight="bold")


def populations(ax: Axes, parameters: Parameters) -> None:
    """Draw a circle for each population, with its size."""
    for p in population_table(parameters):
        kind = p.unit or ("inh" if p.type == "inh" else "nonselective")
        x, y = AT[p.name]
        ax.add_patch(
            Circle((x, y), RADIUS, facecolor=COLOUR[kind], edgecolor="white", linewidth=1, zorder=5)
        )
        dark = "black" if kind in ("nonselective", "Y", "N", "T") else "white"
        if p.unit:
            text(ax, x, y + 0.1, p.unit, 11, weight="bold", color=dark)
        else:
            text(ax, x, y + 0.12, "inh." if kind == "inh" else "non-sel.", 6.5, color=dark)
        text(ax, x, y - 0.24, str(p.size), 6, color=dark)


def lateral_inhibition(ax: Axes) -> None:
    """Draw inhibition from each pool along its layer's units, and back from the excitatory ones."""
    for layer in BOX:
        members = [n for n in AT if n.startswith(layer) and not n.endswith("_inh")]
        x, y = AT[f"{layer}_inh"]
        unit_x = AT[members[0]][0]
        units = [AT[n][1] for n in members if not n.endswith("nonselective")]
        far = max(units, key=lambda other: abs(other - y))
        side = np.sign(x - unit_x)
        rail = unit_x + side * 0.82
        look: dict[str, Any] = {"color": INHIBITION, "linewidth": 1.1, "zorder": 2}
        drop = 0.38 if layer == "input" else 0.0  # below where the fibres arrive
        ax.plot([rail, rail], [y, far - drop], **look)
        for unit_y in units:
            end = unit_x + side * (np.sqrt(RADIUS**2 - drop**2) + (0.12 if drop else 0.06))
            ax.plot([rail, end], [unit_y - drop] * 2, **look)
            ax.plot(end, unit_y - drop, "o", color=INHIBITION, markersize=4, zorder=4)
        end = x - side * (RADIUS + 0.03)
        arrow(ax, (unit_x + side * RADIUS, y), (end, y), linewidth=1.0, color="#777777")


def fibres(ax: Axes, parameters: Parameters) -> None:
    """Draw the images and the fibres from them."""
    side = 0.24
    for unit, rows in parameters.network.task.images.items():
        x, y = AT[f"input_{unit}"]
        left, top = 0.55, y + 2.5 * side
        for row, line in enumerate(rows):
            for column, pixel in enumerate(line):
                ax.add_patch(
                    Rectangle(
                        (left + column * side, top - (row + 1) * side),
                        side,
                        side,
                        facecolor=COLOUR[unit] if pixel == "1" else "white",
                        edgecolor="#BBBBBB",
                        linewidth=0.5,
                    )
                )
        for offset in (-0.36, -0.12, 0.12, 0.36):
            start = (left + 5 * side + 0.1, y + offset)
            arrow(
                ax, start, (x - RADIUS - 0.12, y + offset * 0.45), linewidth=0.7,
                color=COLOUR[unit], zorder=1,
            )  # fmt: skip
    a = parameters.afferents
    text(ax, 1.65, 9.15, "5x5-pixel images", 8.5, weight="bold")
    words = (
        f"{a.fibres_per_pixel} Poisson fibres a pixel,\n{a.rate_on:g} Hz on, {a.rate_off:g} Hz off"
    )
    text(ax, 1.65, 1.05, words, 7.5)


def projections(ax: Axes, parameters: Parameters) -> None:
    """Draw arrows between layers, as wide as their weight, which is written on them."""
    written_at = {"input_to_memory": 0.18, "a_to_t": 0.3, "b_to_n": 0.3}
    for p in parameters.network.task.projections:
        start, stop = edge(p.source, p.destination), edge(p.destination, p.source)
        weight = parameters.conductance(p)
        colour = COLOUR[p.source[-1]]
        arrow(ax, start, stop, linewidth=0.9 + 0.075 * weight, color=colour)
        part = written_at.get(str(p.conductance).partition(".")[2], 0.27)
        x, y = np.array(start) + part * (np.array(stop) - np.array(start))
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        text(ax, x, y, f"{weight:g} nS", 7.5, color="black", bbox=box)


def gate(ax: Axes, parameters: Parameters) -> None:
    """Draw the gate across the two projections from input to memory."""
    x, bottom, top = 7.85, 5.55, 8.25
    ax.add_patch(
        FancyBboxPatch(
            (x - 0.2, bottom),
            0.4,
            top - bottom,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor="white",
            edgecolor="black",
            linewidth=1,
            zorder=4,
        )
    )
    text(ax, x, (bottom + top) / 2, "gate", 8.5, rotation=90)
    extra = parameters.timing.gate_extra * 1e3
    text(ax, 7.4, 8.85, f"open from cue onset to\n{extra:g} ms after its end", 7.5)


def self_excitation(ax: Axes, parameters: Parameters) -> None:
    """Draw loops on the units that excite themselves more than others."""
    for layer in ("memory", "output"):
        for unit in parameters.network.task.units[layer]:
            x, y = AT[f"{layer}_{unit}"]
            arrow(
                ax, (x - 0.2, y + RADIUS - 0.02), (x + 0.22, y + RADIUS), linewidth=1.6,
                color=COLOUR[unit], connectionstyle="arc3,rad=-1.6",
            )  # fmt: skip


def reset(ax: Axes, parameters: Parameters) -> None:
    """Draw the fibres onto the inhibitory pool of memory."""
    x, y = AT["memory_inh"]
    for offset in (-0.24, 0.0, 0.24):
        arrow(
            ax, (12.6, y + offset), (x + RADIUS + 0.08, y + offset * 0.5), linewidth=0.8,
            color=INHIBITION,
        )  # fmt: skip
    n = parameters.afferents.reset_fibres
    words = f"reset after each trial:\n{n} Poisson fibres excite\nmemory's inhibitory pool"
    text(ax, 12.75, y, words, 7.5, ha="left")


def response(ax: Axes, parameters: Parameters) -> None:
    """Say what is read from the output."""
    y = (AT["output_T"][1] + AT["output_N"][1]) / 2
    arrow(ax, (16.35, y), (17.0, y), linewidth=2.5, color="black")
    d = parameters.decision
    text(ax, 17.95, y + 0.85, "Response", 10, weight="bold")
    falls = f"falls from\n{d.threshold:g} to {d.threshold * d.floor:g} Hz"
    words = f"T (target) or\nN (non-target):\nthe first unit to\nreach a threshold\nthat {falls}"
    text(ax, 17.95, y - 0.3, words, 7.5)


def legend(ax: Axes, parameters: Parameters) -> None:
    """Say what lines mean."""
    left, right, top, line = 6.35, 7.15, 2.0, 0.41
    between, within, loop, gaba = (top - k * line for k in range(4))
    arrow(ax, (left, between), (right, between), linewidth=3, color="#777777")
    arrow(ax, (left + 0.2, within), (right, within), linewidth=1, color="#777777")
    arrow(
        ax, (left + 0.35, loop - 0.12), (left + 0.65, loop - 0.1), linewidth=1.4, color="#777777",
        connectionstyle="arc3,rad=-1.2",
    )  # fmt: skip
    ax.plot([left + 0.2, right - 0.08], [gaba, gaba], color=INHIBITION, linewidth=1.1)
    ax.plot(right - 0.08, gaba, "o", color=INHIBITION, markersize=4)
    w = f"{parameters.memory.w_plus:g} (memory), {parameters.output.w_plus:g} (output)"
    for y, words in (
        (between, "excitation between layers, total of the source unit"),
        (within, "AMPA and NMDA within a layer, all to all"),
        (loop, f"stronger within a unit: $w_+$ = {w}"),
        (gaba, "GABA within a layer, all to all"),
        (gaba - line, "number in a circle: neurons"),
    ):
        text(ax, right + 0.2, y, words, 7.5, ha="left")


def main() -> None:
    """Write the figure beside this file."""
    with mpl.rc_context({"font.size": 8}):
        draw(Parameters()).savefig(Path(__file__).with_suffix(".png"), dpi=180)


if __name__ == "__main__":
    main()
