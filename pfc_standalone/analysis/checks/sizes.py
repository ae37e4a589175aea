"""What must hold from one size of the spiking network to another: it stands for the same units.

`analysis.sources` has the papers in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import inf, isnan, nan
from typing import TYPE_CHECKING

from pfc_standalone.analysis import activity
from pfc_standalone.analysis.bounds import Bound, Measured, Verdict, verdicts
from pfc_standalone.experiment.check_points import NORMAL, PART

if TYPE_CHECKING:
    import xarray as xr

#: From n_per_unit, ascending, to quantities of the remembered memory unit while it is remembered:
#: ``rate`` (Hz), ``isi_cv``, ``count_correlation``, each by unit.
Sizes = Mapping[int, Mapping[str, Mapping[str, float]]]


def of_size(dataset: xr.Dataset) -> dict[str, dict[str, float]]:
    """The quantities of one size, of a dataset of `experiment.check_points.spiking_points`."""
    normal = dataset.isel(replicate=dataset[PART].values == NORMAL)
    regularity = activity.delay_regularity(normal)
    rates = activity.population_rates(normal)
    found = {"rate": {unit: rates[unit]["delay"] for unit in regularity}}
    for name in ("isi_cv", "count_correlation"):
        found[name] = {unit: r[name] for unit, r in regularity.items()}
    return found


def _over(quantity: str, compare: Callable[[float, float], float]) -> Callable[[Sizes], Measured]:
    """The quantity of each size compared with that of the next larger one."""

    def measure(sizes: Sizes) -> Measured:
        found = {}
        for small, large in pairwise(sorted(sizes)):
            for unit, value in sizes[small][quantity].items():
                other = sizes[large][quantity][unit]
                known = not (isnan(value) or isnan(other)) and value > 0
                where = f"{unit}, n {small} to {large}"
                found[where] = compare(value, other) if known else nan
        return found

    return measure


Row = Bound[Sizes]
OVER_SIZES: tuple[Row, ...] = (
    Row(
        "change of the delay rate with size",
        _over("rate", lambda small, large: large / small - 1), -0.25, 0.25, "", "BW2001",
        "conductances are scaled so that the mean input, and with it the rate, stays; 25 % is the "
        "project's measure",
    ),
    Row(
        "change of the ISI CV in the delay with size",
        _over("isi_cv", lambda small, large: large - small), -0.15, 0.15, "", "BW2001",
        "background noise, the same at every size, makes neurons irregular; 0.15 is the project's "
        "measure",
    ),
    Row(
        "change of the count correlation with size",
        _over("count_correlation", lambda small, large: large - small), -inf, 0.0, "", "BH1999",
        "fluctuations that a population shares fall with its number of neurons", strict=True,
    ),
)  # fmt: skip


def check_sizes(sizes: Sizes) -> list[Verdict]:
    """Bounds over sizes; none of a single one."""
    return verdicts(sizes, OVER_SIZES)
