"""Our cpp device is anybody's: Brian2's own tests, published networks, what is generated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import brian2_suite
import pandas as pd
import pytest

from benchmarks import own_network
from build_targets.devices.merge import isolate

PROJECT = Path(__file__).parent.parent
_UPDATES = ("part_codeobject", "spread_codeobject", "called_thrice_codeobject")
LOOP = "#pragma omp simd"

# Groups whose loops may be vectorised (their names end in _free), and others.
_SCRIPT = """
import json, sys
from pathlib import Path
import brian2 as b2
import build_targets.devices

def group(name, equations, n=3, **more):
    return b2.NeuronGroup(n, equations, name=name, method="euler", **more)

folder = Path(sys.argv[1])
b2.prefs.devices.pfc_cpp_standalone.strict_math = sys.argv[2] == "strict"
b2.set_device("pfc_cpp_standalone", build_on_run=False)
device = b2.get_device()
other = b2.NeuronGroup(1, "first : integer\\nnumber : integer", name="other")
device.read_run_from(other.variables["first"], other.variables["number"])
device.report_phases()
device.reinit()
device.activate(build_on_run=False)

def unused(x):
    raise NotImplementedError()
counting = b2.Function(unused, arg_units=[1], return_unit=1, stateless=False)
counting.implementations.add_implementation("cpp", "double counting(double x) {return x;}")
pure = b2.Function(unused, arg_units=[1], return_unit=1)
pure.implementations.add_implementation("cpp", "double pure(double x) {return x;}")
table = b2.TimedArray([1.0, 2.0], dt=1*b2.ms, name="table")
b2.start_scope()
plain = group("plain_free", "dx/dt = table(t)*pure(x)/ms : 1", threshold="x > 1", reset="x = 0")
noisy = group("noisy", "dx/dt = -x/ms + xi/ms**0.5 : 1", threshold="x > rand()", reset="x = 0")
called = group("called", "x : 1")
called.run_regularly("x = counting(x)", name="called_thrice")
ring = group("ring", "dx/dt = (neighbour - x)/ms : 1\\nneighbour : 1 (linked)")
ring.neighbour = b2.linked_var(ring, "x", index=[1, 2, 0])
reader = group("reader_free", "dx/dt = (other - x)/ms : 1\\nother : 1 (linked)")
reader.other = b2.linked_var(ring, "x", index=[1, 2, 0])
part = plain[1:]
part.run_regularly("x += 1", name="part")
synapses = b2.Synapses(plain, plain, "w : 1\\ndy/dt = -y/ms : 1 (clock-driven)", method="euler",
                       name="synapses_free")
synapses.connect()
spread = synapses.run_regularly("x_post += w", name="spread")
b2.run(1*b2.ms)
device.build(directory=str(folder), compile=False)
loops = {p.stem: p.read_text().count(LOOP) for p in (folder / "code_objects").glob("*.cpp")}
print(json.dumps(loops))
""".replace("LOOP", repr(LOOP))


def generate(folder, strict=""):
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(folder), strict],
        env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    return folder, generate(folder)


def test_loops_are_vectorised_where_iterations_are_independent(generated):
    _, loops = generated
    found = {
        name: n for name, n in loops.items()
        if "stateupdater" in name or "thresholder" in name or name.startswith(_UPDATES)
    }  # fmt: skip
    after = {n for n in found if n.startswith(("after_run", "before_run"))}
    free = {name for name in found.keys() - after if "_free_" in name}
    assert len(free) == 4  # plain's state update and threshold, reader, synapses
    assert all(found[name] == 1 for name in free)
    others = found.keys() - after - free
    assert len(others) >= 5
    assert all(found[name] == 0 for name in others)


def test_what_a_script_asked_for_is_forgotten_by_the_next(generated):
    folder, _ = generated
    text = (folder / "main.cpp").read_text()
    assert ".run(0.001," in text
    assert "_pfc_" not in text
    assert "phase" not in text


def test_strict_math_is_a_preference(generated, tmp_path):
    fast = (generated[0] / "makefile").read_text()
    generate(tmp_path, "strict")
    strict = (tmp_path / "makefile").read_text()
    assert "-DPFC_VECTOR_MATH" in fast
    assert "-DPFC_VECTOR_MATH" not in strict
    (line,) = (line for line in strict.splitlines() if line.startswith("OPTIMISATIONS"))
    # the last one holds
    assert line.index("-fno-fast-math") > line.index("-ffast-math")
    assert "-ffp-contract=off" in line
    assert "-fopenmp-simd" in line


def test_files_share_one_unless_they_include_what_may_not_be_seen(generated):
    folder, loops = generated
    merged = (folder / "merged_0.cpp").read_text()
    assert all(f'"code_objects/{name}.cpp"' in merged for name in loops)
    assert (folder / "sources.txt").read_text().split() == ["merged_0.cpp", "objects.cpp"]
    text = '#include "objects.h"\nnamespace {\n    int f();\n}\n#define g 1\n'
    assert "namespace a_support { namespace {\n    int f();\n}" in isolate(text, "a")
    assert isolate(text, "a").endswith("#undef g\n")
    assert isolate('#include "mine.h"\n' + text, "a") is None


_SUMS = r"""
import sys
import brian2 as b2
import numpy as np
import build_targets.devices

b2.prefs.devices.pfc_cpp_standalone.strict_math = True
b2.set_device("pfc_cpp_standalone", directory=sys.argv[1])
b2.seed(3)
a = b2.NeuronGroup(40, "v : 1\nu : 1\ns : 1", name="a")
b = b2.NeuronGroup(50, "v : 1\nnear : 1\nfar : 1\nback : 1", name="b")
a.v, a.u, b.v = "rand()", "rand()", "rand()"
made = []
for name, here, there, summed, among in (  # runs, with a gap; of a part; short; to sources
    ("all", a, a, "s_post = w*v_pre/(1 + u_post)", dict(condition="i != j")),
    ("part", a[5:], b[20:45], "near_post = w*v_pre", {}),
    ("few", a, b, "far_post = w*v_pre", dict(p=0.1)),
    ("turned", b[10:], a, "back_pre = w*v_post", {}),
):
    to = b2.Synapses(here, there, f"w : 1\n{summed} : 1 (summed)", name=name)
    to.connect(**among)
    to.w = "rand()"
    made.append(to)
b2.Network(a, b, *made).run(2*b2.defaultclock.dt)
all_, part, few, turned = ((np.array(s.i), np.array(s.j), np.array(s.w)) for s in made)
av, au, bv = np.array(a.v), np.array(a.u), np.array(b.v)
for found, (i, j, w), value in (
    (a.s, all_, lambda i, j, w: (j, w*av[i]/(1 + au[j]))),
    (b.near, part, lambda i, j, w: (j + 20, w*av[i + 5])),
    (b.far, few, lambda i, j, w: (j, w*av[i])),
    (b.back, turned, lambda i, j, w: (i + 10, w*av[j])),
):
    expected = np.zeros(len(found))
    np.add.at(expected, *value(i, j, w))  # in the order of the synapses
    assert len(w) > 100
    np.testing.assert_array_equal(np.array(found), expected)
"""


def test_summed_variables_are_the_sums_of_all_synapses(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _SUMS, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loops = {
        p.name.split("_summed")[0]: LOOP in p.read_text()
        for p in (tmp_path / "code_objects").glob("*summed*.cpp")
        if not p.name.startswith("before_run")
    }
    assert loops == {"all": True, "part": True, "few": True, "turned": False}


def test_a_sample_of_brian2s_own_tests():
    outcomes = brian2_suite.run_tests(brian2_suite.sample(), "ours", "ours")
    assert len(outcomes) >= 25
    assert {name: o for name, o in outcomes.items() if o != "passed"} == {}


def test_a_published_network_does_the_same_and_nothing_is_printed():
    found = {}
    for device in ("cpp_standalone", "pfc_cpp_standalone"):
        done = subprocess.run(
            [sys.executable, PROJECT / "examples" / "published" / "cobahh.py", device,
             "--seconds", "0.1"],
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        (line,) = done.stdout.splitlines()
        found[device] = json.loads(line)
    theirs, ours = found.values()
    assert theirs["spikes"] > 1000
    assert ours["rate"] == pytest.approx(theirs["rate"], rel=0.05)
    assert ours["isi_cv"] == pytest.approx(theirs["isi_cv"], rel=0.1)


@pytest.mark.parametrize("name", ["cuba", "brunel_wang"])
def test_other_published_networks_are_generated(name, tmp_path):
    code = (
        f"import {name}, on_device, brian2 as b2\n"
        "b2.set_device('pfc_cpp_standalone', build_on_run=False)\n"
        f"network, spikes = {name}.create()\n"
        "network.run(1*b2.ms)\n"
        f"b2.get_device().build(directory={str(tmp_path)!r}, compile=False)\n"
    )
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "examples" / "published")])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": paths},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    loops = [p.read_text().count(LOOP) for p in tmp_path.glob("code_objects/*updater*.cpp")]
    assert loops
    assert all(loops)


def test_the_table_of_published_networks():
    common = {"example": "cuba", "rate": 5.0, "isi_cv": 0.5, "compile": 4.0}
    times = {("cpp_standalone", 0): 4.0, ("pfc_cpp_standalone", 0): 2.0,
             ("cpp_standalone", 1): 3.0, ("pfc_cpp_standalone", 1): 1.0}  # fmt: skip
    runs = [
        common | {"device": device, "round": number, "simulate": seconds}
        for (device, number), seconds in times.items()
    ]
    (row,) = own_network.table(pd.DataFrame(runs)).to_dict("records")
    assert row["Brian2 [s]"] == "3.50"
    assert row["times as fast"] == "2.50 (2.00-3.00)"
    assert "| cuba | 3.50 | 1.50 |" in own_network.markdown(pd.DataFrame([row]))
