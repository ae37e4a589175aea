"""Does a run do what the network must do?
=======================================

Reads a results folder::

    uv run python examples/activity_report.py results/ax-cpt-cpp-n100-...

Prints the rates of the right and the other output while they compete, and every quantity that has
a bound (docs/model.md), with its verdict.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pfc_standalone import load_results
from pfc_standalone.analysis.activity import output_contest
from pfc_standalone.analysis.bounds import judge

if TYPE_CHECKING:
    import xarray as xr

WORDS = {True: "holds", False: "OUT OF BOUNDS", None: "not measured"}


def report(data: xr.Dataset) -> None:
    """Print the report of a dataset."""
    for condition, rate in output_contest(data).items():
        print(f"{condition}: winner {rate['winner']:.1f} Hz, loser {rate['loser']:.1f} Hz")
    for verdict in judge(data):
        bound, value = verdict.bound, f"{verdict.value:.3g} {verdict.bound.unit}".strip()
        said = f"{value} ({bound.allowed}): {WORDS[verdict.holds]}"
        print(f"{bound.name}, {verdict.where}: {said}")


if __name__ == "__main__":
    report(load_results(sys.argv[1]))
