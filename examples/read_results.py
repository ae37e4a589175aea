"""Read results without this package
=================================

xarray is enough, with netCDF4, or h5netcdf and h5py::

    python examples/read_results.py DIR/results.nc

docs/results.md has the file's layout.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import xarray as xr


def main(path: str) -> None:
    """Print where a file comes from, what was answered, and mean rates of populations."""
    data = xr.load_dataset(path)
    print(f"{data.attrs['command']} ({data.attrs['date']})")
    gain = json.loads(data.attrs["parameters"])["memory.gain"]
    print(f"memory.gain is {gain:g}")

    trials = data["trial_correct"].where(data["trial_condition"] != "")  # "": no trial
    print(f"{100 * trials.mean():.0f} % of {trials.count():d} trials are correct")

    # neurons are numbered within a replicate, and a population's lie side by side
    seconds = data.attrs["duration_s"] * data.sizes["replicate"]
    numbers = data["spike_neuron"].values
    for name, start, size in zip(
        data["population_name"].values,
        data["population_start"].values,
        data["population_size"].values,
        strict=True,
    ):
        spikes = np.count_nonzero((numbers >= start) & (numbers < start + size))
        print(f"{name}: {spikes / (size * seconds):.2f} Hz")


if __name__ == "__main__":
    main(sys.argv[1])
