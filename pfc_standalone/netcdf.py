"""netCDF files that are written whole or not at all, and that tell when they are damaged.

A file is made in memory and then written: HDF5 does not survive a disk that fills up while it
closes a file. Behind the netCDF4 stands a line with the digest of all before it, which HDF5 and
all that read netCDF4 pass over, and which is gone once another program writes to the file.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.files import write_whole
from pfc_standalone.record import Labelled

if TYPE_CHECKING:
    import h5py
    import xarray as xr

_SEAL = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_SEAL_SIZE = len("\nsha256 \n") + 64
#: Arrays of numbers with more values are compressed, those with one dimension in parts of so many:
#: HDF5's own guess of a few thousand costs more than the compression.
_SMALL, _CHUNK = 1000, 2**17


def write_netcdf(record: Labelled, path: Path) -> None:
    """Write a record of numbers, texts and truth values, whole or not at all.

    The file is what xarray writes through h5netcdf, coordinates and missing values included, but
    written with h5py alone, which takes a tenth of the time. Arrays of numbers that are not short
    are compressed.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it.
    """
    import h5py

    image = io.BytesIO()
    with h5py.File(image, "w", track_order=True) as file:
        _write_record(file, record)
        made = f"version=2,h5py={h5py.__version__},hdf5={h5py.version.hdf5_version}"
        file.attrs["_NCProperties"] = np.bytes_(made)
    with image.getbuffer() as content:
        write_whole(path, content, f"\nsha256 {hashlib.sha256(content).hexdigest()}\n".encode())


def _write_record(file: h5py.File, record: Labelled) -> None:
    """Write all variables and attributes; each dimension is a scale of HDF5's.

    What netCDF keeps beside them begins with ``_Netcdf4``: the numbers of dimensions.
    """
    variables, numbers = record.variables, {d: k for k, d in enumerate(record.sizes)}
    coordinates, others = _coordinates(record)
    for name, size in record.sizes.items():
        if name not in variables:
            scale = file.create_dataset(
                name, (size,), ">f4", maxshape=(size or None,), track_order=True
            )
            scale.attrs["_Netcdf4Dimid"] = np.int32(numbers[name])
            scale.make_scale(f"This is a netCDF dimension but not a netCDF variable.{size:10}")
    for name, variable in variables.items():
        written = _write_variable(file, name, variable)
        if coordinates.get(name):
            written.attrs["coordinates"] = coordinates[name]
        if variable.dims:
            if written.size:
                written.attrs["_Netcdf4Dimid"] = np.int32(numbers[variable.dims[0]])
            written.attrs["_Netcdf4Coordinates"] = np.array(
                [numbers[d] for d in variable.dims], np.int32
            )
        if variable.dims == (name,):
            written.make_scale(name)
    for name, variable in variables.items():
        if variable.dims != (name,):
            for axis, dim in enumerate(variable.dims):
                file[name].dims[axis].attach_scale(file[dim])
    for key, value in (dict(record.attrs) | others).items():
        file.attrs[key] = value if isinstance(value, str) else np.atleast_1d(value)


def _write_variable(file: h5py.File, name: str, variable: Any) -> h5py.Dataset:
    """Write a variable in the way in which xarray encodes what netCDF lacks."""
    import h5py

    values, attributes = variable.values, dict(variable.attrs)
    options: dict[str, Any] = {"track_order": True}
    kind = values.dtype.kind
    if kind in "OU":
        values, options["dtype"] = values.astype(object), h5py.string_dtype()
    elif kind == "b":
        values, attributes["dtype"] = values.astype(np.int8), "bool"
    elif kind == "f":
        options["fillvalue"] = values.dtype.type(np.nan)
        attributes["_FillValue"] = np.array([np.nan], values.dtype)
    if kind in "iuf" and values.size > _SMALL:
        options |= {"compression": "gzip", "compression_opts": 1, "shuffle": kind != "f"}
        if values.ndim == 1:
            options["chunks"] = (min(values.size, _CHUNK),)
    if 0 in values.shape:  # netCDF's dimensions without length are those that may grow
        options["maxshape"] = tuple(size or None for size in values.shape)
    written = file.create_dataset(name, data=values, **options)
    for key, value in attributes.items():
        written.attrs[key] = value if isinstance(value, str) else np.atleast_1d(value)
    return written


def _coordinates(record: Labelled) -> tuple[dict[str, str], dict[str, str]]:
    """The ``coordinates`` attribute of each variable that has some on its dimensions, and of the
    file for those that no variable has.

    A name with a space in it cannot stand there.
    """
    variables = record.variables
    names = {n for n in record.coords if variables[n].dims != (n,) and " " not in n}
    found = {
        name: {c for c in names if set(variables[c].dims) <= set(variable.dims)}
        for name, variable in variables.items()
        if name not in names and name not in variable.dims
    }
    others = names.difference(*found.values())
    return (
        {name: " ".join(sorted(some)) for name, some in found.items()},
        {"coordinates": " ".join(sorted(others))} if others else {},
    )


def read_netcdf(path: Path) -> xr.Dataset:
    """Read a file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it cannot be read, or is not as it was written; the message says why in a few words.
    """
    import xarray as xr

    try:
        _check_seal(path)
        return xr.load_dataset(path, engine="h5netcdf")
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # whatever HDF5, h5netcdf and xarray make of a broken file
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ValueError(reason or type(error).__name__) from None


def _check_seal(path: Path) -> None:
    """Raise `ValueError` if a file has a digest at its end, and it is not that of the rest."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END) - _SEAL_SIZE
        file.seek(max(size, 0))
        found = _SEAL.fullmatch(file.read())
        if found is None:
            return
        file.seek(0)
        digest = hashlib.sha256()
        while size > 0:
            block = file.read(min(size, 2**24))
            digest.update(block)
            size -= len(block)
    if digest.hexdigest().encode() != found[1]:
        raise ValueError("it is damaged: its content is not what was written")
