"""A finished run is never lost: each fault is one sentence with the command that goes on from
there, and that command finishes.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from build_targets.cpp import CppTarget
from pfc_standalone.analysis import summary as summary_module
from pfc_standalone.analysis.behaviour import accuracy
from pfc_standalone.commands import conclude as conclude_module
from pfc_standalone.commands import run
from pfc_standalone.commands.progress import report_errors
from pfc_standalone.commands.verbs import finish
from pfc_standalone.errors import ResultsError
from pfc_standalone.results import folder as folder_module
from pfc_standalone.results import load_results
from pfc_standalone.results.folder import Workplace, new_workplace, write_new, write_whole
from pfc_standalone.simulation.simulate import read_plan, runs_in

PROJECT = Path(__file__).parent.parent
#: Of folders: what a console could take for markup, and a shell for two words.
NAME = "[bold]out [/red]"
SMALL = (
    *("--n-per-unit", "10", "--trials", "1", "--delay", "0.1", "--replicates", "2"),
    *("--set", "timing.settle=0.5", "--traces"),
)  # fmt: skip


def cpp(*arguments):
    """The cpp command, in this process."""
    return run.main("cpp", lambda chosen: CppTarget(), argv=[*map(str, arguments)])


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory, build_cache):
    """A partial folder in which all runs are done and nothing else is, and the whole result."""
    folder = tmp_path_factory.mktemp("unfinished")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(summary_module, "summarise", lambda dataset: 1 / 0)
        assert cpp(*SMALL, "--no-figures", "--output", folder / "out") == 1
    shutil.copytree(folder / "out.partial", folder / "whole.partial")
    assert finish.main([str(folder / "whole"), "--no-figures", "--json"]) == 0
    return folder


@pytest.fixture
def out(unfinished, tmp_path):
    """A folder that was asked for, with a partial folder of its own."""
    shutil.copytree(unfinished / "out.partial", tmp_path / f"{NAME}.partial")
    return tmp_path / NAME


def partial(out):
    """Where unfinished work on a folder lies."""
    return out.with_name(f"{out.name}.partial")


def way_on(out):
    """The command that goes on, as it is typed."""
    return f"python -m pfc_standalone finish {shlex.quote(str(out))}"


def one_sentence(said):
    """The sentence on standard error after the lines that name phases."""
    lines = [line for line in said.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1, said
    assert lines[0].startswith("error: ")
    return lines[0]


def finishes(out, unfinished, capsys):
    """The command that the sentence names finishes, with the results that there would be."""
    assert finish.main([str(out), "--no-figures", "--json"]) == 0
    capsys.readouterr()
    assert not partial(out).exists()
    found, whole = (load_results(p) for p in (out, unfinished / "whole"))
    assert found.drop_attrs().identical(whole.drop_attrs())
    assert (out / "summary.json").is_file()


# ------------------------------------------------------------------- after all runs are done
def test_the_command_that_began_is_kept(tmp_path):
    place = Workplace(tmp_path / "out")
    place.folder.mkdir()
    place.note_build({"digest": "a"}, {}, {"command": "first"})
    place.note_build({"digest": "a"}, {}, {"command": "second"})
    assert place.notes()[0] == {"digest": "a", "command": "first"}
    place.note_build({"digest": "b"}, {}, {"command": "third"})
    assert place.notes()[0] == {"digest": "b", "command": "third"}


def no_memory(*arguments, **options):
    raise MemoryError("Unable to allocate 93.1 GiB")


def no_space(*arguments, **options):
    raise OSError(28, "No space left on device")


def hdf5_words(*arguments, **options):
    raise RuntimeError("Can't decrement id ref count\n(file write failed: errno = 28)")


@pytest.mark.parametrize("fault", [no_memory, no_space, hdf5_words])
@pytest.mark.parametrize(
    "step", ["label_runs", "write_dataset", "summarise", "write_whole", "write_page"]
)
def test_a_fault_after_the_runs(out, unfinished, monkeypatch, capsys, step, fault):
    with monkeypatch.context() as broken:
        module = summary_module if step == "summarise" else conclude_module
        broken.setattr(module, step, fault)
        assert finish.main([str(out), "--no-figures"]) == 1
    said = one_sentence(capsys.readouterr().err)
    assert f"go on with {way_on(out)}" in said
    assert "all runs are done and kept in" in said
    if fault is no_memory:
        assert "memory is exhausted: Unable to allocate 93.1 GiB" in said
    if step == "summarise":
        finishes(out, unfinished, capsys)


def test_memory_is_exhausted_while_figures_are_drawn(out, unfinished, monkeypatch, capsys):
    from pfc_standalone.figures.builtin import behaviour, raster, rates, traces

    with monkeypatch.context() as broken:
        for figure in (behaviour, raster, rates, traces):
            broken.setattr(figure, "FIGURE", no_memory)
        assert finish.main([str(out)]) == 1
    said = one_sentence(capsys.readouterr().err)
    assert "their figures could not be drawn" in said
    assert "raster (Unable to allocate 93.1 GiB)" in said
    assert said.endswith(f"{way_on(out)} (--no-figures leaves them out)")
    finishes(out, unfinished, capsys)


def limit_files(size):
    """Let no file of a process grow beyond a size: a full disk, for anybody's tests."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True,
        check=False, **options,
    )  # fmt: skip


def test_results_that_do_not_fit_on_the_disk(out, unfinished, capsys):
    """HDF5 ends the whole process when a disk fills up while it closes a file."""
    done = command(
        "-m", "pfc_standalone", "finish", out, "--no-figures", preexec_fn=limit_files(40_000)
    )
    assert done.returncode == 1, done.stderr
    said = one_sentence(done.stderr)
    assert "their results could not be written ([Errno 27] File too large)" in said
    assert "finish" in said
    finishes(out, unfinished, capsys)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few MB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("no file system can be mounted here: that takes root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def leave(disk, size):
    """Fill a file system up until so many bytes are free; the file that does it."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - size)
    return filler


@pytest.mark.parametrize("room", [0, 100_000])
def test_a_disk_that_is_really_full(small_disk, unfinished, capsys, room):
    ignored = shutil.ignore_patterns("files")
    shutil.copytree(unfinished / "out.partial", small_disk / "out.partial", ignore=ignored)
    filler = leave(small_disk, room)
    out = small_disk / "out"
    assert finish.main([str(out), "--no-figures"]) == 1
    said = one_sentence(capsys.readouterr().err)
    assert "No space left on device" in said
    filler.unlink()
    finishes(out, unfinished, capsys)


def test_a_disk_that_fills_up_while_traces_are_written(small_disk, unfinished, monkeypatch, capsys):
    """Of the files that are cut, whole numbers are left."""
    for module in (run, sys.modules["pfc_standalone.simulation.simulate"]):
        monkeypatch.setattr(module, "check_disk", lambda *a: None)
    leave(small_disk, 1_500_000)
    assert cpp(*SMALL, "--no-figures", "--output", small_disk / "out") == 1
    assert re.search("is the disk full|No space left", one_sentence(capsys.readouterr().err))
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


def test_a_display_and_latex_that_are_missing(out, tmp_path):
    """As a user has set them up: neither is needed. One figure stands for all."""
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nbackend: TkAgg\n")
    script = (
        "import sys\n"
        "from types import SimpleNamespace\n"
        "from pfc_standalone import figures\n"
        "one = SimpleNamespace(names=lambda: ['behaviour'], get=figures.FIGURES.get)\n"
        "figures.FIGURES = one\n"
        "from pfc_standalone.commands.verbs import finish\n"
        "sys.exit(finish.main(sys.argv[1:]))\n"
    )
    done = command(
        "-c", script, out, "--pdf",
        env=os.environ
        | {"MPLBACKEND": "module://no.such.backend", "MATPLOTLIBRC": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {"behaviour.png", "behaviour.pdf", "summary.json"} <= {p.name for p in out.iterdir()}


# -------------------------------------------------------------------------- runs that are not whole
def cut(path, size):
    with path.open("r+b") as file:
        file.truncate(size)


def flip(path, at=100):
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= 4
    path.write_bytes(raw)


def traces_of(out, name="neurons_traces.v"):
    run_folder = partial(out) / "runs" / "0"
    note = json.loads((run_folder / "run.json").read_text())
    return run_folder / note["files"][name][0]


HARM = {
    "whole columns of a trace": lambda out: cut(traces_of(out), 28 * 8 * 100),  # a full disk
    "an empty trace": lambda out: cut(traces_of(out, "populations_traces.g_nmda"), 0),
    "fewer times than spikes": lambda out: cut(traces_of(out, "spikes.t"), 800),
    "a flipped bit": lambda out: flip(traces_of(out, "spikes.i")),
    "a file that is gone": lambda out: traces_of(out, "neurons.v").unlink(),
    "half a note": lambda out: cut(traces_of(out).parent / "run.json", 30),
    "another note": lambda out: (traces_of(out).parent / "run.json").write_text("[]"),
    "no folder": lambda out: shutil.rmtree(traces_of(out).parent),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_run_that_is_not_whole_is_seen(out, harm):
    plan = read_plan(load_results(partial(out) / "plan.nc"))
    assert len(runs_in(plan, partial(out) / "runs")) == 2
    HARM[harm](out)
    with pytest.raises(ResultsError, match="holds no whole run") as caught:
        runs_in(plan, partial(out) / "runs")
    assert "\n" not in str(caught.value)


def test_lengths_tell_what_a_checksum_cannot(out):
    """A disk that is full cuts files before their checksum is taken."""
    plan = read_plan(load_results(partial(out) / "plan.nc"))
    (found, _) = runs_in(plan, partial(out) / "runs")
    cut(traces_of(out), 28 * 8 * 100)
    found.write_note()
    with pytest.raises(ResultsError, match=r"neurons_traces\.v has 2800 values where \d+ were"):
        runs_in(plan, partial(out) / "runs")


@pytest.mark.parametrize(
    "harm",
    [
        HARM["whole columns of a trace"],
        lambda out: cut(partial(out) / "build.json", 20),
        lambda out: (partial(out) / "cost.json").write_bytes(b"\xff"),
    ],
)
def test_finish_does_again_what_is_not_whole(out, unfinished, capsys, harm):
    untouched = partial(out) / "runs" / "1" / "run.json"
    before = untouched.stat().st_ino
    harm(out)
    assert untouched.stat().st_ino == before
    finishes(out, unfinished, capsys)


def test_a_limit_of_file_sizes_that_ends_the_program(tmp_path, unfinished):
    done = command(
        "build_targets/cpp.py", *SMALL, "--no-figures", "--output", tmp_path / "out",
        preexec_fn=limit_files(400_000),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "SIGXFSZ" in one_sentence(done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_is_damaged(out, unfinished, capsys):
    plan = partial(out) / "plan.nc"
    flip(plan, 5000)
    assert finish.main([str(out), "--no-figures"]) == 2
    said = one_sentence(capsys.readouterr().err)
    assert f"{plan} cannot be read (it is damaged" in said
    assert said.endswith("run the command again")
    # which goes on with the runs that are there
    note = partial(out) / "runs" / "0" / "run.json"
    before = note.stat().st_mtime_ns
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(summary_module, "summarise", no_memory)
        assert cpp(*SMALL, "--no-figures", "--output", out) == 1
    assert note.stat().st_mtime_ns == before
    capsys.readouterr()
    finishes(out, unfinished, capsys)


# ---------------------------------------------------------------------------- folders that go
def test_the_folder_is_removed_before_results_are_written(out, monkeypatch, capsys):
    def removed(*arguments):
        shutil.rmtree(out.parent)
        no_space()

    monkeypatch.setattr(conclude_module, "label_runs", removed)
    assert finish.main([str(out), "--no-figures"]) == 2
    said = one_sentence(capsys.readouterr().err)
    assert f"{partial(out)} was removed while this command worked in it" in said
    assert said.endswith("run the command again")
    assert not out.parent.exists()


def test_results_that_are_labelled_outlive_their_folder(out, monkeypatch):
    label = conclude_module.label_runs

    def labelled_and_removed(*arguments):
        dataset = label(*arguments)
        shutil.rmtree(out.parent)
        return dataset

    monkeypatch.setattr(conclude_module, "label_runs", labelled_and_removed)
    assert finish.main([str(out), "--no-figures", "--json"]) == 0
    assert load_results(out).sizes["spike"] > 1000


def test_the_folder_is_removed_while_it_simulates(tmp_path, monkeypatch, capsys):
    parent = tmp_path / "results"

    def removed(*arguments, **options):
        shutil.rmtree(parent)
        raise OSError(2, "No such file or directory", str(parent))
        yield

    monkeypatch.setattr(folder_module.Workplace, "note_cost", lambda *a: None)
    from build_targets.running import launch

    monkeypatch.setattr(launch, "run_all", removed)
    assert cpp(*SMALL, "--no-figures", "--output", parent / "out") == 2
    assert "was removed while this command worked" in one_sentence(capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------- signals
@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_is_done(tmp_path, unfinished, number, code, capsys):
    """One of two runs is done, the other is ended with the terminal."""
    out = tmp_path / "out"
    shutil.copytree(unfinished / "out.partial", tmp_path / "out.partial")
    note = tmp_path / "out.partial" / "runs" / "1" / "run.json"
    note.unlink()
    script = (
        "import sys, time\n"
        "from build_targets.running import launch\n"
        "def slow(*arguments):\n"
        "    print('simulating', flush=True)\n"
        "    time.sleep(60)\n"
        "    yield\n"
        "launch.run_all = slow\n"
        "from build_targets.cpp import CppTarget\n"
        "from pfc_standalone.commands.run import main\n"
        "sys.exit(main('cpp', lambda chosen: CppTarget(), argv=sys.argv[1:]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, *SMALL, "--no-figures", "--output", str(out)],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "simulating\n"
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert "1 of 2 runs are done and kept: go on with python -m pfc_standalone" in one_sentence(
        said
    )
    finishes(out, unfinished, capsys)


def test_nohup_stays(capsys):
    """Who has a command ignore SIGHUP means it; a second signal stops no cleaning up."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert report_errors(lambda: os.kill(os.getpid(), signal.SIGHUP) or 0) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)

    def ended_twice():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        report_errors(ended_twice)
    assert ended.value.code == 143


def test_a_signal_that_python_swallows_ends_a_command_all_the_same(capsys):
    class Dies:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    def command():
        Dies()
        time.sleep(5)
        return 0

    with pytest.raises(SystemExit) as ended:
        report_errors(command)
    assert ended.value.code == 143
    assert capsys.readouterr().err == ""


def test_nobody_left_to_say_it_to(monkeypatch):
    class Gone:
        def write(self, text):
            raise OSError(5, "Input/output error")

        flush = write

    def fails():
        raise ResultsError("x")

    monkeypatch.setattr(sys, "stderr", Gone())
    assert report_errors(fails) == 2


# ----------------------------------------------------------------------- folders and their names
def test_commands_of_one_second_never_share_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module.time, "strftime", lambda *a: "20261125-101010")
    found = []

    def claim():
        for _ in range(5):
            place = new_workplace(tmp_path / "results", "task")
            with place.claimed():
                found.append(place.output.name)
                place.plan.touch()
                (place.runs / "0").mkdir(parents=True)
                (place.runs / "0" / "run.json").write_text("{}")
                time.sleep(0.01)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == len(set(found)) == 20


@pytest.mark.parametrize("name", ["with space", "[red]", "it's", "a;b", "$(x)"])
def test_the_way_on_can_be_typed(tmp_path, name):
    way_on = Workplace(tmp_path / name).way_on
    assert shlex.split(way_on) == [
        *("python", "-m", "pfc_standalone", "finish"), str(tmp_path / name),
    ]  # fmt: skip


def test_somebody_elses_partial_folder_is_left_alone(tmp_path, capsys):
    mine = tmp_path / "out.partial"
    mine.mkdir()
    (mine / "thesis.txt").write_text("")
    assert cpp(*SMALL, "--output", tmp_path / "out") == 2
    assert "out.partial holds files that are not of this program" in one_sentence(
        capsys.readouterr().err
    )
    assert (mine / "thesis.txt").is_file()


def test_runs_without_their_plan_are_left_alone(out, capsys):
    (partial(out) / "plan.nc").unlink()
    assert finish.main([str(out)]) == 2
    assert f"{partial(out)} holds no plan" in one_sentence(capsys.readouterr().err)
    assert cpp(*SMALL, "--seed", "9", "--output", out) == 2
    assert "holds finished runs of another command" in one_sentence(capsys.readouterr().err)
    assert (partial(out) / "runs" / "0" / "run.json").is_file()


def test_verdicts_of_one_second_are_both_kept(tmp_path):
    names = [write_new(tmp_path / "results" / "v.json", text).name for text in ("1", "2", "3")]
    assert names == ["v.json", "v-2.json", "v-3.json"]
    assert [(tmp_path / "results" / n).read_text() for n in names] == ["1", "2", "3"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "verdict.json"
    write_whole(path, "one")
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", no_space)
        with pytest.raises(ResultsError, match=r"verdict\.json could not be written: No space"):
            write_whole(path, "two")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_finished_is_what_would_have_been(unfinished):
    """The reference of this file is alive."""
    data = load_results(unfinished / "whole")
    assert data.sizes["spike"] > 1000
    assert set(accuracy(data)["0.1"]) == {"AX", "AY", "BX", "BY"}


def test_a_folder_that_is_filled_at_once_is_whole_or_not_there(tmp_path):
    place = Workplace(tmp_path / "out")

    def fail():
        with place.filling() as files:
            (files / "half").write_text("written")
            no_memory()

    with pytest.raises(MemoryError):
        fail()
    assert not list(tmp_path.iterdir())
    with place.filling() as files:
        (files / "whole").write_text("written")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (place.output / "whole").read_text() == "written"
    # what another command left unfinished is not touched
    other = Workplace(tmp_path / "other")
    (other.runs / "0").mkdir(parents=True)
    (other.folder / ".lock").touch()
    with pytest.raises(ResultsError, match="holds unfinished work"), other.filling():
        pass
    assert (other.runs / "0").is_dir()
