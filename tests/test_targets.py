"""Every target gives the same spikes, through the same interface."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import quiet, run
from cuda_on_cpu import CudaOnCpuTarget

from build_targets.building import nvidia
from build_targets.cuda import CudaTarget
from pfc_standalone.errors import ParameterError, RequirementError
from pfc_standalone.experiment import schedule
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation.targets import (
    Requirement,
    get_target,
    require,
    stages_possible,
    target_names,
)
from pfc_standalone.tasks import find_task

PROJECT = Path(__file__).parent.parent
STRICT = with_values(
    Parameters(),
    {
        "network.n_per_unit": 20,
        "network.dt": 0.25,  # few steps: numpy takes as long for each, whatever the network
        "build.strict_math": True,
        "network.batch": 2,
        "network.traces": True,
    },
)


def two_trials(parameters):
    """A cue, a delay and a probe in each of two replicates."""
    conditions = find_task("ax-cpt").conditions
    return [schedule(parameters, [(c, "0.75")]) for c in (conditions[0], conditions[2])]


@pytest.fixture(scope="module")
def reference():
    return run(STRICT, two_trials(STRICT))


# -------------------------------------------------------------------------- same answer
def test_spikes_and_traces_are_those_of_cpp(target, reference):
    """Bit by bit, two replicates in one simulation, more than 2 s of a whole trial."""
    result = run(STRICT, two_trials(STRICT), target=target)
    (trial,) = two_trials(STRICT)[0]
    assert trial.probe_onset + STRICT.timing.probe > 2
    assert result["spikes.t"].max() > trial.probe_onset + STRICT.timing.probe
    assert result["spikes.t"].size >= 2000
    # within a step, a target may record spikes in any order
    one, other = (
        np.lexsort((r["spikes.i"], np.rint(r["spikes.t"] / STRICT.si("network.dt"))))
        for r in (result, reference)
    )
    np.testing.assert_array_equal(result["spikes.i"][one], reference["spikes.i"][other])
    np.testing.assert_array_equal(result["spikes.t"][one], reference["spikes.t"][other])
    np.testing.assert_array_equal(result["neurons.v"], reference["neurons.v"])
    assert np.ptp(result["neurons.v"]) > 1e-3
    assert result.keys() == reference.keys()
    for name in (n for n in result if "_traces." in n):
        np.testing.assert_array_equal(result[name], reference[name])
    assert result["populations_traces.g_nmda"].max() > 0


@pytest.mark.skipif(not shutil.which("clang++"), reason="clang++ is not on the PATH")
def test_clang_gives_the_same_strict_spikes(reference, monkeypatch):
    monkeypatch.setenv("CXX", "clang++")
    found = run(STRICT, two_trials(STRICT))
    assert len(reference["spikes.i"]) > 100
    for name in ("spikes.i", "spikes.t", "neurons.v"):
        np.testing.assert_array_equal(found[name], reference[name])


def test_phases_and_memory_are_reported(target):
    result = run(STRICT, two_trials(STRICT), target=target, duration=0.1)
    assert set(result.phases) == {"start", "simulate", "write"}
    assert min(result.phases.values()) > 0
    if sys.platform == "linux":
        assert 1e6 < result.memory["process"] < 4e9


def test_a_run_of_no_time_leaves_the_initial_state(target):
    """What `verify` looks at where targets part in the first step."""
    none = run(STRICT, two_trials(STRICT), target=target, duration=0.0)
    expected = run(STRICT, two_trials(STRICT), duration=0.0)
    assert none["spikes.t"].size == 0
    np.testing.assert_array_equal(none["neurons.v"], expected["neurons.v"])
    low, high = STRICT.membrane.E_L * 1e-3, STRICT.membrane.V_th * 1e-3
    assert low < none["neurons.v"].min() < none["neurons.v"].max() < high


def test_default_cuda_source_adds_in_parallel_and_agrees():
    """Without strict math, spikes act through atomic operations; on one thread, in order."""
    parallel = with_values(
        STRICT, {"build.strict_math": False, "network.batch": 1, "network.traces": False}
    )
    trials = two_trials(parallel)[:1]
    result = run(parallel, trials, target=CudaOnCpuTarget())
    expected = run(parallel, trials)
    source, _ = CudaOnCpuTarget().generate(parallel, quiet)
    kernel = (source / "code_objects" / "recurrent_pre_codeobject.cu").read_text()
    assert "_brian_atomicAdd(&_ptr_array_populations_g_nmda" in kernel
    # the clock is read when the device has finished, not when all is launched
    assert "cudaDeviceSynchronize()); _pfc_end = " in (source / "main.cu").read_text()
    assert result["spikes.t"].size == expected["spikes.t"].size >= 2000


def test_explicit_connectivity_on_cuda_is_that_of_cpp():
    explicit = with_values(
        STRICT,
        {"network.connectivity": "explicit", "network.batch": 1, "network.traces": False},
    )
    trials = two_trials(explicit)[:1]
    result = run(explicit, trials, target=CudaOnCpuTarget(), duration=0.5)
    expected = run(explicit, trials, duration=0.5)
    assert result["spikes.t"].size >= 500
    np.testing.assert_array_equal(result["spikes.i"], expected["spikes.i"])
    np.testing.assert_array_equal(result["neurons.v"], expected["neurons.v"])


# ---------------------------------------------------------------------------- registry
def test_targets_are_registered():
    assert {"numpy", "cython", "cpp", "cuda"} <= set(target_names())
    assert all(get_target(name).name == name for name in target_names())
    with pytest.raises(ParameterError, match=r"the target is fpga, allowed is one of: .*numpy"):
        get_target("fpga")


FIFTH = """
from build_targets.cpp import CppTarget

class FifthTarget(CppTarget):
    name = "fifth"
"""


def test_a_fifth_target_is_one_file_and_one_line(tmp_path, monkeypatch):
    """In a package of its own, which this project has never heard of."""
    (tmp_path / "fifth_target.py").write_text(FIFTH)
    described = tmp_path / "fifth-1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: fifth\nVersion: 1\n")
    (described / "entry_points.txt").write_text(
        "[pfc_standalone.targets]\nfifth = fifth_target:FifthTarget\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the process that generates
    monkeypatch.syspath_prepend(tmp_path)
    assert "fifth" in target_names()
    small = with_values(STRICT, {"network.n_per_unit": 10, "network.traces": False})
    result = run(small, two_trials(small), target=get_target("fifth"), duration=0.5)
    assert result["spikes.t"].size > 100


def test_what_is_missing_ends_the_stages():
    class Incomplete:
        name = "incomplete"

        def requirements(self):
            return [
                Requirement("a compiler", "gcc 99", "compile", ""),
                Requirement("a machine", "", "run", "buy one"),
            ]

    assert stages_possible(Incomplete()) == ("generate", "compile")
    with pytest.raises(
        RequirementError,
        match="incomplete cannot run here, nothing was done: a machine was not found: buy one",
    ):
        require(Incomplete())


# ------------------------------------------------------------------------ command lines
def script(name, *arguments, **kwds):
    return subprocess.run(
        [sys.executable, f"build_targets/{name}.py", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        **kwds,
    )


def test_runtime_command(tmp_path):
    """The same options, summary and files as cpp."""
    small = ("--n-per-unit", 10, "--trials", 1, "--delay", 0.1, "--replicates", 4, "--json")
    small += ("--set", "network.dt=0.25")
    out = tmp_path / "numpy"
    done = script("runtime", "--target", "numpy", *small, "--output", out)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["target"] == "numpy"
    assert summary["spikes"] > 1000
    native = script("cpp", *small, "--output", tmp_path / "cpp")
    assert summary.keys() == json.loads(native.stdout).keys()
    names = [{p.name for p in (tmp_path / t).iterdir()} for t in ("numpy", "cpp")]
    assert names[0] == names[1] >= {"summary.json", "results.nc", "raster.png"}


def test_doctor():
    done = subprocess.run(
        [sys.executable, "-m", "pfc_standalone", "doctor", "--json"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["packages"]["brian2"] == "2.10.1"
    assert found["machine"]["memory_gb"] > 0
    assert set(found["targets"]) >= {"numpy", "cython", "cpp", "cuda"}
    assert found["targets"]["numpy"]["stages"] == ["generate", "compile", "run"]
    needs = {r["name"]: r for r in found["targets"]["cuda"]["requirements"]}
    assert {"brian2cuda", "C++ compiler", "cmake", "nvcc", "cuRAND", "NVIDIA GPU"} <= set(needs)
    assert all(r["found"] or r["remedy"] for r in needs.values())
    table = subprocess.run(
        [sys.executable, "-m", "pfc_standalone", "doctor"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "What each target can do here" in table


# --------------------------------------------------------------------------------- cuda
def with_tools(folder, **scripts):
    """A PATH on which these programs come first."""
    for name, body in scripts.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    return str(folder)


def test_cuda_without_nvcc_generates_and_says_so(tmp_path, monkeypatch):
    for tool in ("g++", "cmake", "ninja", "git"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    monkeypatch.setenv("PATH", str(tmp_path))
    done = script("cuda", "--n-per-unit", 10)
    assert done.returncode == 3
    assert "; it was not compiled: nvcc was not found: install the CUDA toolkit" in done.stderr
    assert "Traceback" not in done.stderr
    source = Path(done.stderr.partition("Generated ")[2].partition(";")[0])
    assert (source / "main.cu").is_file()
    again = script("cuda", "--n-per-unit", 10, "--generate-only")
    assert again.returncode == 0
    assert again.stdout == f"Generated {source}; nothing was compiled (--generate-only).\n"


SMI = """echo "0, Tesla Test, GPU-aa, 7.5, 15360, 580.1"
echo "1, Hopper Test, GPU-bb, 9.0, [N/A], 580.1" """


def test_gpus_are_read_from_the_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", with_tools(tmp_path, nvidia_smi="exit 9"))
    assert nvidia.find_gpus() == []
    with pytest.raises(RequirementError, match="no NVIDIA GPU was found"):
        CudaTarget().check_runs()
    monkeypatch.setenv("PATH", with_tools(tmp_path, nvidia_smi=SMI))
    tesla, hopper = nvidia.find_gpus()
    assert (tesla.number, tesla.compute_capability, tesla.memory) == ("0", "7.5", 15360 * 2**20)
    assert (hopper.uuid, hopper.memory) == ("GPU-bb", 0.0)


def test_the_gpu_decides_what_is_compiled_for(tmp_path, monkeypatch):
    nvcc = 'echo "Cuda compilation tools, release 13.0, V13"; echo compute_75; echo compute_90'
    monkeypatch.setenv("PATH", with_tools(tmp_path, nvidia_smi=SMI, nvcc=nvcc))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert CudaTarget()._architecture() == "75"
    assert CudaTarget(gpu="1")._architecture() == "90"
    assert CudaTarget(gpu="GPU-bb")._architecture() == "90"
    assert CudaTarget(arch="9.0")._architecture() == "90"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert CudaTarget()._architecture() == "90"
    with pytest.raises(ParameterError, match=r"--arch is 50, allowed is one of .* 75, 90"):
        CudaTarget(arch="5.0")._architecture()
    with pytest.raises(ParameterError, match="--arch is hopper, allowed is a compute capability"):
        CudaTarget(arch="hopper")
    with pytest.raises(ParameterError, match=r"--gpu is 7, allowed .*0 \(Tesla Test\)"):
        CudaTarget(gpu="7").check_runs()
    program = CudaTarget(gpu="1").program(tmp_path, tmp_path)
    assert program.environment["CUDA_VISIBLE_DEVICES"] == "1"


@pytest.mark.skipif(not shutil.which("nvcc"), reason="nvcc is not on the PATH")
def test_cuda_compiles_where_nvcc_is(tmp_path):
    """Generates, compiles and links the model that has the fewest files."""
    rate = ("--model", "rate", "--arch", "90")
    done = script("cuda", *rate, "--compile-only")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Built ")
    if not nvidia.find_gpus():
        again = script("cuda", *rate, "--output", tmp_path / "out")
        assert again.returncode == 3
        assert "; nothing was run: no NVIDIA GPU was found" in again.stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not shutil.which("nvcc"), reason="nvcc is not on the PATH")
def test_nvcc_takes_what_our_templates_and_functions_become(tmp_path):
    """Of the spiking network (all of it takes minutes): reset, threshold, noise, spikes."""
    source, _ = CudaTarget().generate(with_values(Parameters(), {"network.n_per_unit": 10}), quiet)
    for name in ("neurons_spike_resetter", "neurons_spike_thresholder", "recurrent_pre"):
        done = subprocess.run(
            ["nvcc", "-std=c++17", "-w", "-arch=sm_90", "-dc",
             f"-I{source}", f"-I{nvidia.curand().include}",
             source / "code_objects" / f"{name}_codeobject.cu", "-o", tmp_path / f"{name}.o"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{name}.o").stat().st_size > 1000
