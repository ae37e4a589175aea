"""The build cache, the compiler's errors, and binaries that misbehave."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import quiet

from build_targets.building import cache, manifest
from build_targets.building.cmake_build import CompileError, compile_folder
from build_targets.building.compiler import find_compiler
from build_targets.building.manifest import ArrayVariable, Manifest
from build_targets.cpp import CppTarget
from build_targets.running import launch
from build_targets.runtime import NumpyTarget
from pfc_standalone.errors import RequirementError
from pfc_standalone.experiment import Point
from pfc_standalone.models import RunRequest, get_model
from pfc_standalone.models.spiking import Spiking
from pfc_standalone.parameters import Parameters, with_values

P = with_values(Parameters(), {"network.n_per_unit": 10})


# ------------------------------------------------------------------------------ digest
def test_only_build_parameters_decide_the_source():
    digest = CppTarget().source_digest
    assert digest(P) == digest(with_values(P, {"memory.gain": 0.5, "experiment.seed": 9}))
    assert digest(P) != digest(with_values(P, {"network.n_per_unit": 11}))
    assert digest(P) != digest(with_values(P, {"build.strict_math": True}))
    assert digest(P) != NumpyTarget().source_digest(P)


def test_source_and_toolchain_decide_the_binary(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    compiled = []

    class Counting(CppTarget):
        version = "1"

        def toolchain(self, parameters):
            return {"compiler": self.version}

        def compile_source(self, source, folder, parameters, on_progress):
            compiled.append(source.name)

    target = Counting()
    one, _ = target.compile(tmp_path / "source", P, quiet)
    assert target.compile(tmp_path / "source", P, quiet) == (one, 0.0)
    assert target.compile(tmp_path / "other", P, quiet)[0] != one
    target.version = "2"
    assert target.compile(tmp_path / "source", P, quiet)[0] != one
    assert compiled == ["source", "other", "source"]


def test_a_command_that_finds_its_build_imports_little():
    code = """
import sys
from build_targets.cpp import CppTarget
from pfc_standalone.commands.run import main
main("cpp", lambda chosen: CppTarget(), argv=["--n-per-unit", "10", "--compile-only"])
print(sorted({"brian2", "sympy", "scipy", "xarray", "matplotlib", "pandas"} & set(sys.modules)))
"""
    CppTarget().build(P, quiet)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_cached_build_needs_no_brian2():
    CppTarget().build(P, quiet)
    code = """
import sys
from build_targets.cpp import CppTarget
from pfc_standalone.parameters import Parameters, with_values
p = with_values(Parameters(), {"network.n_per_unit": 10})
build = CppTarget().build(p, lambda phase, done: None)
print(build.phases, sorted({"brian2", "sympy", "xarray", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'generate': 0.0, 'compile': 0.0} []"


# ------------------------------------------------------------------------------- cache
def _build_slowly(root, counter):
    os.environ[cache.CACHE_VARIABLE] = str(root)

    def build(folder: Path) -> None:
        with counter.open("a") as f:
            f.write("built\n")
        time.sleep(0.5)
        (folder / manifest.FILE).write_text("{}")

    cache.entry("abc", build)


def test_two_processes_at_once_build_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    counter = tmp_path / "counter"
    root = tmp_path / "cache"
    both = [context.Process(target=_build_slowly, args=(root, counter)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(30)
    assert [p.exitcode for p in both] == [0, 0]
    assert counter.read_text() == "built\n"


def test_an_interrupted_build_leaves_no_entry(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))

    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("abc", interrupted)
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []
    # the next one builds
    folder, built = cache.entry("abc", lambda f: (f / manifest.FILE).write_text("{}") and None)
    assert built
    assert (folder / manifest.FILE).is_file()
    assert not cache.entry("abc", interrupted)[1]


# ---------------------------------------------------------------------------- compiler
def test_the_first_compiler_error_is_shown(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "sources.txt").write_text("main.cpp\n")
    (source / "main.cpp").write_text("int main() { return nonsense; }\n")
    with pytest.raises(CompileError, match=r"main\.cpp:1:\d+: error: .*nonsense") as caught:
        compile_folder(source, tmp_path / "build", {}, lambda done: None)
    log = str(caught.value).rpartition("whole log: ")[2].rstrip(")")
    assert "nonsense" in Path(log).read_text()


def test_no_compiler_is_said_plainly(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(RequirementError, match=r"no C\+\+ compiler was found: install one"):
        find_compiler()
    monkeypatch.setenv("CXX", "my-compiler")
    with pytest.raises(RequirementError, match="my-compiler was not found"):
        find_compiler()


# ------------------------------------------------------------------------ odd binaries
@pytest.fixture
def odd_binary(tmp_path):
    """A binary that a shell script plays; it takes what the network takes."""
    one = with_values(P, {"network.batch": 1})
    request = RunRequest((Point(one),), 1.0)
    described = Manifest(
        target="cpp",
        parameters={},
        run_variables={
            name: ArrayVariable("", value.dtype.name, value.size, "")
            for name, value in get_model(one).values(request).items()
        },
        results={
            "spikes.i": ArrayVariable("i", "int32", None, ""),
            "spikes.t": ArrayVariable("t", "float64", None, "s"),
            "spikes.N": ArrayVariable("n", "int32", 1, ""),
            "neurons.v": ArrayVariable("v", "float64", 2, "V"),
        },
        versions={},
        git_commit="",
    )
    script = tmp_path / "main"
    write = (
        f'{sys.executable} -c "import numpy as n, sys; r = sys.argv[1]; '
        "n.array([1, 2], 'i4').tofile(r + 'i'); n.array([.1, .2]).tofile(r + 't'); "
        "n.array([2], 'i4').tofile(r + 'n'); n.array([-.07, -.06]).tofile(r + 'v')\" \"$2\"\n"
        "echo progress 1; echo phase start 1; echo phase simulate 2; echo phase write 3; "
        "echo memory process 1000\n"
    )

    def run(body: str, processes: int = 1, n: int = 1):
        script.write_text("#!/bin/sh\n" + body.replace("WRITE", write))
        script.chmod(0o755)
        results = launch.run_all(
            launch.Program([str(script)], tmp_path),
            described,
            dict.fromkeys(range(n), request),
            tmp_path / "runs",
            processes,
            lambda done: None,
        )
        ended = {}
        with contextlib.closing(results):
            for number, result in results:
                if isinstance(result, launch.RunError):
                    raise result
                ended[number] = result
        return [ended[number] for number in sorted(ended)]

    return run


def test_a_good_binary_is_read(odd_binary):
    (result,) = odd_binary("WRITE")
    assert result["spikes.i"].tolist() == [1, 2]
    assert result["spikes.t"].tolist() == [0.1, 0.2]
    assert result.phases == {"start": 1.0, "simulate": 2.0, "write": 3.0}
    assert result["neurons.v"].tolist() == [-0.07, -0.06]
    assert result.memory == {"process": 1000}
    assert set(result) == {"spikes.i", "spikes.t", "spikes.N", "neurons.v"}  # no traces


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 3", "the simulation failed: it ended with exit code 3"),
        ("WRITE\necho 'Error reading x' >&2", "the simulation failed: Error reading x"),
        ("echo 'ERROR: out of memory' >&2", "out of memory: use a smaller --n-per-unit"),
        ("kill -SEGV $$", "ended by signal SIGSEGV"),
        ("kill -KILL $$", "SIGKILL: is memory exhausted"),
        ("echo progress 0.5", "ended without writing its results"),
        ("echo phase write 1", r"the result file of spikes.i \(i\) is missing: is the disk full"),
        ('WRITE\nprintf abc > "$2i"', "has only 3 bytes: is the disk full"),
        ('WRITE\nprintf abcd > "$2i"', "has only 4 bytes: is the disk full"),
        ('WRITE\n: > "$2n"', "has only 0 bytes: is the disk full"),
    ],
)
def test_a_bad_run_is_an_error(odd_binary, body, message):
    with pytest.raises(launch.RunError, match=message) as caught:
        odd_binary(body)
    assert "\n" not in str(caught.value)


def test_one_failure_stops_the_others(odd_binary, tmp_path):
    flag = tmp_path / "flag"
    body = f"if mkdir {flag} 2>/dev/null; then exec sleep 600; else sleep 0.3; exit 1; fi"
    began = time.monotonic()
    with pytest.raises(launch.RunError):
        odd_binary(body, processes=2, n=2)
    assert time.monotonic() - began < 300  # and not the 600 s of the other


def test_results_keep_the_order_of_requests(odd_binary):
    # the first request, known by its folder, ends last, and says so in its phases
    body = 'case "$2" in */0.*.running/*) sleep 1; WRITE\necho phase start 7;; *) WRITE\nesac'
    first, second = odd_binary(body, processes=2, n=2)
    assert (first.phases["start"], second.phases["start"]) == (7.0, 1.0)


def test_wrong_values_never_reach_the_binary(odd_binary, monkeypatch):
    good = Spiking.values

    def with_change(change):
        def wrong(self, request):
            values = good(self, request)
            change(values)
            return values

        monkeypatch.setattr(Spiking, "values", wrong)

    with_change(lambda v: v.pop("change_frame.values"))
    with pytest.raises(launch.RunError, match=r"disagree on the variables change_frame\.values"):
        odd_binary("WRITE")
    with_change(lambda v: v.update({"change_frame.values": np.zeros(3)}))
    with pytest.raises(launch.RunError, match=r"change_frame\.values has 3 values of float64"):
        odd_binary("WRITE")
    with_change(lambda v: v.update({"change_frame.values": v["change_frame.values"] * np.nan}))
    with pytest.raises(launch.RunError, match="NaN"):
        odd_binary("WRITE")


# -------------------------------------------------------------------- the command line
def command(*arguments, **kwds):
    return subprocess.run(
        [sys.executable, "build_targets/cpp.py", *map(str, arguments)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
        **kwds,
    )


SMALL = ("--n-per-unit", 10, "--trials", 1, "--delay", 0.75, "--replicates", 2)


def test_the_command_end_to_end(tmp_path):
    out = tmp_path / "out"
    done = command(*SMALL, "--json", "--traces", "--output", out)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((out / "summary.json").read_text())
    required = (
        "target task n_per_unit seed replicates connectivity precision digest accuracy "
        "reaction_time_s population_rates_hz phases_s simulated_s real_time_factor spikes"
    )
    assert set(required.split()) <= summary.keys()
    assert set(summary["accuracy"]) == set(summary["reaction_time_s"]) == {"0.75"}
    for condition in ("AX", "AY", "BX", "BY"):
        entry = summary["accuracy"]["0.75"][condition]
        assert set(entry) == {"value", "low", "high", "n"}
        assert entry["n"] == 1
    assert list(summary["phases_s"]) == ["generate", "compile", "start", "simulate", "write"]
    assert summary["spikes"] > 1000
    assert {"raster.png", "rates.png", "behaviour.png", "traces.png"} <= {
        p.name for p in out.iterdir()
    }
    # loading needs no build, and gives back what ran
    from pfc_standalone.results import load_results, parameters_of

    data = load_results(out)
    assert data.sizes["spike"] == summary["spikes"]
    assert (np.diff(data["spike_time"]) >= 0).all()
    same_time = np.diff(data["spike_time"]) == 0
    same = same_time & (np.diff(data["spike_replicate"]) == 0)
    assert (np.diff(data["spike_neuron"])[same] > 0).all()
    assert data["trace_v"].shape == (data.sizes["trace_time"], 28)
    assert -80 < float(data["trace_v"].min()) < float(data["trace_v"].max()) < -49
    assert float(data["trace_g_gaba"].min()) >= 0
    assert parameters_of(data)["network.n_per_unit"] == 10
    # an output that exists is refused before anything runs
    again = command(*SMALL, "--output", out)
    assert again.returncode == 2
    assert "which exists already: name a new folder" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--n-per-unit", "0"), "--n-per-unit is 0, allowed is a whole number from 10 to 100000"),
        (("--n-per-unit", "1e9"), "--n-per-unit is 1000000000, allowed is"),
        (("--n-per-unit", "abc"), "--n-per-unit is abc, allowed is"),
        (
            ("--task", "chess"),
            "the task is chess, allowed is one of: ax-cpt, shapes; or a task",
        ),
        (("--delay", "-1"), "--delay is -1, allowed is"),
        (("--delay", "nan"), "--delay is nan, allowed is"),
        (("--set", "memory.gain=nan"), "memory.gain is nan, allowed is"),
        (("--set", "memory.gian=1"), "did you mean memory.gain?"),
        (("--set", "gain"), "--set is gain, allowed is NAME=VALUE"),
        (("--seeds", "1"), "unrecognized arguments: --seeds"),
        (("--output", "/proc/nowhere"), "cannot be written"),
        (("--n-per-unit", "100000", "--connectivity", "explicit"), "GB of memory"),
    ],
)
def test_bad_requests_are_one_sentence(arguments, message):
    done = command(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_no_compiler_on_the_command_line(tmp_path):
    empty = os.environ | {"CXX": "no-such-compiler", "PFC_CACHE_DIR": str(tmp_path)}
    done = command(*SMALL, "--output", tmp_path / "out", env=empty)
    assert done.returncode == 3
    assert done.stderr.startswith(f"generate ...\nGenerated {tmp_path}")
    assert done.stderr.endswith(
        "; it was not compiled: no-such-compiler was not found: the variable CXX names it; set "
        "it to a C++ compiler\n"
    )
    assert not (tmp_path / "out").exists()


def test_an_unwritable_cache_is_said_plainly(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = command(
        *SMALL, "--output", tmp_path / "out", env=os.environ | {"PFC_CACHE_DIR": str(blocked)}
    )
    assert done.returncode == 1
    assert "cannot be written (File exists): free space, or name another folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_relative_folders(tmp_path):
    """Without --output, results lie in ``results``; the cache may be named from here too."""
    script = Path(__file__).parent.parent / "build_targets" / "cpp.py"
    arguments = [sys.executable, str(script), *map(str, SMALL), "--no-figures"]
    cache_here = os.path.relpath(os.environ[cache.CACHE_VARIABLE], tmp_path)
    done = subprocess.run(
        arguments,
        cwd=tmp_path,
        env=os.environ | {cache.CACHE_VARIABLE: cache_here},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("ax-cpt-cpp-n10-")
    assert (folder / "results.nc").is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("what", ["commands.conclude.write_dataset", "analysis.summary.summarise"])
def test_finished_runs_outlive_what_comes_after(tmp_path, monkeypatch, capsys, what):
    from pfc_standalone.commands import run
    from pfc_standalone.commands.verbs import finish

    def no_space(*arguments):
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    with monkeypatch.context() as broken:
        broken.setattr(f"pfc_standalone.{what}", no_space)
        code = run.main(
            "cpp", lambda chosen: CppTarget(), argv=[*map(str, SMALL), "--output", str(out)]
        )
    assert code == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert f"go on with python -m pfc_standalone finish {out}" in said
    assert [p.name for p in tmp_path.iterdir()] == ["out.partial"]
    assert finish.main([str(out), "--json", "--no-figures"]) == 0
    assert json.loads(capsys.readouterr().out)["spikes"] > 1000
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert finish.main([str(out)]) == 2
    assert "is finished already" in capsys.readouterr().err


def test_the_same_command_goes_on_where_it_was_ended(tmp_path, monkeypatch, capsys):
    from pfc_standalone.commands import run

    summarise = "pfc_standalone.analysis.summary.summarise"
    out = tmp_path / "out"
    arguments = [*map(str, SMALL), "--no-figures", "--json", "--output", str(out)]

    def main(*more):
        return run.main("cpp", lambda chosen: CppTarget(), argv=[*arguments, *more])

    with monkeypatch.context() as broken:
        broken.setattr(summarise, lambda dataset: 1 / 0)
        assert main() == 1
    capsys.readouterr()
    assert main("--seed", "5") == 2
    assert "holds finished runs of another command" in capsys.readouterr().err
    note = out.with_name("out.partial") / "runs" / "0" / "run.json"
    written = note.stat().st_mtime_ns
    (out.with_name("out.partial") / "runs" / "1" / "run.json").unlink()  # as if it had not ended
    with monkeypatch.context() as watched:
        watched.setattr(summarise, lambda dataset: 1 / 0)
        assert main() == 1
    assert note.stat().st_mtime_ns == written
    assert main() == 0
    assert out.is_dir()


def test_interrupt_leaves_nothing(tmp_path):
    CppTarget().build(P_SMALL, quiet)
    long = ("--n-per-unit", 10, "--trials", 30, "--replicates", 2, "--output", tmp_path / "out")
    process = subprocess.Popen(
        [sys.executable, "build_targets/cpp.py", *map(str, long)],
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # as in a terminal, even where the tests themselves run with interrupts ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("simulate"):
            break
    children = _children(process.pid)
    assert children
    process.send_signal(signal.SIGINT)  # to the parent alone
    _, rest = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; no results were written" in rest
    assert list(tmp_path.iterdir()) == []
    assert not any(Path(f"/proc/{child}").exists() for child in children)


P_SMALL = with_values(Parameters(), {"network.n_per_unit": 10})


def _children(pid):
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
