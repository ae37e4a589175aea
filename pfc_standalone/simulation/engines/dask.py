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
from collections.abc import Iterator
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
from pfc_standalone.simulation.targets import Parcel, Progress

#: Seconds in which a scheduler must answer.
_ANSWER = 10
#: How often it is asked for new workers, s.
_LOOK = 2.0
#: Times that a run may lose its worker before it is given up.
_DEATHS = 3


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
    ) -> Iterator[tuple[int, Any]]:
        """Do every run; `Engine` says what comes of it.

        Raises
        ------
        RequirementError
            If there is no such scheduler, or Dask is not installed.
        TargetError
            If the scheduler is lost.
        """
        total = sum(len(requests) for _, requests in work)
        with self._client() as client:
            waiting = _submitted(client, work, then)
            pending: dict[Any, int] = {}
            ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
            n_done, n_threads, looked = 0, 0, -_LOOK
            try:
                while n_done < total:
                    if time.monotonic() - looked > _LOOK:
                        n_threads, looked = sum(client.nthreads().values()), time.monotonic()
                    room = max(n_threads, 1) - len(pending)
                    for future, number in itertools.islice(waiting, max(room, 0)):
                        pending[future] = number
                        future.add_done_callback(ended.put)
                    on_progress("simulate" if n_threads else "wait for workers", n_done / total)
                    with contextlib.suppress(queue.Empty):
                        future = ended.get(timeout=_LOOK)
                        number = pending.pop(future)
                        n_done += 1
                        yield number, _come_home(future, folder, number)
            except KeyboardInterrupt:  # what is done is not to be done again
                held = client.who_has(list(pending))
                done_runs = {f: n for f, n in pending.items() if held.get(f.key)}
                client.cancel([f for f in pending if f not in done_runs])
                for future, number in done_runs.items():
                    yield number, _come_home(future, folder, number)
                raise
            finally:
                client.cancel(list(pending))

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
                Client(cluster) as client,
            ):  # fmt: skip
                yield client
            return
        is_file = Path(self.address).is_file()
        where = {"scheduler_file" if is_file else "address": self.address}
        try:
            client = Client(**where, timeout=_ANSWER)
        except (OSError, TimeoutError, ValueError) as error:
            said = " ".join(str(error).split())
            raise RequirementError(
                f"--cluster is {self.address}, where no Dask scheduler answers ({said}): give the "
                "address that it printed, or the file that it wrote"
            ) from None
        with client:
            yield client


#: Of a cluster on this machine. Ctrl-C is for the command, which ends its workers.
_LOCAL = {
    "distributed.scheduler.allowed-failures": _DEATHS - 1,
    "distributed.worker.preload": ["import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"],
}


def _submitted(client: Any, work: Work, then: Then | None) -> Iterator[tuple[Any, int]]:
    """Runs, handed in one by one when asked for."""
    session = uuid.uuid4().hex[:8]
    for build, requests in work:
        if not requests:
            continue
        parcel = build.pack()
        # a task, not data: the scheduler can make it again if a worker is lost with it
        key = f"build-{session}-{parcel.digest[:16]}"
        sent = client.submit(_same, parcel, key=key, pure=False)
        for number in requests:
            key = f"run-{session}-{number}-{parcel.digest[:16]}"
            yield (
                client.submit(
                    simulate_here, sent, number, requests[number], then, key, key=key, pure=False
                ),
                number,
            )


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
            f"the worker that simulated it died {_DEATHS} times or more, the last time "
            f"{getattr(error.last_worker, 'address', 'somewhere')}: is its memory exhausted, or "
            "its job at its end?"
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
