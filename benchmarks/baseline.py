"""Runs `plain_brian2` and measures it as the targets are measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.machine import available_cores, peak_memory
from pfc_standalone.parameters import Parameters
from pfc_standalone.results.dataset import describe_points

#: What each of Brian2's own ways is called, by its device.
PLAIN = {"cpp_standalone": "plain Brian2, cpp_standalone", "runtime": "plain Brian2, cython"}
_PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True)
class PlainRun:
    """What one run left: spikes, seconds of its phases, peak memory."""

    index: np.ndarray
    time: np.ndarray
    phases: dict[str, float]
    memory: int


class PlainBrian2:
    """The network by the tutorial, built; ``run(seed)`` simulates it."""

    def __init__(self, device: str, parameters: Parameters, folder: Path, duration: float) -> None:
        self._device, self._parameters, self._folder = device, parameters, folder
        self._duration = duration
        self._values = folder / "parameters.json"
        self._values.write_text(json.dumps(parameters.as_dict()))
        if device == "cpp_standalone":
            # Brian2 seeds a binary anew at each start.
            self._built, _ = self._python("--device", device, "--duration", duration)
        else:
            # The first run compiles modules; the next tells what a start takes without.
            began = self._python("--device", device, "--duration", 1e-4)[0]["start"]
            again = self._python("--device", device, "--duration", 1e-4)[0]["start"]
            self._built = {"generate": 0.0, "compile": began - again}

    def run(self, seed: int) -> PlainRun:
        """Simulate once."""
        if self._device == "runtime":
            arguments = ("--duration", self._duration, "--seed", seed)
            phases, memory = self._python("--device", self._device, *arguments)
            spikes = np.load(self._folder / f"spikes-{seed}.npz")
            return PlainRun(spikes["i"], spikes["t"], phases, memory)
        left = self._folder / f"results-{seed}-{time.monotonic_ns()}"
        left.mkdir()
        began = time.perf_counter()
        _, memory = _watch(["./main", "--results_dir", f"{left}/"], self._folder)
        took = time.perf_counter() - began
        simulate = float((left / "last_run_info.txt").read_text().split()[0])
        (index,) = left.glob("_dynamic_array_spikes_i_*")
        (times,) = left.glob("_dynamic_array_spikes_t_*")
        return PlainRun(
            np.fromfile(index, np.int32),
            np.fromfile(times, np.float64),
            {"start": took - simulate, "simulate": simulate, "write": 0.0},
            memory,
        )

    def foresee(self, seeds: int) -> float:
        """Seconds that runs under all seeds will take, one a core."""
        if self._device == "runtime":
            phases = self._python("--device", self._device, "--duration", 0.05)[0]
            one = phases["start"] + phases["simulate"] * self._duration / 0.05
        else:
            began = time.perf_counter()
            self.run(1)
            one = time.perf_counter() - began
        return one * seeds / available_cores()

    def record(
        self, seeds: int, rounds: list[tuple[PlainRun, float]], start: float
    ) -> measure.Recorded:
        """Spikes under every seed, the timed rounds among them, compared from ``start`` (s) on."""
        runs = [run for run, _ in rounds][:seeds]
        with ThreadPoolExecutor(available_cores()) as pool:
            runs += pool.map(self.run, range(len(runs) + 1, seeds + 1))
        trials = one_of_each(self._parameters)
        points = [Point(self._parameters, trials, replicate=k) for k in range(len(runs))]
        replicate = np.repeat(np.arange(len(runs)), [run.time.size for run in runs])
        dataset = describe_points(points).assign(
            spike_time=("spike", np.concatenate([run.time for run in runs])),
            spike_neuron=("spike", np.concatenate([run.index for run in runs]).astype(np.int32)),
            spike_replicate=("spike", replicate.astype(np.int32)),
        )
        return measure.Recorded.of(dataset, start, self._duration, self._duration)

    def facts(
        self, rounds: list[tuple[PlainRun, float]], recorded: measure.Recorded
    ) -> dict[str, Any]:
        """As `measure.speed_facts`, where plain Brian2 tells."""
        phases = [self._built | run.phases for run, _ in rounds]
        return measure.phase_facts(self._parameters, self._duration, 1, phases, recorded) | {
            "peak_memory_bytes": max(run.memory for run, _ in rounds),
            "device_memory_bytes": 0,
        }

    def _python(self, *arguments: object) -> tuple[dict[str, float], int]:
        command = [sys.executable, "-m", "benchmarks.plain_brian2", self._values, self._folder]
        out, memory = _watch([*map(str, command), *map(str, arguments)], _PROJECT)
        return json.loads(out.splitlines()[-1]), memory


def _watch(command: list[str], folder: Path) -> tuple[str, int]:
    """Run a program; what it prints, and its peak resident memory, 0 if unknown."""
    peak = 0
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    ) as process:  # fmt: skip
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.02)
        out, err = process.communicate()
    if process.returncode:
        raise RuntimeError(f"plain Brian2 failed: {(err.strip().splitlines() or ['?'])[-1]}")
    return out, peak
