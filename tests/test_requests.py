"""Requests that cannot be met are one sentence, at once, before anything is built."""

from __future__ import annotations

import io
import os
import sys
import time

import numpy as np
import pytest

from pfc_standalone import files
from pfc_standalone.analysis import spike_table
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.commands import run
from pfc_standalone.commands.console import console
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.commands.report import print_report
from pfc_standalone.commands.verbs import finish, verify
from pfc_standalone.models.spiking import recorded
from pfc_standalone.models.spiking.populations import neurons_per_replicate, population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.folder import check_output

SMALL = ("--n-per-unit", "10", "--trials", "1", "--delay", "0.75", "--replicates", "1")


class Untouched:
    """A target that nobody may ask to do anything."""

    name = "untouched"

    def default_batch(self, replicates):
        return 1


def refused(capsys, *arguments, main=None):
    """The one sentence with which a command refuses."""
    main = main or (lambda argv: run.main("untouched", lambda chosen: Untouched(), argv=argv))
    try:
        code = main([*map(str, arguments)])
    except SystemExit as ended:  # of argparse
        code = ended.code
    out, said = capsys.readouterr()
    assert code == 2, said
    assert out == ""
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


# ------------------------------------------------------------------------- where results go
def in_the_way(tmp_path, what):
    path = tmp_path / "in the way"
    if what == "file":
        path.write_text("")
    elif what == "folder":
        path.mkdir()
    elif what == "broken link":
        path.symlink_to(tmp_path / "nowhere")
    elif what == "link to itself":
        path.symlink_to(path)
    elif what == "pipe":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize("what", ["file", "folder", "broken link", "link to itself", "pipe"])
def test_something_is_there_already(tmp_path, capsys, what):
    path = in_the_way(tmp_path, what)
    said = refused(capsys, *SMALL, "--output", path)
    assert f"--output is {path}, which exists already: name a new folder" in said


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("file", "is no folder"),
        ("broken link", "is a broken link"),
        ("link to itself", "is a broken link"),
        ("pipe", "is no folder"),
    ],
)
@pytest.mark.parametrize("below", ["x", "x/y"])
def test_something_is_in_the_path(tmp_path, capsys, what, below, reason):
    path = in_the_way(tmp_path, what)
    said = refused(capsys, *SMALL, "--output", path / below)
    assert f"which cannot be written ({path} {reason}): name a folder that you may write to" in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a" * 256, "(File name too long)"),
        ("a" * 250, "(File name too long)"),  # with the ending of its partial folder
        ("é" * 200, "(File name too long)"),
        ("/".join(["a" * 200] * 21), "(File name too long)"),
        ("~nobody.of.that.name/x", "is no path"),
        ("", "--output is ., which exists already"),
        ("..", "which exists already"),
        ("/", "--output is /, which exists already"),
        ("/proc/nowhere/x", "which cannot be written"),
        ("/dev/null/x", "(/dev/null is no folder)"),
    ],
)
def test_names_that_cannot_be(tmp_path, monkeypatch, capsys, name, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, *SMALL, "--output", name)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def nobody(tmp_path):
    """Somebody without rights, also where the tests are run by root."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o555])
def test_a_folder_without_rights(tmp_path, capsys, mode, request):
    folder = tmp_path / "theirs"
    folder.mkdir()
    for parent in list(tmp_path.parents)[:3]:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    folder.chmod(mode)
    request.getfixturevalue("nobody")
    for path in (folder / "x", folder / "x" / "y"):
        said = refused(capsys, *SMALL, "--output", path)
        assert "which cannot be written (Permission denied)" in said


@pytest.mark.parametrize("what", ["file", "broken link", "pipe"])
def test_the_folder_of_all_results_cannot_be(tmp_path, monkeypatch, capsys, what):
    """Which once was waited for without end."""
    monkeypatch.chdir(tmp_path)
    in_the_way(tmp_path, what).rename(tmp_path / "results")
    said = refused(capsys, *SMALL)
    assert "the results cannot be written to results/ax-cpt-untouched-n10-" in said
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("folder", ["", "/", "..", ".", "nowhere", "file/x", "~nobody.here/x"])
def test_finish_nothing(tmp_path, monkeypatch, capsys, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    refused(capsys, folder, main=finish.main)


@pytest.mark.parametrize("name", ["a" * 256, "file/verdict.json", "link/verdict.json", "file"])
def test_a_verdict_that_has_no_place(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere")
    refused(capsys, "--targets", "cpp,numpy", "--output", name, main=verify.main)


# --------------------------------------------------------------------------- text, not markup
BRACKETS = ("[bold]x[/bold]", "[/nothing]", "[red]", ":snake:", "a[1]", "[link=x]y")


@pytest.mark.parametrize("name", BRACKETS)
def test_what_users_call_things_is_text(name, monkeypatch):
    from rich.table import Table

    screen = io.StringIO()
    monkeypatch.setattr(sys, "stdout", screen)
    out = console(width=200)
    out.print(f"Results: {name}")
    table = Table("name", title=f"of {name}")
    table.add_row(name)
    out.print(table)
    assert screen.getvalue().count(name) == 3


@pytest.mark.parametrize("name", BRACKETS)
def test_progress_says_what_it_is_told(name, monkeypatch):
    from rich.console import Console

    screen = io.StringIO()
    shown = Console(file=screen, force_terminal=True, width=200, markup=False, emoji=False)
    with progress_bars(shown) as report:
        report(name, 0.5)
    assert name in screen.getvalue()


@pytest.mark.parametrize("name", BRACKETS)
def test_a_folder_with_brackets_takes_results(tmp_path, name, capsys):
    output = tmp_path / name
    check_output(output)
    summary = {
        "task": "ax-cpt", "target": "cpp", "n_per_unit": 10, "accuracy": {}, "memory_held": {},
        "premature_responses": {"value": 0.0, "n": 1}, "population_rates_hz": {},
        "phases_s": dict.fromkeys(("generate", "compile", "start", "simulate", "write"), 0.0),
        "simulated_s": 1.0, "replicates": 1, "real_time_factor": 0.1, "spikes": 1,
    }  # fmt: skip
    print_report(summary, output)
    assert f"Results and figures: {output}" in capsys.readouterr().out


@pytest.mark.parametrize("label", ["cost $x_ in $", "$", "$$", "a_b^c"])
def test_labels_in_figures_are_text_and_no_formula(label):
    from types import SimpleNamespace

    import xarray as xr
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from pfc_standalone.figures.builtin import raster

    data = xr.Dataset(coords={"group": ("replicate", [label])}, attrs={"labels": '["group"]'})
    figure = Figure()
    title = figure.suptitle(raster._labels(data, SimpleNamespace(position=0)))
    FigureCanvasAgg(figure).draw()
    assert title.get_text().replace("\\", "") == f"group = {label}"


# --------------------------------------------------------------------------- what is too much
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--trials", "1000000"), "GB of memory"),
        (("--trials", "1000000", "--replicates", "65536"), "GB of memory"),
        (("--trials", "1000001"), "--trials is 1000001, allowed is a whole number from 1 to"),
        (("--delay", "60.001"), "--delay is 60.001, allowed is a number from 0 to 60"),
        (("--replicates", "65537"), "--replicates is 65537, allowed is"),
        (("--replicates", "9"), "--replicates is 9, allowed is at most the number of trials, 8"),
        (
            ("--trials", "100", "--set", "network.stimulus_changes=4"),
            "set network.stimulus_changes to 0",
        ),
        (("--set", "network.record_spikes=false"), "an experiment is read from its spikes"),
        (("--weights", "nowhere.nc"), "the weights file nowhere.nc does not exist"),
        (("--weights", "~nobody.here/w.nc"), "is no path"),
        (("--task", "nowhere.toml"), "the task file nowhere.toml cannot be read: No such file"),
        (("--set", "memory.gain"), "allowed is NAME=VALUE"),
        (("--set", "=1"), "is not a parameter"),
    ],
)
def test_requests_that_cannot_be_met(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    began = time.perf_counter()
    said = refused(capsys, "--n-per-unit", "50", "--trials", "1", "--output", "out", *arguments)
    assert message in said
    assert time.perf_counter() - began < 5
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "error: memory is exhausted: ask for less"),
        (MemoryError("Unable to\nallocate"), "memory is exhausted (Unable to allocate)"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied", "/x"), "Permission denied: '/x'"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(capsys, error, message):
    def fails():
        raise error

    assert report_errors(fails) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


# ---------------------------------------------------------------------- results in stretches
def raw_runs(parameters, n_spikes, runs):
    rng = np.random.default_rng(3)
    n = neurons_per_replicate(population_table(parameters)) * parameters.network.batch
    return [
        {
            "spikes.t": np.sort(rng.integers(0, n_spikes // 20, n_spikes) * 1e-4),
            "spikes.i": rng.integers(0, n, n_spikes).astype(np.int32),
        }
        for _ in range(runs)
    ]


def all_at_once(parameters, parts):
    """What `recorded` says, in the plainest way."""
    layout = recorded._layout(parameters)
    columns = []
    for first, count, arrays in parts:
        within = layout.replicate[arrays["spikes.i"]]
        kept = within < count
        columns.append(
            (
                arrays["spikes.t"][kept],
                layout.neuron[arrays["spikes.i"]][kept],
                within[kept] + first,
            )
        )
    time_, neuron, replicate = (np.concatenate(c) for c in zip(*columns, strict=True))
    order = np.lexsort((neuron, replicate, time_))
    return {
        "spike_time": time_[order],
        "spike_neuron": neuron[order],
        "spike_replicate": replicate[order],
    }


@pytest.mark.parametrize("at_once", [7, 1000, 10**6])
@pytest.mark.parametrize("shuffled", [False, True])
def test_spikes_labelled_in_stretches_are_the_same(monkeypatch, at_once, shuffled):
    """Also of idle replicates, of a run without spikes, and of spikes in no order."""
    import xarray as xr

    parameters = with_values(Parameters(), {"network.n_per_unit": 10, "network.batch": 3})
    runs = raw_runs(parameters, 3000, 2)
    if shuffled:
        order = np.random.default_rng(1).permutation(3000)
        runs[0] = {name: values[order] for name, values in runs[0].items()}
    empty = {name: values[:0] for name, values in runs[0].items()}
    parts = [(0, 3, runs[0]), (3, 3, empty), (6, 1, runs[1])]
    expected = all_at_once(parameters, parts)
    monkeypatch.setattr(recorded, "_SPIKES_AT_ONCE", at_once)
    monkeypatch.setattr(spike_table, "_SPIKES_AT_ONCE", at_once)
    found = {name: v[1] for name, v in recorded._spikes(parameters, parts).items()}
    assert {n: v.dtype.name for n, v in found.items()} == {
        "spike_time": "float64", "spike_neuron": "int32", "spike_replicate": "int32",
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)

    data = xr.Dataset(
        recorded.population_variables(parameters)
        | {name: ("spike", values) for name, values in found.items()},
        coords={"replicate": np.arange(7)},
    )
    for selected in (data, data.isel(replicate=[6, 1])):
        table = SpikeTable(selected)
        for position, number in enumerate(selected["replicate"].values):
            for name, start, size in zip(
                table.names, data["population_start"].values, table.sizes, strict=True
            ):
                mine = (expected["spike_replicate"] == number) & (
                    np.abs(expected["spike_neuron"] - start - size / 2 + 0.5) < size / 2
                )
                spikes, neurons = table.spikes(name, position)
                np.testing.assert_array_equal(spikes, expected["spike_time"][mine])
                np.testing.assert_array_equal(neurons, expected["spike_neuron"][mine] - start)


def test_labelling_takes_little_more_memory_than_what_it_gives(monkeypatch):
    """Whatever the number of spikes: 16 bytes each, and 12 in a table of them."""
    import tracemalloc

    import xarray as xr

    monkeypatch.setattr(recorded, "_SPIKES_AT_ONCE", 20_000)
    monkeypatch.setattr(spike_table, "_SPIKES_AT_ONCE", 20_000)
    parameters = with_values(Parameters(), {"network.n_per_unit": 10, "network.batch": 1})
    runs = raw_runs(parameters, 1_000_000, 2)
    tracemalloc.start()
    labelled = recorded._spikes(parameters, [(k, 1, r) for k, r in enumerate(runs)])
    peak = tracemalloc.get_traced_memory()[1]
    data = xr.Dataset(
        recorded.population_variables(parameters) | {name: v[:2] for name, v in labelled.items()},
        coords={"replicate": np.arange(2)},
    )
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    SpikeTable(data)
    table = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 2_000_000 * 16 * 1.15
    assert table < 2_000_000 * 12 * 1.15


def test_a_verdict_is_printed_before_it_is_written(tmp_path, monkeypatch, capsys):
    """A disk that is full does not take it away."""
    found = {
        "agree": True, "targets": ["cpp", "numpy"], "n_per_unit": 10, "seed": 1, "seeds": 10,
        "exact": [], "distributions": [],
    }  # fmt: skip
    monkeypatch.setattr(verify, "verify", lambda *a: found)

    def no_space(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_whole", no_space)
    code = verify.main(["--targets", "cpp,numpy", "--output", str(tmp_path / "verdict.json")])
    out, said = capsys.readouterr()
    assert code == 2
    assert "Verdict: cpp, numpy agree." in out
    assert "verdict.json could not be written: No space left on device" in said
    assert list(tmp_path.iterdir()) == []
