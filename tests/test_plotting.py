"""Every figure is written and shows something, for both tasks and at the edges."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

from pfc_standalone.behaviour import add_responses
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.plotting import save_figures
from pfc_standalone.populations import (
    neurons_per_replicate,
    population_table,
    trace_neuron_numbers,
)
from pfc_standalone.results import TRACE_UNITS, load_results, make_dataset, write_dataset
from pfc_standalone.trials import trial_lists

ONE_DELAY = {"raster", "rates", "behaviour"}


def small(**values):
    """Parameters of a network of ten neurons a unit, with two trials a condition."""
    defaults = {"network.n_per_unit": 10, "experiment.trials": 2, "experiment.replicates": 2}
    return with_values(Parameters(), defaults | values)


def poisson_spikes(parameters, trials, rng):
    """Every neuron at 3 Hz, the right output unit at 60 Hz from 50 ms after the window opens."""
    populations = population_table(parameters)
    n = neurons_per_replicate(populations)
    end = max(row[-1].end for row in trials)
    parts = []
    for replicate, row in enumerate(trials):
        count = rng.poisson(3 * n * end)
        parts.append((rng.uniform(0, end, count), rng.integers(0, n, count), replicate))
        for trial in row:
            (unit,) = (p for p in populations if p.name == f"output_{trial.correct}")
            count = rng.poisson(60 * unit.size * 0.3)
            begin = trial.window_start + 0.05
            times = rng.uniform(begin, begin + 0.3, count)
            parts.append((times, rng.integers(unit.start, unit.stop, count), replicate))
    return {
        "spike_time": np.concatenate([t for t, _, _ in parts]),
        "spike_neuron": np.concatenate([i for _, i, _ in parts]).astype(np.int32),
        "spike_replicate": np.concatenate([np.full(t.size, r, np.int32) for t, _, r in parts]),
    }


def no_spikes():
    return {
        "spike_time": np.zeros(0),
        "spike_neuron": np.zeros(0, np.int32),
        "spike_replicate": np.zeros(0, np.int32),
    }


def noisy_traces(parameters, trials, rng):
    t = np.arange(0, trials[0][-1].end, 1e-3)
    shape = (t.size, trace_neuron_numbers(parameters).size)
    names = [n for n in TRACE_UNITS if n != "v"]
    conductances = {n: 1e-9 * (k + rng.random(shape)) for k, n in enumerate(names)}
    return {"t": t, "v": rng.normal(-55e-3, 2e-3, shape), **conductances}


def experiment(parameters, *, spikes=True, traces=False, trials=None):
    rng = np.random.default_rng(7)
    trials = trials or trial_lists(parameters)
    found = poisson_spikes(parameters, trials, rng) if spikes else no_spikes()
    recorded = noisy_traces(parameters, trials, rng) if traces else None
    return add_responses(make_dataset(parameters, trials, [found], recorded, {}), parameters)


def check(paths, names, folder):
    """The figures of these names, and only they, are there as PNG and PDF; none is blank."""
    assert sorted(paths) == sorted(folder.iterdir())
    assert {(p.stem, p.suffix) for p in paths} == {(n, s) for n in names for s in (".png", ".pdf")}
    for path in paths:
        if path.suffix == ".pdf":
            assert path.read_bytes().startswith(b"%PDF")
            continue
        red, green, blue = np.moveaxis(
            np.round(255 * image.imread(path)[..., :3]).astype(int), -1, 0
        )
        assert red.shape[1] > 1000, path
        assert np.unique(red + 256 * green + 65536 * blue).size > 20, path
        assert 0.005 < np.mean(green < 150) < 0.5, path  # ink, other than the shaded phases


@pytest.mark.parametrize("task", ["ax-cpt", "shapes"])
def test_all_figures_of_both_tasks(task, tmp_path):
    parameters = small(**{"network.task": task})
    dataset = experiment(parameters, traces=True)
    assert dataset["trial_correct"].values.any()  # so that there are responses to draw
    check(
        save_figures(dataset, parameters, tmp_path), ONE_DELAY | {"rates_long", "traces"}, tmp_path
    )


@pytest.mark.parametrize("task", ["ax-cpt", "shapes"])
def test_no_delay(task, tmp_path):
    parameters = small(**{"network.task": task, "experiment.delays": "0"})
    paths = save_figures(experiment(parameters), parameters, tmp_path)
    check(paths, ONE_DELAY, tmp_path)


def test_a_single_trial(tmp_path):
    parameters = small(**{"experiment.replicates": 1})
    trials = [trial_lists(parameters)[0][:1]]
    dataset = experiment(parameters, trials=trials, traces=True)
    check(save_figures(dataset, parameters, tmp_path), ONE_DELAY | {"traces"}, tmp_path)


def test_a_single_trial_without_spikes(tmp_path):
    parameters = small(**{"network.task": "shapes", "experiment.replicates": 1})
    trials = [trial_lists(parameters)[0][:1]]
    dataset = experiment(parameters, trials=trials, spikes=False, traces=True)
    assert (dataset["trial_response"].values == "").all()
    check(save_figures(dataset, parameters, tmp_path), ONE_DELAY | {"traces"}, tmp_path)


def test_replicates_of_unequal_length_after_loading(tmp_path):
    values = {"experiment.trials": 1, "experiment.replicates": 3, "experiment.delays": "0.1"}
    parameters, figures = small(**values), tmp_path / "figures"
    figures.mkdir()
    assert len({len(row) for row in trial_lists(parameters)}) == 2
    write_dataset(experiment(parameters), tmp_path / "results.nc")
    check(save_figures(load_results(tmp_path), parameters, figures), ONE_DELAY, figures)


def test_same_data_same_files_and_nothing_global_changes(tmp_path):
    parameters = small(**{"experiment.delays": "0.1"})
    dataset, before = experiment(parameters), mpl.rcParams.copy()
    contents = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        paths = save_figures(dataset, parameters, tmp_path / name)
        contents.append([p.read_bytes() for p in paths])
    assert contents[0] == contents[1]
    assert mpl.rcParams == before
