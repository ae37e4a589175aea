"""What a sweep costs beside its simulations: points whose program does nothing.

    python -m benchmarks.sweep_bookkeeping 100000 [--cluster local]
    python -m benchmarks.sweep_bookkeeping 100000 --home

The second leaves out what engines do, and what is done where a run ends: each request is made and
pickled, and answered with a row at once. Prints how long a point takes and the largest memory of
this process, from the plan to the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import pickle
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.stub_target import StubTarget
from pfc_standalone.commands.sweeping import SweepPlace, _conclude, go_on
from pfc_standalone.experiment.sweep import make_sweep
from pfc_standalone.machine import peak_memory
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.sweep_table import TABLE_FILE, describe_sweep
from pfc_standalone.simulation.engines import Then, Work
from pfc_standalone.simulation.sweeping import Outcome
from pfc_standalone.simulation.targets import Progress

_SWEEPING = "pfc_standalone.commands.sweeping"

#: Numbers in the row of a point of the AX-CPT at two delays.
_NUMBERS = {f"number_{k}": 1 / (k + 1) for k in range(60)}


class Home:
    """An engine that simulates nothing."""

    def run(
        self, work: Work, folder: Path, on_progress: Progress, then: Then | None = None
    ) -> Generator[tuple[int, Outcome]]:
        """A row for each request."""
        for _, requests in work:
            for done, number in enumerate(requests):
                pickle.dumps(requests[number])
                yield number, Outcome([_NUMBERS])
                on_progress("simulate", (done + 1) / len(requests))


_SMALL = {
    "network.model": "rate", "network.batch": 1, "experiment.trials": 1,
    "experiment.delays": ("0.5",),
}  # fmt: skip


def main() -> None:
    """Measure one sweep."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("points", type=int)
    parser.add_argument("--seeds", type=int, default=20, help="of each combination (default: 20)")
    parser.add_argument("--cluster")
    parser.add_argument("--home", action="store_true", help="bookkeeping alone")
    chosen = parser.parse_args()
    n_values = max(chosen.points // chosen.seeds, 1)
    over = f"memory.gain=0.5:{0.5 + (n_values - 1) * 1e-5:.5f}:0.00001"
    sweep = make_sweep(with_values(Parameters(), _SMALL), [over], chosen.seeds)
    target = StubTarget()
    plan = describe_sweep(sweep).assign_attrs({"target": "stub", "spikes": 0})
    while_running: list[int] = []

    def conclude(*arguments: Any) -> Any:
        while_running.append(peak_memory())
        return _conclude(*arguments)

    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.ExitStack() as stack,
        mock.patch(f"{_SWEEPING}._conclude", conclude),
        mock.patch(f"{_SWEEPING}.get_target", return_value=target),
    ):
        if chosen.home:
            stack.enter_context(mock.patch(f"{_SWEEPING}.engine_of", return_value=Home()))
        place = SweepPlace(Path(folder) / "out")
        with place.claimed(plan):
            go_on(place, plan, chosen.cluster, ())
        size = sum(p.stat().st_size for p in place.output.iterdir())
        with (place.output / TABLE_FILE).open() as table:
            n_rows = sum(1 for _ in table) - 1
    took, cpu = time.perf_counter() - began, time.process_time()
    print(
        f"{n_rows} points: {1e3 * took / n_rows:.2f} ms a point ({1e3 * cpu / n_rows:.2f} ms of "
        f"CPU here), {while_running[0] / 1e6:.0f} MB of memory, {peak_memory() / 1e6:.0f} when the "
        f"table is made, {size / n_rows:.0f} bytes a point in the folder"
    )


if __name__ == "__main__":
    main()
