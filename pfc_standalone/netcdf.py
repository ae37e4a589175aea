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
    import xarray as xr

_SEAL = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_SEAL_SIZE = len("\nsha256 \n") + 64
#: Arrays of numbers with more values are compressed, those with one dimension in parts of so many:
#: HDF5's own guess of a few thousand costs more than the compression.
_SMALL, _CHUNK = 1000, 2**17


def write_netcdf(record: Labelled, path: Path) -> None:
    """Write a record of numbers, texts and truth values, whole or not at all.

    The file is what xarray writes, coordinates and missing values included; arrays of numbers
    that are not short are compressed.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it.
    """
    import h5netcdf

    image = io.BytesIO()
    with h5netcdf.File(image, "w") as file:
        file.dimensions = dict(record.sizes)
        coordinates, others = _coordinates(record)
        for name, variable in record.variables.items():
            _write_variable(file, name, variable, coordinates.get(name, ""))
        file.attrs.update(dict(record.attrs) | others)
    with image.getbuffer() as content:
        write_whole(path, content, f"\nsha256 {hashlib.sha256(content).hexdigest()}\n".encode())


def _write_variable(file: Any, name: str, variable: Any, coordinates: str) -> None:
    """Write a variable in the way in which xarray encodes what netCDF lacks."""
    values, attributes, options = variable.values, dict(variable.attrs), {}
    if coordinates:
        attributes["coordinates"] = coordinates
    kind = values.dtype.kind
    dtype = file._h5py.string_dtype() if kind in "OU" else values.dtype
    if kind in "OU":
        values = values.astype(object)
    elif kind == "b":
        values, dtype, attributes["dtype"] = values.astype(np.int8), np.int8, "bool"
    elif kind == "f":
        options["fillvalue"] = values.dtype.type(np.nan)
    if kind in "iuf" and values.size > _SMALL:
        options |= {"compression": "gzip", "compression_opts": 1, "shuffle": kind != "f"}
        if values.ndim == 1:
            options["chunks"] = (min(values.size, _CHUNK),)
    written = file.create_variable(name, variable.dims, dtype, **options)
    written.attrs.update(attributes)
    written[...] = values


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
