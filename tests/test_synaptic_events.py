"""Spikes reach synapses as in Brian2's Python, however synapses lie in memory and delays differ.

One script has a pathway of each kind; it runs on Brian2's numpy target, which is the truth, and on
our device. Weights are powers of two, so that sums are exact in any order, but for one group where
the order shows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from build_targets.building.processor import processor

SCRIPT = """
import sys
import brian2 as b2
import numpy as np
import build_targets.devices

device, folder = sys.argv[1:]
if device == "numpy":
    b2.prefs.codegen.target = "numpy"
else:
    b2.set_device(device, build_on_run=False)
ms = b2.ms
rng = np.random.default_rng(3)
N, TARGETS = 40, 200
step, neuron = np.nonzero(rng.random((60, N)) < 0.2)
source = b2.SpikeGeneratorGroup(N, neuron, step*0.1*ms, name="source")
equations = "\\n".join(f"x{k} : 1" for k in range(9)) + "\\nslot : integer"
target = b2.NeuronGroup(TARGETS, equations, name="target")
target.slot = np.arange(TARGETS) // 70
ring = b2.NeuronGroup(N, "v : 1\\nlast : 1", threshold="v > 2", reset="v = 0", name="ring")
ring.v = np.linspace(0, 3, N)

other = b2.NeuronGroup(TARGETS, "x6 : 1", name="other")
held = b2.NeuronGroup(
    TARGETS + 7,
    "dv/dt = 0/ms : 1 (unless refractory)\\ny : 1\\n"
    "z : integer\\nslot : integer\\nparts : integer",
    threshold="v >= 9", reset="v = 0", refractory=0.4*ms, method="euler", name="held")
held.slot = np.arange(TARGETS + 7) % 5
held.parts = "(1 + i % 3)*int(i % 2 == 0)"
made = [source, target, ring, other, held]
def connect(name, *where, pre=source, post=target, model="", **kwds):
    s = b2.Synapses(pre, post, model, name=name, **kwds)
    for w in where:
        s.connect(**w)
    made.append(s)
    return s

drawn = np.split(rng.permutation(N*TARGETS), [500, 2000, 3500, 5000])
pairs = [np.sort(some) for some in drawn]
ij = [dict(i=p // TARGETS, j=p % TARGETS) for p in pairs]
last_first = dict(i=ij[0]["i"][::-1], j=ij[0]["j"][::-1])
delay = dict(delay=0.7*ms)
connect("near", ij[0], on_pre="x0_post += 1", **delay)
connect("runs", {}, on_pre="x1_post += (slot_post + 1)*(i + 1)", **delay)
connect("twice", ij[1], ij[1], on_pre="x2_post = x2_post*0.96875 + 1", delay=0*ms)
connect("listed", ij[2], ij[3], on_pre="x3_post += exp(-0.5*i)", **delay)
late = connect("late", ij[3], on_pre="x4_post += 2")
late.delay = "(i % 5)*0.1*ms"
connect("single", dict(j="i"), on_pre="x5_post += 1", delay=0*ms)
connect("part", {}, pre=ring[10:30], post=other[50:90], on_pre="x6_post += i + 1", **delay)
dense = np.nonzero(rng.random((N, TARGETS + 7)) < 0.5)
shuffled = rng.permutation(len(dense[0]))
connect("bits", dict(i=dense[0], j=dense[1]), post=held, on_pre="v_post += 1", **delay)
connect("last_bits", dict(condition="j >= N_post - 60 and (i + j*j) % 3 > 0"), post=held,
        on_pre="y_post = 0.5*y_post + slot_post", **delay)
by_target = np.argsort(dense[1], kind="stable")
connect("by_target", dict(i=dense[0][by_target], j=dense[1][by_target]), post=held,
        on_pre="y_post += slot_post", **delay)
connect("divided", dict(condition="j % 2 == 0"), post=held,  # the others would divide by 0
        on_pre="z_post += 12 // parts_post", **delay)
connect("shuffled", dict(i=dense[0][shuffled], j=dense[1][shuffled]), post=held,
        on_pre="y_post -= 1", delay=0*ms)
changed = connect("changed", last_first, on_pre="x7_post += 1")
changed.delay = 2*ms
connect("chain", dict(condition="i != j"), pre=ring, post=ring,
        on_pre="v_post = v_post + 0.0625*v_pre", delay=0.1*ms)
stdp = connect(
    "stdp", ij[0], post=target, model="w : 1\\nda/dt = -a/(5*ms) : 1 (event-driven)",
    on_pre="x8_post += w; a += 1; w = clip(w + 0.125*a, 0, 3)", **delay)
back = connect(
    "back", {}, pre=ring, post=ring, model="w : 1\\nseen : integer",
    on_pre="w += 0.5; last_post += w", on_post="w = w*exp(-0.25) + 1; seen += 1", **delay)

network = b2.Network(*made)
network.run(3*ms)
changed.delay = "0.1*ms*(1 + j % 3)"  # what waits comes when it was due
network.run(3*ms)
if device != "numpy":
    code = 'std::ofstream layouts("results/layouts.txt");'
    for s in made:
        if isinstance(s, b2.Synapses):
            code += f'layouts << "{s.name} " << brian::{s.name}_pre.layout << std::endl;'
    b2.device.insert_code("after_end", code)
    b2.device.build(directory=folder, with_output=False)
values = {f"x{k}": getattr(other if k == 6 else target, f"x{k}")[:] for k in range(9)}
values |= {"v": ring.v[:], "last": ring.last[:], "w": stdp.w[:], "a": stdp.a[:]}
values |= {"bits": held.v[:], "last_bits": held.y[:], "divided": held.z[:]}
values |= {"back": back.w[:], "seen": back.seen[:]}
np.savez(f"{folder}/values.npz", **values)
"""
LAYOUT = re.compile(r"SynapticPathway::(\w+)\)")
#: The compiler of this machine makes vectors in which rows of bits pay (synapses_classes.h).
WIDE = bool({"avx2", "avx512f"} & set(processor().split()))


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """What each way leaves, by its name, and the folder of generated source."""
    left = {}
    for name in ("numpy", "pfc_cpp_standalone"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "network.py").write_text(SCRIPT)
        subprocess.run(
            [sys.executable, "network.py", name, str(folder)],
            check=True, cwd=folder, capture_output=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        )  # fmt: skip
        with np.load(folder / "values.npz") as data:
            left[name] = dict(data)
        left["folder"] = folder
    return left


#: What each variable is reached by.
PATHWAYS = {
    "x0": "ordered by source, one delay", "x1": "consecutive targets", "x2": "two of each",
    "x3": "not ordered by source", "x4": "several delays", "x5": "one to one, no delay",
    "x6": "subgroups", "x7": "delays that change while spikes wait", "x8": "synapses that learn",
    "w": "synapses that learn", "a": "event-driven traces", "back": "on_post", "seen": "on_post",
    "last": "weights that both ends change", "bits": "dense, refractory",
    "last_bits": "dense, ordered by target, or by neither; the last neurons",
    "divided": "dense, not defined where there is no synapse",
}  # fmt: skip


@pytest.mark.parametrize("variable", PATHWAYS)
def test_synapses_act_as_in_python(values, variable):
    expected = values["numpy"][variable]
    assert np.ptp(expected) > 0, "nothing arrived"
    np.testing.assert_allclose(values["pfc_cpp_standalone"][variable], expected, rtol=1e-12)


def test_code_says_which_synapses_may_act_at_once(values):
    """Those of which one reads what another one writes may not; nor is any layout forgotten."""
    source = values["folder"] / "code_objects"
    layouts = {
        name: LAYOUT.findall((source / f"{name}_codeobject.cpp").read_text())
        for name in ("near_pre", "chain_pre", "stdp_pre", "back_pre", "back_post")
    }
    every = ["RUNS", "NEAR_ROWS", "ROWS", "LISTED_ROWS"]
    assert layouts.pop("chain_pre") == []
    assert sorted(layouts.pop("near_pre")) == sorted([*every, "BIT_ROWS"])
    assert all(found == every for found in layouts.values())


def test_layout_is_the_one_that_takes_least(values):
    """Layouts are chosen when a program starts; here each is, but one for very many targets."""
    text = (values["folder"] / "synapses_classes.h").read_text()
    order = re.findall(r"^ +([A-Z_]+),? +//", text, re.MULTILINE)
    said = (values["folder"] / "results" / "layouts.txt").read_text().split()
    layouts = {name: order[int(at)] for name, at in zip(said[::2], said[1::2], strict=True)}
    chosen = {n: layouts[n] for n in ("near", "runs", "twice", "listed", "late", "single", "bits")}
    assert chosen == {
        "near": "NEAR_ROWS", "runs": "RUNS", "twice": "SINGLE", "listed": "LISTED_ROWS",
        "late": "SINGLE", "single": "SINGLE", "bits": "BIT_ROWS" if WIDE else "NEAR_ROWS",
    }  # fmt: skip
    assert layouts["last_bits"] == ("BIT_ROWS" if WIDE else "NEAR_ROWS")
    assert layouts["by_target"] == ("BIT_ROWS" if WIDE else "LISTED_ROWS")
    assert layouts["divided"] == "NEAR_ROWS"  # rows of bits would divide by 0
    assert layouts["shuffled"] == "LISTED_ROWS"  # its targets are not in order
