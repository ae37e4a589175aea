"""How figures look: sizes, type, colours.

The first colours are those of Okabe & Ito, which the colour-blind can tell apart; a unit has the
same colour in every layer and figure. Delays, an ordered quantity, take theirs from viridis.

References
----------
Okabe M, Ito K (2008). Color universal design. https://jfly.uni-koeln.de/color/
Machado GM, Oliveira MM, Fernandes LAF (2009). IEEE Trans Vis Comput Graph 15:1291-1298.
    doi:10.1109/TVCG.2009.113
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from numpy.typing import NDArray

from pfc_standalone.tasks import LAYERS, Task

WIDTH = 7.1  # of a figure, inches: two columns of a journal's page
#: Okabe & Ito's six that show on white and are neither black nor grey, then as many more as three
#: layers may have units. Each of these was chosen to be as far as can be from those before it, in
#: OKLab, seen with and without red or green cones (Machado et al.); any two are 0.1 or more apart.
UNIT_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9",
    "#7700FF", "#881166", "#00EE88", "#445511", "#8877FF", "#3333BB",
    "#DD11CC", "#88BB88", "#CC0044", "#EEAABB", "#665588", "#CCCC22",
    "#55DDFF", "#FF1166", "#FF77DD", "#662299", "#994466", "#AA44AA",
)  # fmt: skip
NONSELECTIVE, INHIBITORY = "#777777", "#000000"
STIMULUS, DELAY = "#E0E0E0", "#F3F3F3"  # bands of a trial
DASHES = (0, (4, 2))  # of a line that marks a threshold

STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titley": 1.0,  # or each drawing would look for ticks in its way
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
    "ps.fonttype": 42,  # by which matplotlib decides how many fonts a PDF embeds
}
#: All of matplotlib's settings, so that a user's own make no difference. The backend is none of a
#: figure's business.
SETTINGS = {k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"} | STYLE


def only_outer_axes(grid: NDArray[Any]) -> None:
    """Draw axes at the left and at the bottom of a grid of panels that share them.

    Ticks are most of what drawing takes.
    """
    for ax in grid[:-1].flat:
        ax.xaxis.set_visible(False)
    for ax in grid[:, 1:].flat:
        ax.yaxis.set_visible(False)


def unit_colours(task: Task) -> dict[str, str]:
    """The colour of each selective unit; units of the same name in several layers share it."""
    units = dict.fromkeys(u for layer in LAYERS for u in task.units[layer])
    return {u: UNIT_COLOURS[i % len(UNIT_COLOURS)] for i, u in enumerate(units)}
