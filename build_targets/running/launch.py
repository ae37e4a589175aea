"""Start finished programs, watch them, and read what they leave.

A program takes ``--results_dir DIR/`` and ``object.variable=VALUE`` (a number, or a file of raw
values). On standard output it says ``progress FRACTION``, ``phase NAME SECONDS`` and
``memory WHAT BYTES``. Whether it went well is judged by its exit code, by what it left, and by
what Brian2's programs print where they could not read or write something and went on; anything else
that it says, on standard output or standard error, is kept for the message of a failure.

One thread watches all processes. Whatever ends the watching early (an error in one of them,
Ctrl-C) stops them all and removes their files.
"""

from __future__ import annotations

import itertools
import os
import selectors
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_targets.building.manifest import ArrayVariable, Manifest
from build_targets.running.ending import complaint, how_it_failed
from pfc_standalone.errors import TargetError
from pfc_standalone.machine import THREADS, available_cores
from pfc_standalone.models import RunRequest, get_model
from pfc_standalone.results.raw import RunResult

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
        All variables that it is given; by default those there are.
    """

    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass
class _Process:
    """One running program."""

    number: int
    folder: Path
    popen: subprocess.Popen[bytes]
    done: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    unread: bytes = b""

    def read(self) -> bool:
        """Take in what it printed; False once it has closed its output."""
        assert self.popen.stdout is not None
        chunk = os.read(self.popen.stdout.fileno(), 65536)
        *lines, self.unread = (self.unread + chunk).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            try:
                self._take(text)
            except ValueError:
                self.said.append(text)
        return bool(chunk)

    def _take(self, line: str) -> None:
        match line.split():
            case ["progress", fraction]:
                self.done = float(fraction)
            case ["phase", name, seconds]:
                self.phases[name] = float(seconds)
            case ["memory", what, size]:
                self.memory[what] = int(size)
            case _:
                self.said.append(line)

    def close(self) -> None:
        """Let go of its output."""
        assert self.popen.stdout is not None
        self.popen.stdout.close()


def run_all(
    program: Program,
    manifest: Manifest,
    requests: Mapping[int, RunRequest],
    folder: Path,
    processes: int,
    on_progress: Callable[[float], None],
) -> Iterator[tuple[int, RunResult | RunError]]:
    """Run a program once for each request, several at a time.

    Parameters
    ----------
    requests : mapping
        By number, asked for when it is their turn; the raw results of each come to lie in the
        folder of that number.
    folder : Path
        Where those folders are made.
    processes : int
        How many may run at once.
    on_progress : callable
        Called with the fraction of all runs that is done.

    Yields
    ------
    number, result : int, RunResult or RunError
        As each run ends; an error if it failed, or its results are not whole.

    Raises
    ------
    RunError
        If files cannot be read or written here.
    """
    folder = folder.absolute()  # programs start in a folder of their own
    waiting = iter(requests)
    threads = max(available_cores() // max(min(processes, len(requests)), 1), 1)
    running: dict[int, _Process] = {}
    n_done = 0
    try:
        with selectors.DefaultSelector() as selector:
            while n_done < len(requests):
                for number in itertools.islice(waiting, processes - len(running)):
                    try:
                        process = _start(
                            program, manifest, requests[number], folder, number, threads
                        )
                    except RunError as error:
                        n_done += 1
                        yield number, error
                        continue
                    running[number] = process
                    selector.register(process.popen.stdout, selectors.EVENT_READ, process)  # type: ignore[arg-type]
                if not running:
                    continue
                for key, _ in selector.select():
                    process = key.data
                    if not process.read():
                        selector.unregister(key.fileobj)
                        running.pop(process.number).close()
                        n_done += 1
                        try:
                            result: RunResult | RunError = _finish(process, manifest, folder)
                        except RunError as error:
                            result = error
                        yield process.number, result
                done = n_done + sum(p.done for p in running.values())
                on_progress(done / len(requests))
    except OSError as error:
        raise RunError(f"the run could not be started or read: {error}") from error
    finally:
        for process in running.values():
            process.popen.kill()
            process.popen.communicate()
            shutil.rmtree(process.folder, ignore_errors=True)


def _start(
    program: Program,
    manifest: Manifest,
    request: RunRequest,
    folder: Path,
    number: int,
    threads: int,
) -> _Process:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{number}.*.running"):
        shutil.rmtree(left, ignore_errors=True)
    # a program whose parent was killed may still be writing: never into what another one reads
    folder = Path(tempfile.mkdtemp(prefix=f"{number}.", suffix=".running", dir=folder))
    (folder / "results").mkdir()
    values = get_model(request.parameters).values(request)
    arguments = _arguments(manifest, values, folder)
    with (folder / "stderr").open("wb") as stderr:
        popen = subprocess.Popen(
            [*program.command, "--results_dir", f"{folder / 'results'}/", *arguments],
            cwd=program.folder,
            # what a killed one leaves goes with the folder; cores that no process has are threads'
            env={THREADS: str(threads), **program.environment, "TMPDIR": str(folder)},
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


def _finish(process: _Process, manifest: Manifest, folder: Path) -> RunResult:
    """Wait for a process that closed its output; check its results and put them in their place."""
    try:
        _check_end(process)
        results = process.folder / "results"
        found = RunResult(
            folder / str(process.number),
            {name: (v.file, v.dtype) for name, v in manifest.results.items()},
            process.phases,
            process.memory,
            _read_profile(results),
        )
        _check_sizes(results, manifest)
        shutil.rmtree(found.folder, ignore_errors=True)
        results.rename(found.folder)
        found.write_note()
    finally:
        shutil.rmtree(process.folder, ignore_errors=True)
    return found


def _check_end(process: _Process) -> None:
    code = process.popen.wait()
    errors = (process.folder / "stderr").read_text(errors="replace").splitlines()
    said = [*process.said, process.unread.decode(errors="replace"), *errors]
    if code or complaint(said):
        raise RunError(f"the simulation failed: {how_it_failed(code, said)}")
    if "write" not in process.phases:
        raise RunError(
            f"the simulation ended without writing its results: {how_it_failed(code, said)}"
        )


def _check_sizes(folder: Path, manifest: Manifest) -> None:
    """Every array must be there, whole: as long as it is declared, or as its monitor counted."""
    lengths = {}
    for name, variable in manifest.results.items():
        path = folder / variable.file
        # Brian2 leaves an empty file for a monitor that recorded nothing.
        size = path.stat().st_size if path.is_file() else -1
        itemsize = np.dtype(variable.dtype).itemsize
        if size < 0 or size % itemsize or variable.size not in (None, size // itemsize):
            raise RunError(_short(name, variable, size))
        lengths[name] = size // itemsize
    for name, variable in manifest.results.items():
        monitor = name.rpartition(".")[0]
        if variable.size is None and f"{monitor}.N" in lengths:
            count = int(np.fromfile(folder / manifest.results[f"{monitor}.N"].file, np.int32)[0])
            if lengths[name] % max(count, 1) or (lengths[name] == 0) != (count == 0):
                raise RunError(_short(name, variable, (folder / variable.file).stat().st_size))


def _read_profile(folder: Path) -> dict[str, float]:
    """Seconds by code object, which Brian2's binaries write when they were asked to."""
    path = folder / PROFILE_FILE
    lines = path.read_text().splitlines() if path.is_file() else []
    return {name: float(seconds) for name, seconds in map(str.split, lines)}


def _short(name: str, variable: ArrayVariable, size: int) -> str:
    state = "is missing" if size < 0 else f"has only {size} bytes"
    return f"the result file of {name} ({variable.file}) {state}: is the disk full?"
