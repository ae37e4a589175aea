"""What other programs read from an export is what this one has: NWB, neo, and xarray alone."""

from __future__ import annotations

import sys
import warnings
from datetime import datetime

import numpy as np
import pytest
from test_examples import load as load_example

from build_targets.cpp import CppTarget
from pfc_standalone import load_results, to_neo, to_nwb
from pfc_standalone.analysis.spike_statistics import firing_rate, isi_cv
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.commands import run
from pfc_standalone.commands.verbs.export import main
from pfc_standalone.errors import RequirementError, ResultsError
from pfc_standalone.results import parameters_of, write_dataset

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import elephant.statistics
    import pynwb

SMALL = (
    *("--n-per-unit", "10", "--trials", "1", "--delay", "0.75", "--replicates", "2"),
    *("--traces", "--no-figures"),
)
WINDOW = 1.0, 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory, build_cache):
    folder = tmp_path_factory.mktemp("exports") / "run"
    arguments = [*SMALL, "--output", str(folder)]
    assert run.main("cpp", lambda chosen: CppTarget(), argv=arguments) == 0
    return folder


@pytest.fixture(scope="module")
def data(folder):
    return load_results(folder)


@pytest.fixture(scope="module")
def nwb(folder, tmp_path_factory):
    """The file that the command writes."""
    path = tmp_path_factory.mktemp("nwb") / "run.nwb"
    assert main([str(folder), "--to", "nwb", str(path)]) == 0
    return path


@pytest.fixture
def opened(nwb):
    with pynwb.NWBHDF5IO(nwb, "r") as io:
        yield io.read()


def own_statistics(data, name):
    """Rates, Hz, and ISI CV of a population's neurons in the first replicate."""
    times, neurons = SpikeTable(data).spikes(name, 0)
    inside = (times >= WINDOW[0]) & (times < WINDOW[1])
    times, neurons = times[inside], neurons[inside]
    return firing_rate(times, 25, *WINDOW), isi_cv(times, neurons, [WINDOW], 10)


def by_elephant(trains):
    """The same of spike trains, each within the window."""
    isis = [elephant.statistics.isi(np.asarray(t)) for t in trains]
    rate = np.mean([len(t) for t in trains]) / (WINDOW[1] - WINDOW[0])
    return rate, [elephant.statistics.cv(isi) for isi in isis if len(isi) >= 10]


# ------------------------------------------------------------------------------------- NWB
def test_the_file_is_valid(nwb):
    assert pynwb.validate(path=str(nwb)) == []


def test_units_have_the_spikes(opened, data):
    units = opened.units.to_dataframe()
    sizes = data["population_size"].values
    assert len(units) == 2 * sizes.sum()
    assert sum(map(len, units["spike_times"])) == data.sizes["spike"] > 5000
    assert set(units["population"]) == set(data["population_name"].values)
    assert set(units["cell_type"]) == {"exc", "inh"}
    some = units[(units["population"] == "memory_A") & (units["replicate"] == 1)]
    assert set(some["selective_unit"]) == {"A"}
    (start,) = data["population_start"].values[data["population_name"].values == "memory_A"]
    times = data["spike_time"].values
    for neuron, found in zip(some["neuron"], some["spike_times"], strict=True):
        mine = (data["spike_replicate"].values == 1) & (data["spike_neuron"].values == neuron)
        np.testing.assert_array_equal(found, times[mine])
    assert some["neuron"].tolist() == list(range(start, start + 10))


def test_elephant_finds_our_statistics_in_the_file(opened, data):
    units = opened.units.to_dataframe()
    mine = units[(units["population"] == "memory_inh") & (units["replicate"] == 0)]
    assert len(mine) == 25
    trains = [t[(t >= WINDOW[0]) & (t < WINDOW[1])] for t in mine["spike_times"]]
    rate, cvs = by_elephant(trains)
    expected, own = own_statistics(data, "memory_inh")
    assert rate == pytest.approx(expected)
    assert len(own) > 5
    np.testing.assert_allclose(cvs, own)


def test_trials_and_session(opened, data):
    trials = opened.trials.to_dataframe()
    assert len(trials) == 4
    assert set(trials["condition"]) == {"AX", "AY", "BX", "BY"}
    np.testing.assert_array_equal(trials["start_time"], data["trial_start"].values.ravel())
    for name in ("response", "reaction_time", "correct", "probe", "delay"):
        np.testing.assert_array_equal(trials[name], data[f"trial_{name}"].values.ravel())
    assert opened.session_start_time == datetime.fromisoformat(data.attrs["date"])
    assert data.attrs["command"] in opened.notes
    assert "memory.gain" in opened.notes


def test_traces_are_in_si_units(opened, data):
    v = opened.acquisition["trace_v"]
    assert v.unit == "volts"
    np.testing.assert_allclose(v.data[:] * v.conversion, data["trace_v"].values / 1e3, rtol=1e-6)
    assert v.rate == pytest.approx(1 / np.diff(data["trace_time"].values)[0])
    assert opened.acquisition["trace_g_nmda"].unit == "siemens"


# ------------------------------------------------------------------------------------- neo
def test_neo_holds_the_same(data):
    block = to_neo(data)
    assert [s.name for s in block.segments] == ["replicate 0", "replicate 1"]
    assert block.rec_datetime == datetime.fromisoformat(data.attrs["date"])
    assert block.annotations["provenance"]["digest"] == data.attrs["digest"]
    groups = {g.name: g for g in block.groups}
    assert set(groups) == set(data["population_name"].values)
    of_first = [t for t in groups["memory_inh"].spiketrains if t.annotations["replicate"] == 0]
    assert len(of_first) == 25
    rate, cvs = by_elephant([t.time_slice(*WINDOW).magnitude for t in of_first])
    expected, own = own_statistics(data, "memory_inh")
    assert rate == pytest.approx(expected)
    np.testing.assert_allclose(cvs, own)
    spikes = sum(len(t) for s in block.segments for t in s.spiketrains)
    assert spikes == data.sizes["spike"]
    (epoch,) = block.segments[1].epochs
    np.testing.assert_array_equal(epoch.labels, data["trial_condition"].values[1])
    np.testing.assert_array_equal(epoch.array_annotations["response"], data["trial_response"][1])
    names = [s.name for s in block.segments[0].analogsignals]
    assert names == ["v", "g_background", "g_ampa", "g_nmda", "g_gaba"]
    assert len(block.segments[1].analogsignals) == 0


# ------------------------------------------------------------------------------- bad input
def test_results_without_spikes(data, tmp_path):
    for export in (to_neo, lambda d: to_nwb(d, tmp_path / "x.nwb")):
        with pytest.raises(ResultsError, match="hold no spikes, allowed are those of a run of"):
            export(data.drop_dims("spike"))
        with pytest.raises(ResultsError, match="do not say when they were made"):
            export(data.assign_attrs(date=""))
    assert list(tmp_path.iterdir()) == []


def test_bad_requests_are_one_sentence(folder, data, nwb, tmp_path, capsys):
    write_dataset(data.assign_attrs(format_version=1), tmp_path / "results.nc")
    cut = tmp_path / "cut.nc"
    cut.write_bytes((folder / "results.nc").read_bytes()[:-100])
    for asked, said in (
        ((folder, nwb), "exists already: name a new file"),
        ((folder, cut / "x.nwb"), "which cannot be written"),
        ((tmp_path / "nowhere", tmp_path / "x.nwb"), "holds no results.nc"),
        ((tmp_path, tmp_path / "x.nwb"), "is of format version 1"),
        ((cut, tmp_path / "x.nwb"), "cannot be read"),
    ):
        assert main([*map(str, asked)]) == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        assert said in sentence
    assert not (tmp_path / "x.nwb").exists()


@pytest.mark.parametrize("package", ["neo", "pynwb"])
def test_a_missing_package_is_named(data, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RequirementError, match=rf"needs the package {package}, which is not"):
        to_neo(data) if package == "neo" else to_nwb(data, tmp_path / "x.nwb")


def test_a_disk_that_fills_leaves_nothing(data, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pynwb.NWBHDF5IO, "write", full)
    with pytest.raises(ResultsError, match="could not be written: No space left on device"):
        to_nwb(data, tmp_path / "x.nwb")
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------- xarray alone
def test_the_example_needs_xarray_alone(folder, data, capsys):
    example = load_example("read_results")
    example.main(str(folder / "results.nc"))
    said = capsys.readouterr().out
    correct = data["trial_correct"].values.mean()
    assert f"{100 * correct:.0f} % of 4 trials are correct" in said
    rate = SpikeTable(data).rate("memory_inh", [(k, 0.0, data.attrs["duration_s"]) for k in (0, 1)])
    assert f"memory_inh: {rate:.2f} Hz" in said
    assert f"memory.gain is {parameters_of(data).memory.gain:g}" in said
