"""Every figure is written and shows something: for any task, at the edges, under any set-up."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from pfc_standalone import figures
from pfc_standalone.analysis.behaviour import add_responses
from pfc_standalone.experiment import Point, deal, schedule, study
from pfc_standalone.figures import FIGURES, FORMATS, FigureError, save_figures
from pfc_standalone.figures.builtin import behaviour, raster, rates, traces
from pfc_standalone.figures.style import INHIBITORY, NONSELECTIVE, UNIT_COLOURS, unit_colours
from pfc_standalone.figures.trial import example_trials, trial_rows
from pfc_standalone.models import get_model
from pfc_standalone.models.spiking.populations import (
    neurons_per_replicate,
    population_table,
    trace_neuron_numbers,
)
from pfc_standalone.models.spiking.recorded import TRACE_UNITS
from pfc_standalone.parameters import SI, Parameters, with_values
from pfc_standalone.results.dataset import (
    describe_points,
    load_results,
    task_of,
    write_dataset,
)
from pfc_standalone.tasks import LAYERS, Condition, Projection, Task

ONE_DELAY = {"raster", "rates", "behaviour"}
PNG = ("png",)  # a PDF takes as long again
#: Units differ between layers, some conditions have a probe, one has no cue, one no response.
MIXED = Task(
    name="mixed",
    units={"input": ("A", "B", "X"), "memory": ("m1", "m2"), "output": ("left", "right", "both")},
    images={
        "A": ("1000", "1000", "1000", "1000", "1000", "1000", "1000"),
        "B": ("0100", "0100", "0100", "0100", "0100", "0100", "0100"),
        "X": ("0011", "0011", "0011", "0011", "0011", "0011", "0011"),
    },
    projections=(
        Projection("input_A", "memory_m1", 35.0, gated=True),
        Projection("memory_m1", "output_left", 5.0),
    ),
    conditions=(
        Condition("A", cue="A", correct="both"),
        Condition("AX", cue="A", probe="X", correct="left"),
        Condition("BX", cue="B", probe="X", correct="right"),
        Condition("X", probe="X"),
    ),
    memory_of_cue={"A": "m1"},
)


def small(**values):
    """Parameters of a network of ten neurons a unit, with two trials a condition."""
    defaults = {
        "network.n_per_unit": 10,
        "network.batch": 1,
        "experiment.trials": 2,
        "experiment.replicates": 2,
    }
    return with_values(Parameters(), defaults | values)


def poisson_spikes(point, rng):
    """Every neuron at 3 Hz, the right output unit at 60 Hz from 50 ms after the window opens."""
    populations = population_table(point.parameters)
    n, end = neurons_per_replicate(populations), max(t.end for t in point.trials)
    count = rng.poisson(3 * n * end)
    parts = [(rng.uniform(0, end, count), rng.integers(0, n, count))]
    for trial in point.trials:
        for unit in (p for p in populations if p.name == f"output_{trial.correct}"):
            count, begin = rng.poisson(60 * unit.size * 0.3), trial.window_start + 0.05
            times = rng.uniform(begin, begin + 0.3, count)
            parts.append((times, rng.integers(unit.start, unit.stop, count)))
    time, neuron = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return time, neuron.astype(np.int32)


def noisy_traces(point, rng):
    t = np.arange(0, point.trials[-1].end, 1e-3)
    shape = (t.size, trace_neuron_numbers(point.parameters).size)
    v = rng.normal(-55, 2, shape)
    values = {n: v if n == "v" else k + rng.random(shape) for k, n in enumerate(TRACE_UNITS)}
    arrays = {f"neurons_traces.{n}": x.ravel() * SI[TRACE_UNITS[n]] for n, x in values.items()}
    return {"neurons_traces.t": t, **arrays}


def experiment(points, *, spikes=True, traces=False):
    """A dataset of points with what they might have left, and responses."""
    if isinstance(points, Parameters):
        points = deal(points)
    rng = np.random.default_rng(7)
    runs = []
    for point in points:
        none = np.zeros(0), np.zeros(0, np.int32)
        time, neuron = poisson_spikes(point, rng) if spikes else none
        n = neurons_per_replicate(population_table(point.parameters))
        runs.append({"spikes.t": time, "spikes.i": neuron, "neurons.v": np.full(n, -0.06)})
    if traces:
        runs[0] |= noisy_traces(points[0], rng)
    parameters = points[0].parameters
    labelled = get_model(parameters).label(parameters, [(k, 1, run) for k, run in enumerate(runs)])
    return add_responses(describe_points(points).assign(labelled))


def check(paths, names, folder, formats=FORMATS):
    """The figures of these names, and only they, are there in each format; none is blank."""
    assert sorted(paths) == sorted(folder.iterdir())
    assert {(p.stem, p.suffix) for p in paths} == {(n, f".{s}") for n in names for s in formats}
    for path in paths:
        if path.suffix == ".pdf":
            assert path.read_bytes().startswith(b"%PDF")
            assert path.read_bytes().count(b"/FontFile2 ") == 1  # no second one for a ligature
            continue
        red, green, blue = np.moveaxis(
            np.round(255 * image.imread(path)[..., :3]).astype(int), -1, 0
        )
        assert red.shape[1] > 1000, path
        assert np.unique(red + 256 * green + 65536 * blue).size > 20, path
        assert 0.005 < np.mean(green < 150) < 0.5, path  # ink, other than the shaded phases


def mpl_settings():
    """matplotlib's settings; the backend is left out, since asking for it may choose one."""
    return {k: v for k, v in dict(mpl.rcParams.copy()).items() if k != "backend"}


def texts(figure):
    """All that is written in a figure."""
    return [t.get_text() for t in figure.findobj(mpl.text.Text) if t.get_text()]


# ---------------------------------------------------------------------------- all figures
@pytest.mark.parametrize("task", ["ax-cpt", "shapes"])
def test_all_figures_of_both_tasks(task, tmp_path):
    dataset = experiment(small(**{"network.task": task}), traces=True)
    assert dataset["trial_correct"].values.any()  # so that there are responses to draw
    check(save_figures(dataset, tmp_path), ONE_DELAY | {"rates_long", "traces"}, tmp_path)


@pytest.mark.parametrize("task", ["ax-cpt", "shapes"])
def test_no_delay(task, tmp_path):
    parameters = small(**{"network.task": task, "experiment.delays": "0"})
    check(save_figures(experiment(parameters), tmp_path, PNG), ONE_DELAY, tmp_path, PNG)


def test_a_single_trial(tmp_path):
    (point,) = deal(small(**{"experiment.replicates": 1}))
    dataset = experiment([replace(point, trials=point.trials[:1])], traces=True)
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces"}, tmp_path, PNG)


def test_a_single_trial_without_spikes(tmp_path):
    (point,) = deal(small(**{"network.task": "shapes", "experiment.replicates": 1}))
    dataset = experiment([replace(point, trials=point.trials[:1])], spikes=False, traces=True)
    assert (dataset["trial_response"].values == "").all()
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces"}, tmp_path, PNG)


def test_replicates_of_unequal_length_after_loading(tmp_path):
    values = {"experiment.trials": 1, "experiment.replicates": 3, "experiment.delays": "0.1"}
    points, folder = deal(small(**values)), tmp_path / "figures"
    folder.mkdir()
    assert len({len(p.trials) for p in points}) == 2
    write_dataset(experiment(points), tmp_path / "results.nc")
    check(save_figures(load_results(tmp_path), folder, PNG), ONE_DELAY, folder, PNG)


def test_a_mixed_task(tmp_path):
    parameters = small(**{"network.task": MIXED, "experiment.delays": "0.1"})
    dataset = experiment(parameters, traces=True)
    correct = dataset["trial_correct"].values[dataset["trial_condition"].values != ""]
    assert correct.mean() > 0.5
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces"}, tmp_path, PNG)
    words = texts(behaviour.draw(dataset)["behaviour"])
    assert "reaction time from probe or cue onset (ms)" in words
    words = texts(raster.draw(dataset)["raster"])
    assert {"AX, delay 0.1 s", "BX, delay 0.1 s", "left", "right", "both", "m1"} <= set(words)


@pytest.mark.parametrize("condition", MIXED.conditions, ids=lambda c: c.name)
def test_each_condition_of_a_mixed_task_alone(condition, tmp_path):
    """Also the one without cue, the one without probe, and a cue that no memory unit holds."""
    parameters = small(**{"network.task": MIXED})
    dataset = experiment(
        [Point(parameters, schedule(parameters, [(condition, "0.1")]))], traces=True
    )
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces"}, tmp_path, PNG)
    answered_from = "cue" if condition.probe is None else "probe"
    words = texts(behaviour.draw(dataset)["behaviour"])
    assert f"reaction time from {answered_from} onset (ms)" in words


def test_no_trial_ever_has_a_correct_response(tmp_path):
    silent = replace(MIXED, conditions=tuple(replace(c, correct=None) for c in MIXED.conditions))
    parameters = small(**{"network.task": silent, "experiment.delays": "0.1"})
    dataset = experiment(parameters, traces=True)
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces"}, tmp_path, PNG)


def test_no_trials_no_figures(tmp_path):
    dataset = experiment(small(**{"experiment.delays": "0.1"}), traces=True)
    assert save_figures(dataset.isel(trial=slice(0)), tmp_path) == []


def test_without_recorded_spikes_there_is_behaviour_only(tmp_path):
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    dataset = dataset.drop_dims("spike")
    check(save_figures(dataset, tmp_path, PNG), {"behaviour"}, tmp_path, PNG)


# ---------------------------------------------------------------------------- points that differ
def test_labels_stand_in_the_raster(tmp_path):
    parameters = small(**{"experiment.trials": 1, "experiment.delays": "0.1"})
    points = study(parameters, over={"memory.gain": [0.8, 1.0]}, seeds=2)
    dataset = experiment(points, traces=True)
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY | {"traces", "gain"}, tmp_path, PNG)
    (label,) = (t for t in texts(raster.draw(dataset)["raster"]) if "memory.gain" in t)
    assert label == "memory.gain = 0.8, seed = 1"
    selected = dataset.isel(replicate=[3])
    (label,) = (t for t in texts(raster.draw(selected)["raster"]) if "memory.gain" in t)
    assert label == "memory.gain = 1, seed = 2"


def test_a_selection_shows_the_spikes_of_its_replicates():
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    selected = dataset.isel(replicate=[1])
    rows = trial_rows(selected)
    assert [replace(t, position=1) for t in rows] == [
        t for t in trial_rows(dataset) if t.replicate == 1
    ]
    figure = raster.draw(selected)["raster"]
    (trial, _), marks = example_trials(rows, task_of(dataset)), figure.axes[0].lines[0].get_xdata()
    assert figure.axes[0].get_title() == f"{trial.condition}, delay 0.1 s"
    unit = population_table(small())[0]  # the first line is the first population's
    neuron = dataset["spike_neuron"].values
    mine = (neuron < unit.stop) & (dataset["spike_replicate"].values == 1)
    time = dataset["spike_time"].values[mine]
    inside = time[(time >= trial.start) & (time < trial.end)]
    assert inside.size > 0
    assert np.sort(marks) == pytest.approx(np.sort(inside) - trial.onset)


def test_traces_are_of_the_replicate_that_was_recorded():
    dataset = experiment(small(**{"experiment.delays": "0.1"}), traces=True)
    assert set(traces.draw(dataset.isel(replicate=[1, 0]))) == {"traces"}
    assert traces.draw(dataset.isel(replicate=[1])) == {}


def test_replicates_with_other_rules_and_timing(tmp_path):
    """Each is shown with its own window, threshold and filter; trials are aligned at the cue."""
    base = small(**{"experiment.replicates": 1, "experiment.delays": "0.1"})
    other = with_values(
        base,
        {
            "decision.threshold": 30.0, "decision.tau": 0.05, "decision.window": 0.4,
            "timing.probe": 0.5, "timing.cue": 0.2, "timing.rest": 0.5,
        },
    )  # fmt: skip
    points = [replace(deal(p)[0], replicate=r) for r, p in enumerate((base, other))]
    dataset = experiment(points)
    check(save_figures(dataset, tmp_path, PNG), ONE_DELAY, tmp_path, PNG)
    rows = {t.position: t for t in trial_rows(dataset)}
    assert [rows[r].probe_end - rows[r].probe_onset for r in (0, 1)] == pytest.approx([0.3, 0.5])
    assert [rows[r].window for r in (0, 1)] == [0.6, 0.4]
    figure = rates.draw(dataset)["rates"]
    assert any("filter 50 to 150 ms" in t for t in texts(figure))
    output = figure.axes[2 * len(figure.axes) // 3]
    dashed = [line.get_ydata() for line in output.lines if line.get_linestyle() == "--"]
    assert {(before, later[-1]) for before, *later in dashed} == {(24.0, 6.0), (30.0, 7.5)}
    assert output.get_xlim() == pytest.approx((-0.5, 1.4), abs=1e-9)


# ---------------------------------------------------------------------------- what is chosen
def test_examples_differ_in_what_is_to_be_remembered():
    def examples(**values):
        dataset = experiment(small(**{"experiment.delays": "0.1,0.2"} | values))
        task = values.get("network.task", "ax-cpt")
        task = with_values(Parameters(), {"network.task": task}).network.task
        return [(t.condition, t.delay_text) for t in example_trials(trial_rows(dataset), task)]

    one = {"experiment.replicates": 1}
    assert examples(**one) == [("AX", "0.1"), ("BX", "0.1")]
    assert examples(**one, **{"network.task": "shapes"}) == [("circle", "0.1"), ("cross", "0.1")]
    assert examples(**one, **{"network.task": MIXED}) == [("AX", "0.1"), ("BX", "0.1")]


def test_as_many_colours_as_a_task_may_have_units():
    names = [f"{layer}{k}" for layer in LAYERS for k in range(8)]
    units = {layer: tuple(n for n in names if n.startswith(layer)) for layer in LAYERS}
    images = {unit: (f"{k:04b}",) for k, unit in enumerate(units["input"], 1)}
    task = Task(
        name="many", units=units, images=images, projections=(),
        conditions=(Condition("c", cue="input0"),), memory_of_cue={"input0": "memory0"},
    )  # fmt: skip
    colours = unit_colours(task)
    assert list(colours) == names
    assert len(set(colours.values())) == len(names)
    shown = [*UNIT_COLOURS, INHIBITORY, NONSELECTIVE, "#FFFFFF"]
    apart = [np.abs(np.subtract(to_rgb(a), to_rgb(b))).sum() for a, b in combinations(shown, 2)]
    assert min(apart) > 0.25


# ---------------------------------------------------------------------------- the door
@pytest.fixture
def with_figures(monkeypatch):
    """Register figures beside those that are there."""

    def register(**more):
        names, get = FIGURES.names(), FIGURES.get
        registry = type(
            "Registry", (), {
                "names": lambda self: (*more, *names),
                "get": lambda self, name: more[name] if name in more else get(name),
            },
        )  # fmt: skip
        monkeypatch.setattr(figures, "FIGURES", registry())

    return register


def broken(dataset):
    raise RuntimeError("it does\nnot work")


def plain(dataset):
    """A figure without layout, which changes matplotlib's settings."""
    mpl.rcParams["axes.facecolor"] = "red"
    figure = Figure()
    figure.subplots().plot([0, 1])
    return {"plain.v2": figure}


def test_the_figures_that_come_with_the_program():
    assert {"behaviour", "raster", "rates", "traces"} <= set(FIGURES.names())
    for name in FIGURES.names():
        assert callable(FIGURES.get(name))


def test_a_broken_figure_does_not_stop_the_others(with_figures, tmp_path):
    with_figures(broken=broken)
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    with pytest.raises(FigureError) as raised:
        save_figures(dataset, tmp_path)
    assert str(raised.value) == (
        "the figure broken (it does not work) was not drawn, all others were"
    )
    assert isinstance(raised.value.__cause__, RuntimeError)
    check(list(tmp_path.iterdir()), ONE_DELAY, tmp_path)


def test_a_name_that_is_taken_and_several_errors(with_figures, tmp_path):
    with_figures(a=broken, z=lambda dataset: {"raster": Figure()})
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    with pytest.raises(FigureError) as raised:
        save_figures(dataset, tmp_path)
    assert str(raised.value) == (
        "the figures a (it does not work), z (another figure is called raster too) were not "
        "drawn, all others were"
    )
    check(list(tmp_path.iterdir()), ONE_DELAY, tmp_path)


def test_same_data_same_files_whatever_else_is_drawn(with_figures, tmp_path):
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    before = {p.name: p.read_bytes() for p in save_figures(dataset, first)}
    with_figures(a_plain_one=plain)
    settings = mpl_settings()
    after = {p.name: p.read_bytes() for p in save_figures(dataset, second)}
    assert set(after) - set(before) == {"plain.v2.png", "plain.v2.pdf"}
    assert {n: after[n] for n in before} == before
    assert mpl_settings() == settings  # nothing global changes


# ---------------------------------------------------------------------------- the user's set-up
def drawn_elsewhere(tmp_path, code, **environment):
    """Run code in a new process with this environment; what it printed."""
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


SAVE = """
from pathlib import Path
from pfc_standalone.figures import save_figures
from pfc_standalone.results.dataset import load_results
Path("figures").mkdir()
save_figures(load_results(Path()), Path("figures"))
"""


@pytest.mark.parametrize("backend", ["nonsense", "TkAgg", ""])
def test_any_backend_in_the_environment(backend, tmp_path):
    """The variable stays, and so does a choice that matplotlib knows."""
    code = """
import os
import pfc_standalone.figures.builtin.raster
import matplotlib as mpl
print(os.environ["MPLBACKEND"] or "none", mpl.rcParams._get("backend"))
"""
    found = drawn_elsewhere(tmp_path, code, MPLBACKEND=backend)
    assert found[0] == (backend or "none")
    if backend:
        assert found[1].lower() == (backend if backend != "nonsense" else "agg").lower()


def test_files_are_the_same_under_any_set_up(tmp_path):
    """LaTeX, which need not be installed, other sizes and colours, and a backend of no use."""
    dataset = experiment(small(**{"experiment.delays": "0.1"}))
    write_dataset(dataset, tmp_path / "results.nc")
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfont.size: 30\naxes.facecolor: red\nsavefig.bbox: tight\n"
        "savefig.format: svg\nbackend: TkAgg\n"
    )
    drawn_elsewhere(tmp_path, SAVE, MPLBACKEND="nonsense", MATPLOTLIBRC=str(tmp_path))
    folder = tmp_path / "figures"
    check(list(folder.iterdir()), ONE_DELAY, folder)
    (tmp_path / "here").mkdir()
    for path in save_figures(dataset, tmp_path / "here"):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
