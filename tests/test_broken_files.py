"""Files that come back are whole and of this version, or one sentence says what is wrong."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from test_benchmarks import record, results

from benchmarks import compare, records, report
from benchmarks.records import RecordsError
from pfc_standalone import Weights, deal, load_results
from pfc_standalone.errors import ParameterError, ResultsError, TaskError
from pfc_standalone.netcdf import read_netcdf, write_netcdf
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.dataset import describe_points, write_dataset
from pfc_standalone.tasks import find_task

P = with_values(
    Parameters(),
    {"network.n_per_unit": 10, "experiment.trials": 1, "experiment.delays": "0.75"},
)


# ---------------------------------------------------------------------- ways to break a file
def half(raw):
    return raw[: len(raw) // 2]


def all_but_the_end(raw):
    return raw[:-100]


def nothing(raw):
    return b""


def zeros(raw):
    return bytes(len(raw))


def text(raw):
    return b"not at all\n" * 50


def flipped(where):
    def flip(raw):
        at = int(where * (len(raw) - 1))
        return raw[:at] + bytes([raw[at] ^ 0b100]) + raw[at + 1 :]

    flip.__name__ = f"flipped at {where}"
    return flip


def other_hdf5(raw):
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file["x"] = np.arange(3)
    return image.getvalue()


#: The last 73 bytes are the digest itself.
PLACES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WAYS = (half, all_but_the_end, nothing, zeros, text, other_hdf5, *map(flipped, PLACES))


def one_sentence(caught, path):
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    assert len(said) < 600
    return said


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    rng = np.random.default_rng(1)
    data = describe_points(deal(P)).assign(
        spike_time=("spike", np.sort(rng.random(3000))),
        spike_neuron=("spike", rng.integers(0, 700, 3000)),
    )
    write_dataset(data, folder / "results.nc")
    Weights.by_hand(P).save(folder / "weights.nc")
    return folder


@pytest.fixture
def broken(whole, tmp_path):
    """A copy of a file that was broken in some way."""

    def make(name, way):
        path = tmp_path / name
        path.write_bytes(way((whole / name).read_bytes()))
        return path

    return make


# ------------------------------------------------------------------------------- results
def test_whole_files_are_read(whole):
    assert load_results(whole).sizes["spike"] == 3000
    assert load_results(whole / "results.nc").identical(load_results(whole))
    assert Weights.load(whole / "weights.nc").as_dict() == Weights.by_hand(P).as_dict()


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.__name__)
def test_broken_results(broken, way):
    path = broken("results.nc", way)
    for given in (path, path.parent):
        with pytest.raises(ResultsError) as caught:
            load_results(given)
        said = one_sentence(caught, path)
    assert "run the command again" in said or "is no result of this program" in said
    if way.__name__.startswith("flipped"):
        assert "it is damaged: its content is not what was written" in said


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.__name__)
def test_broken_weights(broken, way):
    path = broken("weights.nc", way)
    with pytest.raises(ParameterError) as caught:
        Weights.load(path)
    said = one_sentence(caught, path)
    assert "make it with Weights.save" in said


def test_a_file_of_the_other_kind(whole):
    with pytest.raises(ParameterError, match="is no file of weights"):
        Weights.load(whole / "results.nc")
    with pytest.raises(ResultsError, match="is no result of this program"):
        load_results(whole / "weights.nc")
    with pytest.raises(ResultsError, match=r"holds no results\.nc: give the folder"):
        load_results(whole / "nowhere")
    with pytest.raises(ParameterError, match="cannot be read"):
        Weights.load(whole)


@pytest.mark.parametrize("version", [1, 99, "new"])
def test_results_of_another_version(whole, tmp_path, version):
    path = tmp_path / "results.nc"
    data = load_results(whole).assign_attrs(format_version=version)
    write_dataset(data, path)
    with pytest.raises(ResultsError) as caught:
        load_results(path)
    assert f"is of format version {version}, this program reads 2" in one_sentence(caught, path)


@pytest.mark.parametrize("name", ["parameters", "varying", "labels"])
def test_results_that_lack_an_attribute(whole, tmp_path, name):
    path = tmp_path / "results.nc"
    data = load_results(whole)
    del data.attrs[name]
    write_dataset(data, path)
    with pytest.raises(ResultsError, match="is no result of this program"):
        load_results(path)


def test_what_others_write_is_read(whole, tmp_path):
    """A selection that a user saved has no digest, and a file that h5py changed has none left."""
    path = tmp_path / "results.nc"
    data = load_results(whole)
    data.isel(spike=slice(10)).to_netcdf(path, engine="h5netcdf")
    assert load_results(path).sizes["spike"] == 10
    write_dataset(data, path)
    with h5py.File(path, "a") as file:
        file["spike_time"][0] = -1.0
        file.attrs["note"] = "mine" * 100
    assert load_results(path)["spike_time"][0] == -1.0


def test_a_file_is_written_whole_or_not_at_all(whole, tmp_path, monkeypatch):
    data = load_results(whole)
    path = tmp_path / "x.nc"
    write_netcdf(data, path)
    before = path.read_bytes()

    def no_space(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_netcdf(data.isel(spike=slice(5)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert read_netcdf(path).identical(data)


def test_no_memory_is_no_broken_file(whole, monkeypatch):
    def no_memory(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(xr, "load_dataset", no_memory)
    with pytest.raises(MemoryError):
        load_results(whole)


# ---------------------------------------------------------------------------------- tasks
@pytest.mark.parametrize(
    "way", [half, nothing, zeros, lambda raw: b"\xff" + raw, lambda raw: raw + b"=",
            lambda raw: b"[" * 100_000, lambda raw: raw + b"#" * 2**20, lambda raw: b'{"a": 1}'],
)  # fmt: skip
def test_broken_task_files(tmp_path, way):
    path = tmp_path / "task.toml"
    path.write_bytes(way(next(iter(sorted(TASKS))).read_bytes()))
    with pytest.raises(TaskError) as caught:
        find_task(str(path))
    one_sentence(caught, path)


TASKS = sorted((Path(__file__).parent.parent / "examples").rglob("*.toml"))


def test_a_task_file_of_another_kind(whole):
    with pytest.raises(TaskError, match="is not text in UTF-8"):
        find_task(str(whole / "results.nc"))
    with pytest.raises(TaskError, match="cannot be read: Is a directory"):
        find_task(f"{whole}/")


# ----------------------------------------------------------------------------- benchmarks
@pytest.fixture
def benchmark_file(tmp_path):
    """A file of benchmarks, changed in some way; with its digest if asked."""

    def make(change=lambda data: None, digest=False):
        data = results(record("cpp", 25, 0.2, 0.1, seed=1), record("cpp", 100, 0.4, 0.3, seed=2))
        if digest:
            data[records.DIGEST] = records.digest(copy.deepcopy(data))
        changed = change(data)
        path = tmp_path / "benchmark.json"
        path.write_text(json.dumps(data if changed is None else changed))
        return path

    return make


def without(*names):
    def change(data):
        inner = data
        for name in names[:-1]:
            inner = inner[name]
        del inner[names[-1]]

    return change


def setting(value, *names):
    def change(data):
        inner = data
        for name in names[:-1]:
            inner = inner[name]
        inner[names[-1]] = value

    return change


FACTS = ("benchmarks", 1, "extra_info")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: [], "is not a result of this project's benchmarks"),
        (lambda data: 3, "is not a result of this project's benchmarks"),
        (lambda data: {"machine_info": 3}, "is not a result of this project's benchmarks"),
        (lambda data: {"machine_info": {"pfc": None}}, "is not a result of this project's"),
        (without("machine_info"), "is not a result of this project's benchmarks"),
        (without("benchmarks"), "holds no measurement"),
        (setting([], "benchmarks"), "holds no measurement"),
        (setting({"a": 1}, "benchmarks"), "has benchmarks = "),
        (setting([3], "benchmarks"), "has benchmarks[0] = 3, which this version cannot use"),
        (without("datetime"), "has datetime = null"),
        (without("machine_info", "pfc", "processor"), "has machine_info.pfc.processor = null"),
        (without("benchmarks", 0, "stats"), "has benchmarks[0] = "),
        (without(*FACTS, "target"), "has benchmarks[1].extra_info.target = null"),
        (without(*FACTS, "phases_s_rounds"), "extra_info.phases_s_rounds = null"),
        (setting("fast", *FACTS, "steps"), 'extra_info.steps = "fast"'),
        (setting(-1, *FACTS, "neurons"), "extra_info.neurons = -1"),
        (setting(float("nan"), *FACTS, "neurons"), "extra_info.neurons = NaN"),
        (setting([], *FACTS, "calibration_s"), "extra_info.calibration_s = []"),
        (setting([{"start": 1}], *FACTS, "phases_s_rounds"), "extra_info.phases_s_rounds = ["),
        (setting({}, *FACTS, "agreement"), "extra_info.agreement = {}"),
        (setting(True, *FACTS, "n_per_unit"), "extra_info.n_per_unit = true"),
    ],
)
def test_benchmarks_that_cannot_be_used(benchmark_file, change, message, capsys):
    path = benchmark_file(change)
    with pytest.raises(RecordsError) as caught:
        records.load(path)
    assert message in one_sentence(caught, path)
    for command, arguments in (
        (report, [str(path), "--output", str(path.parent / "out")]),
        (compare, [str(path), str(path)]),
    ):
        assert command.main(arguments) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b'{"a": NaNN}', b"[" * 100_000, b"PK\x03\x04 a zip"]
)
def test_benchmarks_that_are_no_json(tmp_path, raw):
    path = tmp_path / "x.json"
    path.write_bytes(raw)
    with pytest.raises(RecordsError, match="cannot be read as JSON") as caught:
        records.load(path)
    one_sentence(caught, path)


def test_benchmarks_with_a_digit_that_changed(benchmark_file):
    """Which would be a measurement like any other."""
    path = benchmark_file(digest=True)
    assert len(records.load(path)["benchmarks"]) == 2
    path = benchmark_file(setting(0.21, "benchmarks", 0, "stats", "median"), digest=True)
    with pytest.raises(RecordsError, match="is damaged: its content is not what was written"):
        records.load(path)


def test_the_suite_leaves_a_digest():
    from benchmarks.conftest import pytest_benchmark_update_json

    class Config:
        class pluginmanager:  # noqa: N801
            @staticmethod
            def get_plugin(name):
                return type("Reporter", (), {"stats": {}})

    data = results(record("cpp", 25, 0.2, 0.1)) | {"when": np.float64(0.1)}
    pytest_benchmark_update_json(Config, data)
    from pytest_benchmark.utils import safe_dumps

    again = json.loads(safe_dumps(data))
    assert again.pop(records.DIGEST) == records.digest(again)
