"""Whether an experiment fits into this machine's memory, found before anything is built."""

from __future__ import annotations

from pfc_standalone.errors import ParameterError
from pfc_standalone.models import RunRequest, get_model


def check_footprint(request: RunRequest, n_runs: int, processes: int) -> int:
    """How many runs like this may go on at once.

    Raises
    ------
    ParameterError
        If not even one fits, results included.
    """
    import psutil

    one = get_model(request.parameters).footprint(request.parameters, request.duration)
    results = n_runs * one.results
    total = psutil.virtual_memory().total
    if one.process + results > total:
        raise ParameterError(
            f"this simulation needs about {(one.process + results) / 1e9:.3g} GB of memory "
            f"({one.process / 1e9:.3g} GB to simulate, {results / 1e9:.3g} GB for its results), "
            f"and this machine has {total / 1e9:.3g} GB: use a smaller --n-per-unit, pooled "
            "connectivity or fewer --trials"
        )
    return max(1, min(processes, n_runs, int((total - results) // one.process)))
