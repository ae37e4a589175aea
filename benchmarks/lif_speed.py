"""Times `lif_network` on Brian2's own device and on ours, interleaved.

``python -m benchmarks.lif_speed FOLDER --n 25 500 --rounds 5`` builds what FOLDER lacks and prints
a table: CPU seconds of the loop over time steps (median of the rounds, and the range),
rates, and whether the spikes have the distribution of those on Brian2's device.

CPU seconds count nothing that other processes do, but for what they do to caches.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.lif_network import UNITS, sizes
from pfc_standalone.analysis.agreement import compare_seeds, holm
from pfc_standalone.simulation.verify import ALPHA

#: Options of `lif_network` for each way to run it; the first is the reference.
WAYS = {
    "brian2": (),
    "ours": ("--device", "pfc_cpp_standalone"),
    "ours-noise": ("--device", "pfc_cpp_standalone", "--counter-noise"),
    "ours-noise-float32": ("--device", "pfc_cpp_standalone", "--counter-noise", "--float32"),
}


@dataclass(frozen=True)
class Run:
    """One run: CPU seconds of the loop, and spikes.

    Attributes
    ----------
    counts : (neurons,) ndarray of int
        Spikes of each neuron, excitatory ones of all units first.
    """

    loop_s: float
    counts: NDArray[np.int64]


def build(folder: Path, n: int, way: str, duration: float) -> Path:
    """The folder of a compiled program, which is made unless it is there."""
    place = folder / f"{way}-{n}-{duration:g}"
    if not (place / "main").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "benchmarks.lif_network", place.resolve(), "--n", n]
        subprocess.run(
            [*map(str, command), *WAYS[way], "--duration", str(duration)],
            check=True, cwd=Path(__file__).parent.parent,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return place


def run(place: Path, way: str, n: int, seed: int) -> Run:
    """Run a program once, with connections and noise of its own."""
    results = place / "spikes"
    results.mkdir(exist_ok=True)
    arguments = [f"neurons.rng_seed={seed}"] if "noise" in way else []
    with subprocess.Popen(
        ["./main", "--results_dir", f"{results.name}/", *arguments],
        cwd=place, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{place}/main ended with exit code {process.returncode}")
    loop = next(float(line.split()[1]) for line in said.splitlines() if line.startswith("loop "))
    (index,) = results.glob("_dynamic_array_spikes_i_*")
    counts = np.bincount(np.fromfile(index, np.int32), minlength=UNITS * n)
    return Run(loop, counts)


def agreement(reference: Sequence[Run], others: Sequence[Sequence[Run]], n: int) -> list[str]:
    """Of each of the others: ``agree``, or where spikes are distributed otherwise."""
    border = UNITS * sizes(n)[0]
    parts = {"excitatory": slice(border), "inhibitory": slice(border, None)}
    found = [
        compare_seeds(
            name, "rate", [r.counts[part] for r in reference], [r.counts[part] for r in other]
        )
        for other in others
        for name, part in parts.items()
    ]
    differ = iter(holm([c.p for c in found]) < ALPHA)
    return [
        ", ".join(f"{name} differ" for name in parts if next(differ)) or "agree" for _ in others
    ]


def main() -> None:
    """Build, run, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="of programs; kept for another time")
    parser.add_argument("--n", type=int, nargs="+", default=[25, 100, 500], help="neurons a unit")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=float, default=2.0, help="biological time, s")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    chosen = parser.parse_args()
    print("| n | way | CPU s of the loop | range | rate E, I (Hz) | spikes |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n in chosen.n:
        places = {way: build(chosen.folder, n, way, chosen.duration) for way in chosen.ways}
        runs: dict[str, list[Run]] = {way: [] for way in places}
        for seed in range(1, chosen.rounds + 1):
            for way, place in places.items():
                runs[way].append(run(place, way, n, seed))
        first, *others = runs.values()
        verdicts = ["reference", *agreement(first, others, n)]
        border = UNITS * sizes(n)[0]
        for (way, of_way), verdict in zip(runs.items(), verdicts, strict=True):
            loop = [r.loop_s for r in of_way]
            rates = [
                np.mean([r.counts[part].mean() for r in of_way]) / chosen.duration
                for part in (slice(border), slice(border, None))
            ]
            print(
                f"| {n} | {way} | {np.median(loop):.3g} | {min(loop):.3g}-{max(loop):.3g} "
                f"| {rates[0]:.2f}, {rates[1]:.2f} "
                f"| {verdict} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
