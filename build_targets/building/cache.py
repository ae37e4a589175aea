"""Builds addressed by content: the same request twice is built once.

A cache entry is a folder named by a digest over everything that decides the binary. It appears
whole (built elsewhere, then renamed) or not at all, is built by one process at a time, and proves
itself whole at each use: one that was damaged is built anew. Using an entry writes nothing.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from build_targets.building.seal import is_whole, seal
from pfc_standalone.errors import ParameterError

if TYPE_CHECKING:
    from filelock import FileLock

#: Environment variable that overrides where builds are kept.
CACHE_VARIABLE = "PFC_CACHE_DIR"
#: What ends the name of a folder that is no entry, or no longer.
_PARTIAL = ".partial"
#: Seconds after which nobody can still be building in such a folder.
_ABANDONED = 86400.0


def cache_root() -> Path:
    """Folder of all cache entries: $PFC_CACHE_DIR, or the user's cache folder.

    Raises
    ------
    ParameterError
        If it cannot be told which folder that is.
    """
    given = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("pfc_standalone")
    try:
        folder = Path(given).expanduser()
    except RuntimeError:
        folder = Path(given)
    if str(folder).startswith("~"):  # nobody's home folder is known
        raise ParameterError(
            f"the build cache is {given}, whose home folder is not known: name another folder in "
            f"the variable {CACHE_VARIABLE}"
        )
    return folder.absolute()


def entry(name: str, build: Callable[[Path], None], root: Path | None = None) -> tuple[Path, bool]:
    """The cache entry of that name, built first where it is missing or damaged.

    Parameters
    ----------
    build : callable
        Fills an empty folder; the entry is that folder once it returns.
    root : Path, optional
        Folder of entries, `cache_root` by default.

    Returns
    -------
    folder : Path
    built : bool
        Whether this call built it.
    """
    root = root or cache_root()
    final = root / name
    if is_whole(final):
        return final, False
    root.mkdir(parents=True, exist_ok=True)
    with lock(root, name):
        if is_whole(final):  # somebody else built it while we waited
            return final, False
        _remove_abandoned(root)
        partial = _new_name(root, name)
        partial.mkdir()
        try:
            build(partial)
            seal(partial)
            share(partial, root)
            _put(partial, final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return final, True


def lock(root: Path, name: str) -> FileLock:
    """A lock that everybody may take who may write into the folder."""
    from filelock import FileLock  # who finds his build needs none

    return FileLock(root / f".{name}.lock", mode=_shared_mode(root) & 0o666)


def share(folder: Path, root: Path) -> None:
    """Give a folder and all in it the permissions of the cache's folder.

    The umask decided those when the folder was made, unless somebody chose them since.
    """
    mode = _shared_mode(root)
    for parent, _, files in folder.walk():
        _set_mode(parent, mode)
        for path in (parent / name for name in files if not (parent / name).is_symlink()):
            runs = path.stat().st_mode & stat.S_IXUSR
            _set_mode(path, mode & (0o777 if runs else 0o666))


def _set_mode(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:  # only its owner may
        path.chmod(mode)


def _shared_mode(root: Path) -> int:
    """Permissions of the cache's folder; never writable by everybody, as /tmp is."""
    mode = stat.S_IMODE(root.stat().st_mode)
    return (mode & ~(stat.S_ISVTX | stat.S_IWOTH)) | stat.S_IRWXU


def _put(partial: Path, final: Path) -> None:
    """Let a finished folder take its place, and that of a damaged one before it."""
    if not final.exists():
        partial.rename(final)
        return
    damaged = _new_name(final.parent, final.name)
    final.rename(damaged)
    partial.rename(final)
    shutil.rmtree(damaged, ignore_errors=True)


def _new_name(root: Path, name: str) -> Path:
    return root / f".{name}.{os.urandom(4).hex()}{_PARTIAL}"


def _remove_abandoned(root: Path) -> None:
    """Remove what killed builds left a day ago or longer."""
    for folder in root.glob(f".*{_PARTIAL}"):
        try:
            age = time.time() - folder.stat().st_mtime
        except OSError:
            continue
        if age > _ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)
