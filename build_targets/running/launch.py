"""Start finished programs, watch them, and read what they leave.

A program takes ``--results_dir DIR/`` and ``object.variable=VALUE`` (a number, or a file of raw
values). On standard output it says ``progress FRACTION``, ``phase NAME SECONDS`` and
``memory WHAT BYTES``, on standard error nothing but what went wrong.

One thread watches all processes. Whatever ends the watching early (an error in one of them,
Ctrl-C) stops them all and removes their files.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_targets.manifest import ArrayVariable, Manifest
from pfc_standalone.run_values import RunRequest, run_values
from pfc_standalone.targets import RunResult, TargetError

#: Lines of a code object's name and its seconds.
PROFILE_FILE = "profiling_info.txt"


class RunError(TargetError):
    """A program failed, or left results that are not whole."""


@dataclass(frozen=True)
class Program:
    """How a finished build is started.

    Attributes
    ----------
    command : list of str
        To which a run's arguments are appended.
    folder : Path
        Where it must start.
    environment : dict of str
        Variables that it needs beside those there are.
    """

    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class _Process:
    """One running program."""

    number: int
    folder: Path
    popen: subprocess.Popen[bytes]
    done: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    unread: bytes = b""

    def read(self) -> bool:
        """Take in what it printed; False once it has closed its output."""
        assert self.popen.stdout is not None
        chunk = os.read(self.popen.stdout.fileno(), 65536)
        *lines, self.unread = (self.unread + chunk).split(b"\n")
        for line in lines:
            match line.decode(errors="replace").split():
                case ["progress", fraction]:
                    self.done = float(fraction)
                case ["phase", name, seconds]:
                    self.phases[name] = float(seconds)
                case ["memory", what, size]:
                    self.memory[what] = int(size)
        return bool(chunk)

    def close(self) -> None:
        """Let go of its output."""
        assert self.popen.stdout is not None
        self.popen.stdout.close()


def run_all(
    program: Program,
    manifest: Manifest,
    requests: list[RunRequest],
    processes: int,
    on_progress: Callable[[float], None],
) -> list[RunResult]:
    """Run a program once for each request, several at a time.

    Parameters
    ----------
    processes : int
        How many may run at once.
    on_progress : callable
        Called with the fraction of all runs that is done.

    Raises
    ------
    RunError
        If a run fails or its results are not whole.
    """
    scratch = Path(tempfile.mkdtemp(prefix="pfc-run-"))
    waiting = list(enumerate(requests))[::-1]
    running: dict[int, _Process] = {}
    results: dict[int, RunResult] = {}
    try:
        with selectors.DefaultSelector() as selector:
            while waiting or running:
                while waiting and len(running) < processes:
                    number, request = waiting.pop()
                    process = _start(program, manifest, request, scratch / str(number), number)
                    running[number] = process
                    selector.register(process.popen.stdout, selectors.EVENT_READ, process)  # type: ignore[arg-type]
                for key, _ in selector.select():
                    process = key.data
                    if not process.read():
                        selector.unregister(key.fileobj)
                        running.pop(process.number).close()
                        results[process.number] = _finish(process, manifest)
                done = len(results) + sum(p.done for p in running.values())
                on_progress(done / len(requests))
    except OSError as error:
        raise RunError(f"the run could not be started or read: {error}") from error
    finally:
        for process in running.values():
            process.popen.kill()
            process.popen.communicate()
        shutil.rmtree(scratch, ignore_errors=True)
    return [results[i] for i in range(len(requests))]


def _start(
    program: Program, manifest: Manifest, request: RunRequest, folder: Path, number: int
) -> _Process:
    (folder / "results").mkdir(parents=True)
    arguments = _arguments(manifest, run_values(request), folder)
    with (folder / "stderr").open("wb") as stderr:
        popen = subprocess.Popen(
            [*program.command, "--results_dir", f"{folder / 'results'}/", *arguments],
            cwd=program.folder,
            env=os.environ | program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    return _Process(number, folder, popen)


def _arguments(
    manifest: Manifest, values: dict[str, NDArray[np.generic]], folder: Path
) -> list[str]:
    """Command-line arguments ``name=value``; arrays go through files.

    A binary that gets a wrong array prints a line and goes on with zeros, so names, types and
    sizes are checked here.
    """
    arguments = []
    if values.keys() != manifest.run_variables.keys():
        odd = sorted(values.keys() ^ manifest.run_variables.keys())
        raise RunError(f"the binary and the run disagree on the variables {', '.join(odd)}")
    for name, value in values.items():
        expected = manifest.run_variables[name]
        if value.dtype != expected.dtype or value.size != expected.size:
            raise RunError(
                f"{name} has {value.size} values of {value.dtype}, the binary takes "
                f"{expected.size} of {expected.dtype}"
            )
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise RunError(f"{name} holds NaN or infinity, which the binary cannot take")
        if value.size == 1:
            arguments.append(f"{name}={value.item()!r}")
        else:
            path = folder / name
            value.tofile(path)
            arguments.append(f"{name}={path}")
    return arguments


def _finish(process: _Process, manifest: Manifest) -> RunResult:
    """Wait for a process that closed its output; check and read its results."""
    code = process.popen.wait()
    said = (process.folder / "stderr").read_text(errors="replace").strip()
    if code < 0:
        raise RunError(
            f"the simulation was ended by signal {signal.Signals(-code).name}"
            + (": is memory exhausted?" if -code == signal.SIGKILL else "")
        )
    if code or said:
        first = said.partition("\n")[0] or f"it ended with exit code {code}"
        if "out of memory" in first:
            first += ": use a smaller --n-per-unit or --set network.batch=N with fewer replicates"
        raise RunError(f"the simulation failed: {first}")
    if "write" not in process.phases:
        raise RunError("the simulation ended without writing its results")
    results = process.folder / "results"
    arrays = _read_results(results, manifest)
    profile = _read_profile(results)
    traces = {name.partition(".")[2]: a for name, a in arrays.items() if "_traces." in name}
    shutil.rmtree(process.folder)
    return RunResult(
        spike_index=arrays.get("spikes.i", np.empty(0, np.int32)),
        spike_time=arrays.get("spikes.t", np.empty(0)),
        final_v=arrays["neurons.v"],
        traces=_shaped(traces),
        phases=process.phases,
        memory=process.memory,
        profile=profile,
    )


def _read_results(folder: Path, manifest: Manifest) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, variable in manifest.results.items():
        path = folder / variable.file
        # Brian2 leaves an empty file for a monitor that recorded nothing.
        size = path.stat().st_size if path.is_file() else -1
        itemsize = np.dtype(variable.dtype).itemsize
        if size < 0 or size % itemsize or variable.size not in (None, size // itemsize):
            raise RunError(_short(name, variable, size))
        arrays[name] = np.fromfile(path, dtype=variable.dtype)
    if "spikes.N" in arrays:
        count = int(arrays["spikes.N"][0])
        for name in ("spikes.i", "spikes.t"):
            if arrays[name].size != count:
                raise RunError(_short(name, manifest.results[name], arrays[name].nbytes))
    return arrays


def _read_profile(folder: Path) -> dict[str, float]:
    """Seconds by code object, which Brian2's binaries write when they were asked to."""
    path = folder / PROFILE_FILE
    lines = path.read_text().splitlines() if path.is_file() else []
    return {name: float(seconds) for name, seconds in map(str.split, lines)}


def _short(name: str, variable: ArrayVariable, size: int) -> str:
    state = "is missing" if size < 0 else f"has only {size} bytes"
    return f"the result file of {name} ({variable.file}) {state}: is the disk full?"


def _shaped(traces: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]] | None:
    if not traces:
        return None
    samples = traces["t"].size
    columns = {n: a.size // max(samples, 1) for n, a in traces.items()}
    return {n: a if n == "t" else a.reshape(samples, columns[n]) for n, a in traces.items()}
