"""What the scripts of this folder share: choose a device, run, say what the neurons did.

``python examples/published/cuba.py [DEVICE] [--seconds S]``; DEVICE is ``pfc_cpp_standalone``
(default) or Brian2's own, ``cpp_standalone``. One line of JSON is printed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable

import brian2 as b2
import numpy as np

import build_targets.devices  # noqa: F401 - the first of two lines: our devices have names now


def run(create: Callable[[], tuple[b2.Network, b2.SpikeMonitor]], seconds: float) -> None:
    """Run a network on the device that the command line names; print statistics and times.

    Parameters
    ----------
    create : callable
        Gives the network and the monitor of its spikes.
    seconds : float
        Biological time, unless the command line says another.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("device", nargs="?", default="pfc_cpp_standalone")
    parser.add_argument("--seconds", type=float, default=seconds)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        b2.set_device(chosen.device, directory=folder)  # the second line
        b2.seed(1)
        network, spikes = create()
        network.run(chosen.seconds * b2.second)
        device = b2.get_device()
        found = statistics(np.array(spikes.i), np.array(spikes.t), spikes.source.N, chosen.seconds)
        times = {"compile": device.timers["compile"]["make"], "simulate": device._last_run_time}
        print(json.dumps({"device": chosen.device, **found, **times}))


def statistics(i: np.ndarray, t: np.ndarray, n: int, seconds: float) -> dict[str, float]:
    """Number of spikes, mean rate in Hz, and mean CV of the intervals between spikes.

    Parameters
    ----------
    i, t : (n_spikes,) arrays
        Neuron and time (s) of each spike.
    n, seconds : int, float
        Number of neurons; length of the recording.

    Returns
    -------
    dict
        The CV is that of the neurons with three spikes or more, NaN without any.
    """
    order = np.lexsort((t, i))
    trains = np.split(t[order], np.flatnonzero(np.diff(i[order])) + 1)
    intervals = [np.diff(train) for train in trains if len(train) > 2]
    cv = float(np.mean([d.std() / d.mean() for d in intervals])) if intervals else float("nan")
    return {"spikes": len(i), "rate": len(i) / n / seconds, "isi_cv": cv}
