"""Workers of a Dask cluster: other machines, which need share no files with this one."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pfc_standalone.errors import LostError, RequirementError, TargetError
from pfc_standalone.machine import THREADS, available_cores
from pfc_standalone.models import RunRequest
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.engines import Then, Work
from pfc_standalone.simulation.engines.local import outcome
from pfc_standalone.simulation.targets import Build, Parcel, Progress

#: Seconds in which a scheduler must answer.
_ANSWER = 10
#: How often it is asked for new workers, s.
_LOOK = 2.0
#: Runs that end so soon after the command is interrupted still come home, s.
_GRACE = 1.0
#: A run that Dask gives up so often, because workers died of it or with it, is given up.
_DEATHS = 3
#: A build, its requests, and which of them.
_Run = tuple[Build, Mapping[int, RunRequest], int]


@dataclass(frozen=True)
class Dask:
    """The workers of a Dask scheduler. A build goes to each once, and is kept in its local folder.

    A run is handed in when there is a thread for it, so that a worker that dies takes no other with
    it, and a sweep of any length takes no memory.

    Attributes
    ----------
    address : str or None
        Of the scheduler, such as ``tcp://HOST:8786``, or the file that it wrote
        (``dask scheduler --scheduler-file``); None for a cluster on this machine.
    processes : int or None
        Workers of a cluster on this machine; None for one a core.
    """

    address: str | None = None
    processes: int | None = None

    def run(
        self, work: Work, folder: Path, on_progress: Progress, then: Then | None = None
    ) -> Generator[tuple[int, Any]]:
        """Do every run; `Engine` says what comes of it.

        Raises
        ------
        RequirementError
            If there is no such scheduler, or Dask is not installed.
        TargetError
            If the scheduler is lost.
        """
        with self._client() as client:
            yield from _Session(client, folder, then).run(work, on_progress)

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise RequirementError(
                f"--cluster needs Dask, which is not installed ({error}): install it "
                "(pip install pfc-standalone[cluster])"
            ) from None
        if self.address is None:
            n = self.processes or available_cores()
            with (
                dask.config.set(_LOCAL),
                tempfile.TemporaryDirectory(prefix="pfc-cluster-") as scratch,
                LocalCluster(
                    n_workers=n, threads_per_worker=1, dashboard_address=":0",
                    local_directory=scratch, silence_logs="CRITICAL", memory_limit=0,
                ) as cluster,
                Client(cluster, **_ALONE) as client,
            ):  # fmt: skip
                yield client
            return
        is_file = Path(self.address).is_file()
        where = {"scheduler_file" if is_file else "address": self.address}
        try:
            client = Client(**where, timeout=_ANSWER, **_ALONE)
        except (OSError, TimeoutError, ValueError) as error:
            said = " ".join(str(error).split())
            raise RequirementError(
                f"--cluster is {self.address}, where no Dask scheduler answers ({said}): give the "
                "address that it printed, or the file that it wrote"
            ) from None
        with client:
            yield client


#: What else uses Dask in this process, as xarray does, must not find our client.
_ALONE = {"set_as_default": False}
#: Of a cluster on this machine. Ctrl-C is for the command, which ends its workers.
_LOCAL = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.preload": ["import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"],
}


class _Session:
    """Runs on the workers that a client reaches."""

    def __init__(self, client: Any, folder: Path, then: Then | None) -> None:
        self._client, self._folder, self._then = client, folder, then
        self._name = uuid.uuid4().hex[:8]
        self._sent: dict[str, Any] = {}
        self._pending: dict[Any, _Run] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._deaths: Counter[int] = Counter()
        self._suspects: list[_Run] = []

    def run(self, work: Work, on_progress: Progress) -> Iterator[tuple[int, Any]]:
        """Do every run. What was lost with its worker is done again when all others are, alone, so
        that a run that kills its worker takes no other with it.
        """
        from distributed import wait

        waiting = ((build, requests, number) for build, requests in work for number in requests)
        total, n_done, n_threads, looked = sum(len(r) for _, r in work), 0, 0, -_LOOK
        try:
            while n_done < total:
                if time.monotonic() - looked > _LOOK:
                    n_threads, looked = sum(self._client.nthreads().values()), time.monotonic()
                room = max(n_threads, 1) - len(self._pending)
                for run in itertools.islice(waiting, max(room, 0)):
                    self._hand_in(run)
                if not self._pending:
                    self._hand_in(self._suspects.pop())
                on_progress("simulate" if n_threads else "wait for workers", n_done / total)
                with contextlib.suppress(queue.Empty):
                    for ended in self._home(self._ended.get(timeout=_LOOK)):
                        n_done += 1
                        yield ended
        except (KeyboardInterrupt, SystemExit):  # what is done is not to be done again
            with contextlib.suppress(TimeoutError), self._client.as_current():
                wait(list(self._pending), timeout=_GRACE)
            held = self._client.who_has(list(self._pending))
            done = [future for future in self._pending if held.get(future.key)]
            self._client.cancel([future for future in self._pending if future not in done])
            for future in done:
                yield from self._home(future)
            raise
        finally:
            self._client.cancel(list(self._pending))

    def _hand_in(self, run: _Run) -> None:
        build, requests, number = run
        if build.digest not in self._sent:
            parcel = build.pack()
            # a task, not data: the scheduler can make it again if a worker is lost with it
            key = f"build-{self._name}-{parcel.digest[:16]}"
            self._sent[build.digest] = self._client.submit(_same, parcel, key=key, pure=False)
        key = f"run-{self._name}-{number}-{self._deaths[number]}"
        sent, request = self._sent[build.digest], requests[number]
        arguments = (sent, number, request, self._then, key)
        future = self._client.submit(simulate_here, *arguments, key=key, pure=False)
        self._pending[future] = run
        future.add_done_callback(self._ended.put)

    def _home(self, future: Any) -> Iterator[tuple[int, Any]]:
        """What a run ended with; nothing if it will be done again."""
        run = self._pending.pop(future)
        number = run[2]
        outcome = _come_home(future, self._folder, number)
        if isinstance(outcome, LostError):
            self._deaths[number] += 1
            if self._deaths[number] < _DEATHS:
                self._suspects.append(run)
                return
        yield number, outcome


def _come_home(future: Any, folder: Path, number: int) -> Any:
    """What a run ended with."""
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise TargetError("the connection to the Dask scheduler is lost: is it still running?")
    if future.status == "finished":
        came = future.result()
        if not isinstance(came, Carried):
            return came
        place = folder / str(number)
        shutil.rmtree(place, ignore_errors=True)
        return RunResult.of_arrays(place, came.arrays, came.phases, came.memory, came.profile)
    error = future.exception()
    if isinstance(error, KilledWorker):
        return LostError(
            f"the worker that simulated it died, {_DEATHS} times: is memory exhausted, or is the "
            "job's time up before a point is done?"
        )
    if isinstance(error, TargetError):
        return error
    return TargetError(f"{type(error).__name__}: {' '.join(str(error).split())}")


# --------------------------------------------------------------------------- on a worker
def _same(parcel: Parcel) -> Parcel:
    return parcel


@dataclass(frozen=True)
class Carried:
    """A run's results on their way home."""

    arrays: dict[str, Any]
    phases: dict[str, float]
    memory: dict[str, int]
    profile: dict[str, float]


def simulate_here(
    parcel: Parcel, number: int, request: RunRequest, then: Then | None, key: str
) -> Any:
    """Do one run on this worker, in its local folder."""
    from distributed import get_worker

    os.environ.setdefault(THREADS, "1")  # a worker has a thread for each run
    worker = get_worker()
    local = Path(worker.local_directory)

    def look(phase: str, done: float) -> None:
        """End the run if nobody wants it any more: an error here ends its process."""
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise TargetError("the run was cancelled")

    build = parcel.unpack(local / "pfc-builds")
    with tempfile.TemporaryDirectory(prefix="pfc-run-", dir=local) as scratch:
        ((_, run),) = build.run({number: request}, Path(scratch), 1, look)
        if isinstance(run, TargetError):
            raise run
        if then is not None:
            made = outcome(then, request, run)
            if isinstance(made, TargetError):
                raise made
            return made
        arrays = {name: np.array(run[name]) for name in run}
        return Carried(arrays, dict(run.phases), dict(run.memory), dict(run.profile))
