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
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone.files import write_whole

if TYPE_CHECKING:
    import xarray as xr

_SEAL = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_SEAL_SIZE = len("\nsha256 \n") + 64


def write_netcdf(
    dataset: xr.Dataset, path: Path, encoding: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write a dataset, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it.
    """
    image = io.BytesIO()
    dataset.to_netcdf(image, engine="h5netcdf", encoding=encoding)
    with image.getbuffer() as content:
        write_whole(path, content, f"\nsha256 {hashlib.sha256(content).hexdigest()}\n".encode())


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
