"""Sweeps on Dask: the same table as from this machine's processes, whatever happens to workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import dask
import pytest
from test_sweeps import OVER, RATE, simulated, use

from benchmarks.stub_target import StubBuild, StubTarget
from build_targets.building import parcel as parcels
from build_targets.building import processor
from build_targets.building.parcel import Parcel
from pfc_standalone import Parameters, simulate, study, with_values
from pfc_standalone.commands.verbs import sweep as verb
from pfc_standalone.errors import RequirementError, TargetError
from pfc_standalone.experiment import one_of_each
from pfc_standalone.experiment.points import Point
from pfc_standalone.results import load_results
from pfc_standalone.results.rows import Rows
from pfc_standalone.simulation import prepare
from pfc_standalone.simulation.engines.dask import Dask

__all__ = ["use"]

PROJECT = Path(__file__).parent.parent
SPIKING = (
    *("--n-per-unit", "10", "--trials", "1", "--delay", "0.1", "--no-figures"),
    *("--set", "timing.settle=0.5"),
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers of their own folders, as one starts them by hand: address of the
    first, process of the others.
    """
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, "PATH": "/nowhere"}  # there is no compiler

    def start(*words):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    scheduler = start(
        "scheduler", "--scheduler-file", str(file), "--port", "0", "--dashboard-address", ":0",
        "--host", "127.0.0.1",
    )  # fmt: skip
    workers = [
        start(
            "worker", "--scheduler-file", str(file), "--no-nanny", "--no-dashboard",
            "--nthreads", "1", "--local-directory", str(folder / name),
        )
        for name in "ab"
    ]  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield file, workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
            process.wait(20)


def undated(folder):
    """Results without what says who made them, and when."""
    data = load_results(folder)
    assert data.attrs.pop("command") != ""
    assert data.attrs.pop("date") != ""
    return data


def same(one, other):
    """Whether two sweeps have the same table and the same datasets, value by value."""
    assert (one / "sweep.csv").read_bytes() == (other / "sweep.csv").read_bytes()
    assert undated(one).identical(undated(other))
    names = [sorted(p.name for p in (f / "points").iterdir()) for f in (one, other)]
    assert names[0] == names[1]
    for name in names[0]:
        found, expected = (load_results(f / "points" / name) for f in (one, other))
        assert found["spike_time"].size > 100
        assert found.drop_attrs().identical(expected.drop_attrs())


def test_two_workers_one_of_them_killed(cluster, tmp_path, monkeypatch):
    address, workers = cluster
    over = ("--over", "memory.gain=0.92:1:0.02", "--seeds", "2", "--spikes")
    here, there = tmp_path / "here", tmp_path / "there"
    assert verb.main([*SPIKING, *over, "--output", str(here)]) == 0
    add, added = Rows.add, []

    def add_and_kill(self, rows):
        add(self, rows)
        added.extend(rows)
        if len(added) == 4:
            workers[0].send_signal(signal.SIGKILL)

    monkeypatch.setattr(Rows, "add", add_and_kill)
    command = [*SPIKING, *over, "--cluster", str(address), "--output", str(there)]
    assert verb.main(command) == 0
    assert workers[0].wait(10) == -signal.SIGKILL
    assert workers[1].poll() is None
    assert sorted(added) == list(range(10))
    same(here, there)


def test_simulate_on_a_cluster(cluster):
    """The verb from Python: raw results come home; the worker is the one that is left."""
    base = with_values(Parameters(), {"network.n_per_unit": 10, "experiment.trials": 1})
    base = with_values(base, {"experiment.delays": ("0.1",), "timing.settle": 0.5})
    points = study(base, {"memory.gain": [0.9, 1.0]}, seeds=1)
    seen = set()  # what else uses Dask here, as xarray does, must not find the cluster

    def report(phase, done):
        seen.add(dask.config.get("scheduler", None))

    engines = Dask(str(cluster[0])), None
    found, expected = (simulate(points, engine=e, on_progress=report) for e in engines)
    assert seen == {None}
    assert found["spike_time"].size > 100
    assert found.drop_attrs().identical(expected.drop_attrs())


def test_nobody_at_the_address(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("pfc_standalone.simulation.engines.dask._ANSWER", 0.5)
    out = ("--output", str(tmp_path / "out"), "--target", "numpy")
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        assert verb.main([*RATE, *OVER, *out, "--cluster", address]) == 3
        assert f"--cluster is {address}, where no Dask scheduler answers" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------- a cluster of this machine's cores
@dataclass(frozen=True)
class Troubled(StubBuild):
    """A build on whose worker something happens at gain 0.7, as files beside the log ask."""

    def before(self, request, on_progress):
        p, home = request.parameters, self.log.with_name("interrupt")
        if p.memory.gain == 0.7 and p.experiment.seed == 1:
            if self.log.with_name("deadly").exists():
                os.kill(os.getpid(), signal.SIGKILL)
            if home.exists():
                number = int(home.read_text())
                home.unlink()
                os.kill(number, signal.SIGINT)
        for step in range(15):
            time.sleep(0.02)
            on_progress("simulate", step / 15)


@pytest.fixture
def troubled(use, tmp_path):
    """A target on which things happen, and the table that there should be."""
    target = use(StubTarget(tmp_path / "log"))
    assert verb.main([*RATE, *OVER, "--output", str(tmp_path / "whole")]) == 0
    (tmp_path / "log").unlink()
    target.build_class = Troubled
    return (tmp_path / "whole" / "sweep.csv").read_bytes()


def test_interrupted_and_gone_on_with(use, troubled, tmp_path, capsys):
    n = 24  # some are left when the signal is seen, however late
    out, whole = tmp_path / "out", tmp_path / "other"
    many = [*RATE, *OVER[:2], "--seeds", str(n // 3)]
    (tmp_path / "interrupt").write_text(str(os.getpid()))
    command = [*many, "--cluster", "local", "--output", str(out)]
    assert verb.main(command) == 130
    assert "points are done and kept: go on with" in capsys.readouterr().err
    first = simulated(tmp_path / "log")
    assert verb.main(command) == 0
    assert 0 < sum(first.values()) < n
    assert simulated(tmp_path / "log") == dict.fromkeys(range(n), 1)
    use(StubTarget(tmp_path / "other-log"))
    assert verb.main([*many, "--output", str(whole)]) == 0
    assert (out / "sweep.csv").read_bytes() == (whole / "sweep.csv").read_bytes()


def test_a_point_that_kills_its_worker_is_given_up(troubled, tmp_path, capfd):
    (tmp_path / "deadly").touch()
    out = tmp_path / "out"
    assert verb.main([*RATE, *OVER, "--cluster", "local", "--output", str(out)]) == 1
    said = capfd.readouterr().err
    assert "1 of 6 points failed three times" in said
    assert "point 2: the worker that simulated it died, 3 times" in said
    lines = zip((out / "sweep.csv").read_bytes().splitlines(), troubled.splitlines(), strict=True)
    assert [found == expected for found, expected in lines] == [1, 1, 1, 0, 1, 1, 1]


# ------------------------------------------------------------------ builds that travel
@pytest.fixture(scope="module")
def packed(build_cache):
    """A parcel of a cpp build, and what its run needs."""
    base = with_values(Parameters(), {"network.n_per_unit": 10, "network.batch": 1})
    job = prepare([Point(base, one_of_each(base)[:1])], "cpp", duration=0.05)
    return job, Parcel.pack(job.build)


def test_a_build_arrives_once_and_whole(packed, tmp_path):
    job, parcel = packed
    build = parcel.unpack(tmp_path)
    assert build.source.is_relative_to(tmp_path)
    ((_, run),) = build.run({0: job.requests[0]}, tmp_path / "runs", 1, lambda phase, done: None)
    assert run["spikes.t"].tolist() == job.run()[0]["spikes.t"].tolist()
    main = build.compiled / "main"
    first = main.stat().st_ino
    assert parcel.unpack(tmp_path).compiled / "main" == main
    assert main.stat().st_ino == first
    main.write_bytes(b"damaged here")
    assert parcel.unpack(tmp_path).compiled / "main" == main
    assert main.stat().st_size > 1000


def test_what_was_damaged_on_its_way_is_refused(packed, tmp_path):
    content = bytearray(packed[1].content)
    content[len(content) // 2] ^= 1
    with pytest.raises(TargetError, match="arrived damaged"):
        replace(packed[1], content=bytes(content)).unpack(tmp_path)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and not p.name.endswith(".lock")]


def test_a_machine_that_is_another(packed, tmp_path, monkeypatch):
    with pytest.raises(RequirementError, match="has another version of this program"):
        replace(packed[1], program="older").unpack(tmp_path)
    monkeypatch.setattr(parcels.platform, "machine", lambda: "aarch64")
    with pytest.raises(RequirementError, match=r"is for \w+, and the machine \S+ is aarch64"):
        packed[1].unpack(tmp_path)


def test_a_processor_without_an_instruction_says_so(packed, tmp_path, monkeypatch):
    job, parcel = packed
    build = parcel.unpack(tmp_path)
    needed = processor.lacking(build.toolchain)
    assert needed == set()
    monkeypatch.setattr(processor, "processor", lambda: "flags : fpu sse sse2")
    assert {"avx2", "fma"} <= processor.lacking(build.toolchain)
    with pytest.raises(RequirementError, match=r"needs the instructions .*avx2.* lacks: build for"):
        list(build.run({0: job.requests[0]}, tmp_path / "runs", 1, lambda phase, done: None))


@pytest.mark.parametrize(
    ("march", "has", "missing"),
    [
        ("", "", set()),
        ("-march=x86-64-v2", "cx16 popcnt sse4_1 sse4_2", {"ssse3"}),
        ("-march=x86-64-v3", "cx16 popcnt sse4_1 sse4_2 ssse3 avx2 bmi1 bmi2 f16c fma", {"movbe"}),
        ("-march=native", "avx2 fma", {"avx512f"}),
    ],
)
def test_what_a_processor_needs(march, has, missing, monkeypatch):
    monkeypatch.setattr(processor, "processor", lambda: f"flags : {has}")
    built_on = "flags : fpu aes svm avx2 fma avx512f"
    assert processor.lacking({"march": march, "processor": built_on}) == missing


def test_a_named_processor_is_compiled_for():
    from build_targets.cpp import CppTarget

    facts = CppTarget().toolchain(with_values(Parameters(), {"build.processor": "x86-64-v3"}))
    assert (facts["march"], facts["processor"]) == ("-march=x86-64-v3", "")
    anyone = with_values(Parameters(), {"build.native": False})
    assert CppTarget().toolchain(anyone)["march"] == ""
