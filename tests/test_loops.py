"""The loops over neurons that our C++ device generates, for a script that is not the project's."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import pfc_standalone as pfc
from build_targets.building.environment import PROJECT
from pfc_standalone.machine import THREADS

# Neurons that read another group through an index: first as neighbours, then scattered, then as
# neighbours again with other rows; a threshold that reads through it too; noise in the loop.
SCRIPT = """
import json, sys
import brian2 as b2
import numpy as np

target, precision, folder = sys.argv[1:]
b2.prefs.core.default_float_dtype = np.dtype(precision).type
b2.prefs.codegen.target = "numpy"
if target == "ours":
    import build_targets.devices.cpp_device
    b2.set_device("pfc_cpp_standalone", build_on_run=False)
b2.defaultclock.dt = 0.5*b2.ms
shared = b2.NeuronGroup(3, '''drive : 1 (constant)
                              tau : second (constant)
                              theta : 1 (constant)''', name="shared")
shared.drive = [1.5, 2.5, 4.0]
shared.tau = np.array([10, 20, 30])*b2.ms
shared.theta = [1.0, 1.25, 2.0]
neurons = b2.NeuronGroup(2500, '''dv/dt = (drive + x - v)/tau : 1
                                  x : 1 (constant)
                                  row : integer (constant)
                                  drive : 1 (linked)
                                  tau : second (linked)
                                  theta : 1 (linked)''',
                         threshold="v > theta", reset="v = 0", method="euler", name="neurons")
for name in ("drive", "tau", "theta"):
    setattr(neurons, name, b2.linked_var(shared, name, index="row"))
neurons.x = "i*0.0001"
spikes = b2.SpikeMonitor(neurons, name="spikes")
network = b2.Network(shared, neurons, spikes)
for rows in ("i // 1000", "i % 3", "2 - i // 1000"):
    neurons.row = rows
    network.run(40*b2.ms)
if target == "ours":
    b2.device.build(directory=folder)
print(json.dumps({"i": spikes.i[:].tolist(), "t": np.rint(spikes.t/(0.5*b2.ms)).tolist()}))
"""


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_linked_variables_are_read_for_each_neuron_as_its_index_says(precision, tmp_path):
    found = {}
    for target in ("numpy", "ours"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, target, precision, tmp_path / "code"],
            cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found[target] = json.loads(done.stdout.splitlines()[-1])
    ours, numpys = (np.array([f["t"], f["i"]]) for f in (found["ours"], found["numpy"]))
    assert numpys.shape[1] > 10_000
    if precision == "float64":
        assert (ours == numpys).all()
    else:  # rounding decides when a few spike
        assert abs(ours.shape[1] / numpys.shape[1] - 1) < 0.01
        assert (
            np.bincount(ours[1].astype(int)) - np.bincount(numpys[1].astype(int)) == 0
        ).mean() > 0.9


def test_any_number_of_threads_gives_the_same_spikes(monkeypatch):
    """A network that is large enough for two threads (loops.h), for a tenth of a second."""
    parameters = pfc.with_values(pfc.Parameters(), {"network.n_per_unit": 600})
    found = {}
    for threads in (1, 2, 3):
        monkeypatch.setenv(THREADS, str(threads))
        found[threads] = pfc.simulate([pfc.Point(parameters, ())], duration=0.1)
    alone = found.pop(1)
    assert alone.sizes["spike"] > 1000
    for shared in found.values():
        for name in ("spike_time", "spike_neuron", "final_v"):
            assert (shared[name].values == alone[name].values).all()
