"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path


def write_whole(path: Path, *parts: bytes | memoryview) -> None:
    """Write parts, one after the other, under another name, and give the file its own when done.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it, and what stood there before stays.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(parts)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
