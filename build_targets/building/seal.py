"""A sealed folder lists all that is in it, with sizes and digests: what is damaged shows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

#: The list; written last.
FILE = "sealed.json"


def seal(folder: Path) -> None:
    """Write the list of what is in a folder."""
    (folder / FILE).write_text(json.dumps(contents(folder), indent=0) + "\n")


def is_whole(folder: Path) -> bool:
    """Whether a folder holds what its list says: every file as it was, and none beside them."""
    try:
        return bool(listed(folder) == contents(folder))
    except (OSError, ValueError):
        return False


def listed(folder: Path) -> dict[str, list[int | str]]:
    """What the list says: size and digest of each file, by its path in the folder.

    Raises
    ------
    OSError, ValueError
        If there is no list that can be read.
    """
    said: dict[str, list[int | str]] = json.loads((folder / FILE).read_bytes())
    return said


def contents(folder: Path) -> dict[str, list[int | str]]:
    """What is there, as `listed` says it."""
    found: dict[str, list[int | str]] = {}
    for parent, _, files in folder.walk():
        for name in files:
            path = parent / name
            if path != folder / FILE:
                found[path.relative_to(folder).as_posix()] = fingerprint(path)
    return dict(sorted(found.items()))


def fingerprint(path: Path) -> list[int | str]:
    """Size and digest of a file; of a link, where it points."""
    if path.is_symlink():
        return [0, f"-> {path.readlink()}"]
    with path.open("rb") as file:
        return [path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()]
