"""Records and the files made of them: what xarray would have, without xarray."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from pfc_standalone.experiment import deal, study
from pfc_standalone.netcdf import read_netcdf, write_netcdf
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.record import Record
from pfc_standalone.results.dataset import describe_points, digest_of, points_of, record_of

P = with_values(Parameters(), {"network.n_per_unit": 10, "experiment.trials": 1})


def everything():
    """A record with each kind of variable, labels, and replicates of unequal length."""
    points = study(P, over={"memory.gain": [0.8, 1.0]}, seeds=2)
    more = {
        "spike_time": ("spike", np.arange(300_000) * 1e-4, {"units": "s"}),
        "spike_neuron": ("spike", np.arange(300_000, dtype=np.int32) % 287),
        "trace_time": ("trace_time", np.arange(3) * 1e-3, {"units": "s"}),
        "trace_v": (("trace_time", "trace_neuron"), np.full((3, 2), np.nan, np.float32)),
        "trial_right": (("replicate", "trial"), np.eye(4, 8) > 0),
        "accents": ("word", np.array(["é", "", "日本"])),
        "none": ("nothing", np.zeros(0)),
    }
    return record_of(points).assign(more).assign_attrs({"empty": "", "count": 3, "share": 0.5})


def contents(path):
    """All that HDF5 keeps, references left out, since they are addresses."""
    found = {}
    with h5py.File(path) as file:
        for name, data in (("", file), *file.items()):
            attributes = {
                key: (np.asarray(value).dtype.str, str(value))
                for key, value in data.attrs.items()
                if key not in ("DIMENSION_LIST", "REFERENCE_LIST", "_NCProperties")
            }
            found[name] = sorted(attributes.items())
            if name:
                about = data.shape, data.dtype, data.maxshape, data.compression
                text = data.dtype.kind == "O"
                found[name] += [*about, str((data.asstr() if text else data)[()])]
    return found


def test_a_file_is_what_xarray_writes(tmp_path):
    record = everything()
    write_netcdf(record, tmp_path / "ours.nc")
    dataset = record.to_xarray()
    compressed = {"zlib": True, "complevel": 1}
    encoding = dict.fromkeys(("spike_time", "spike_neuron"), compressed)
    dataset.to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf", encoding=encoding)
    ours, theirs = contents(tmp_path / "ours.nc"), contents(tmp_path / "theirs.nc")
    assert ours == theirs
    read = read_netcdf(tmp_path / "ours.nc")
    xr.testing.assert_identical(read, xr.load_dataset(tmp_path / "theirs.nc", engine="h5netcdf"))
    numbers = {n: v.dtype for n, v in dataset.variables.items() if v.dtype.kind != "U"}
    assert {n: read[n].dtype for n in numbers} == numbers
    xr.testing.assert_identical(read, dataset)


def test_a_record_reads_as_its_dataset():
    record = everything()
    dataset = record.to_xarray()
    assert set(record) == set(dataset)
    assert set(record.coords) == set(dataset.coords)
    assert record.sizes == dict(dataset.sizes)
    assert "memory.gain" in record
    assert "memory.gain" not in set(record)
    assert digest_of(record) == digest_of(dataset)
    assert points_of(record) == points_of(dataset)
    assert describe_points(deal(P)).identical(record_of(deal(P)).to_xarray())


def test_what_no_record_can_be():
    record = everything()
    with pytest.raises(ValueError, match=r"odd has 5 values on replicate, not 4"):
        record.assign({"odd": ("replicate", np.zeros(5))})
    with pytest.raises(ValueError, match=r"shape \(2, 2\) has the dimensions \('x',\)"):
        Record({"odd": ("x", np.zeros((2, 2)))}, {}, {})
    assert "odd" not in record


def test_a_run_imports_little(tmp_path):
    """Each of these takes longer to import than a short experiment takes to label and write."""
    code = """
import sys
from build_targets.cpp import CppTarget
from pfc_standalone.commands.run import main
options = "--n-per-unit 10 --trials 1 --delay 0.1 --replicates 1 --no-figures --json --output"
assert main("cpp", lambda chosen: CppTarget(), argv=[*options.split(), sys.argv[1]]) == 0
slow = {"brian2", "sympy", "scipy", "xarray", "pandas", "matplotlib", "h5netcdf", "rich"}
print(sorted(slow & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "run"],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
    assert read_netcdf(tmp_path / "run" / "results.nc").sizes["spike"] > 1000
