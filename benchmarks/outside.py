"""Programs beside this project's targets, measured as the targets are: plain Brian2 and peers.

Each is a script that simulates the network with one trial of each condition, and leaves spikes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
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
class Run:
    """What one run left: spikes, seconds of its phases, peak memory."""

    index: np.ndarray
    time: np.ndarray
    phases: dict[str, float]
    memory: int


class Program(ABC):
    """A network in a program of its own; ``run(seed)`` simulates it."""

    #: Seconds that building took, where that is done once.
    built: dict[str, float]
    #: Cores that a run uses.
    threads = 1

    def __init__(self, name: str, parameters: Parameters, folder: Path, duration: float) -> None:
        self._name, self._parameters, self._folder = name, parameters, folder
        self._duration = duration
        self._values = folder / "parameters.json"
        self._values.write_text(json.dumps(parameters.as_dict()))

    @abstractmethod
    def run(self, seed: int) -> Run:
        """Simulate once."""

    @abstractmethod
    def foresee(self) -> float:
        """Seconds that one run will take."""

    def record(self, seeds: int, rounds: list[tuple[Run, float]], start: float) -> measure.Recorded:
        """Spikes under every seed, the timed rounds among them, compared from ``start`` (s) on."""
        runs = [run for run, _ in rounds][:seeds]
        with ThreadPoolExecutor(max(available_cores() // self.threads, 1)) as pool:
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
        self, rounds: list[tuple[Run, float]], recorded: measure.Recorded | str
    ) -> dict[str, Any]:
        """As `measure.speed_facts`, where the program tells."""
        phases = [self.built | run.phases for run, _ in rounds]
        return measure.phase_facts(self._parameters, self._duration, 1, phases, recorded) | {
            "peak_memory_bytes": max(run.memory for run, _ in rounds),
            "device_memory_bytes": 0,
        }

    def _python(self, script: str, *arguments: object) -> tuple[dict[str, float], int]:
        command = [sys.executable, "-m", script, self._values, self._folder, *arguments]
        out, memory = self._watch([*map(str, command)], _PROJECT)
        return json.loads(out.splitlines()[-1]), memory

    def _scripted(self, script: str, seed: int, *arguments: object) -> Run:
        """A run of a script that leaves ``spikes-SEED.npz`` in its folder."""
        given = ("--duration", self._duration, "--seed", seed, *arguments)
        phases, memory = self._python(script, *given)
        with np.load(self._folder / f"spikes-{seed}.npz") as spikes:
            return Run(spikes["i"], spikes["t"], phases, memory)

    def _watch(self, command: list[str], folder: Path) -> tuple[str, int]:
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
            said = (err.strip().splitlines() or ["?"])[-1]
            raise RuntimeError(f"{self._name} failed: {said}")
        return out, peak


class PlainBrian2(Program):
    """The network by the tutorial."""

    _SCRIPT = "benchmarks.plain_brian2"

    def __init__(self, device: str, parameters: Parameters, folder: Path, duration: float) -> None:
        super().__init__("plain Brian2", parameters, folder, duration)
        self._device = device
        if device == "cpp_standalone":
            # Brian2 seeds a binary anew at each start.
            given = ("--device", device, "--duration", duration)
            self.built, _ = self._python(self._SCRIPT, *given)
        else:
            # The first run compiles modules; the next tells what a start takes without.
            given = ("--device", device, "--duration", 1e-4)
            began, again = (self._python(self._SCRIPT, *given)[0]["start"] for _ in range(2))
            self.built = {"generate": 0.0, "compile": began - again}

    def run(self, seed: int) -> Run:
        """Simulate once."""
        if self._device == "runtime":
            return self._scripted(self._SCRIPT, seed, "--device", self._device)
        left = self._folder / f"results-{seed}-{time.monotonic_ns()}"
        left.mkdir()
        began = time.perf_counter()
        _, memory = self._watch(["./main", "--results_dir", f"{left}/"], self._folder)
        took = time.perf_counter() - began
        simulate = float((left / "last_run_info.txt").read_text().split()[0])
        (index,) = left.glob("_dynamic_array_spikes_i_*")
        (times,) = left.glob("_dynamic_array_spikes_t_*")
        return Run(
            np.fromfile(index, np.int32),
            np.fromfile(times, np.float64),
            {"start": took - simulate, "simulate": simulate, "write": 0.0},
            memory,
        )

    def foresee(self) -> float:
        """Seconds that one run will take."""
        if self._device == "runtime":
            given = ("--device", self._device, "--duration", 0.05)
            phases = self._python(self._SCRIPT, *given)[0]
            return phases["start"] + phases["simulate"] * self._duration / 0.05
        began = time.perf_counter()
        self.run(1)
        return time.perf_counter() - began
