"""Compiled Cython modules that builds share: Brian2 names one by its text, and most texts do not
depend on the network's size.

They lie in one folder of the cache, whose list says which of them are whole; a build has copies of
those that it needs, and no run compiles.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from build_targets.building import cache, seal
from build_targets.building.cmake_build import workshop


def compile_modules(store: str, folder: Path, compile_in: Callable[[Path], Iterable[str]]) -> None:
    """Fill a folder with the modules that a build needs.

    Parameters
    ----------
    store : str
        Name of the shared folder in the cache.
    folder : Path
        Where the modules of this build come to lie.
    compile_in : callable
        Compiles what it misses in a folder, and gives the names of the files that the build needs.
    """
    root = cache.cache_root()
    shared = root / store
    with cache.lock(root, store), workshop(folder.parent) as work:
        shared.mkdir(exist_ok=True)
        whole = _whole(shared)
        for name in whole:
            (work / name).symlink_to(shared / name)
        folder.mkdir()
        for name in compile_in(work):
            shutil.copyfile(work / name, folder / name)
            if name not in whole:
                (shared / name).unlink(missing_ok=True)  # a damaged one may be somebody else's
                shutil.copyfile(work / name, shared / name)
                whole[name] = seal.fingerprint(folder / name)
        partial = shared / f".{seal.FILE}"
        partial.write_text(json.dumps(whole, indent=0) + "\n")
        partial.replace(shared / seal.FILE)
        cache.share(shared, root)


def _whole(shared: Path) -> dict[str, list[int | str]]:
    """Files of the shared folder that are what its list says."""
    try:
        listed = seal.listed(shared)
        return {n: said for n, said in listed.items() if _is(shared / n, said)}
    except (OSError, ValueError, AttributeError):
        return {}


def _is(path: Path, said: list[int | str]) -> bool:
    return path.is_file() and seal.fingerprint(path) == said
