"""A results folder: unfinished under another name until it is whole, and never lost.

While a command works, everything lies in ``DIR.partial`` beside the folder DIR that was asked
for: the plan (the dataset without results), and the raw files of each run as it ends. What comes
after (labels, summary, figures) may fail; ``finish`` takes up from there. The folder gets its own
name when all is written.
"""

from __future__ import annotations

import contextlib
import errno
import json
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone import files
from pfc_standalone.errors import ResultsError
from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import digest_of, write_dataset
from pfc_standalone.results.raw import NOTE

if TYPE_CHECKING:
    from filelock import FileLock

SUMMARY_FILE = "summary.json"
CHECK_FILE = "check.json"
#: What folders have that any command leaves, one of them each.
SUMMARIES = (SUMMARY_FILE, CHECK_FILE)
PLAN_FILE = "plan.nc"
RUNS = "runs"
_LOCK = ".lock"
_BUILD, _COST = "build.json", "cost.json"
#: Of paths in an unfinished folder, those of raw results among them, at most about so long.
_LONGEST = 120


@dataclass(frozen=True)
class Workplace:
    """The partial folder of a results folder.

    Attributes
    ----------
    output : Path
        The folder that was asked for.
    """

    output: Path

    @property
    def folder(self) -> Path:
        """Where unfinished work lies."""
        return self.output.with_name(f"{self.output.name}.partial")

    @property
    def runs(self) -> Path:
        """Folder of the raw results of each run."""
        return self.folder / RUNS

    @property
    def plan(self) -> Path:
        """The dataset without results."""
        return self.folder / PLAN_FILE

    def is_removed(self) -> bool:
        """Whether somebody removed the folder: without its plan, nothing can be gone on with."""
        return not self.plan.is_file()

    @property
    def removed(self) -> ResultsError:
        """The error that says so."""
        return ResultsError(
            f"{self.folder} was removed while this command worked in it, and runs with it: run "
            "the command again"
        )

    def finished_runs(self) -> int:
        """How many runs are whole."""
        return sum(1 for _ in self.runs.glob(f"[0-9]*/{NOTE}"))

    def note_build(
        self, facts: Mapping[str, Any], phases: Mapping[str, float], made: Mapping[str, str]
    ) -> None:
        """Keep what made the runs; runs of another build are dropped.

        Parameters
        ----------
        made : mapping
            The command and where it runs; of several that ran the same build, the first is kept.
        """
        with self._writing():
            before = self._build()
            if before and before["facts"] != dict(facts):
                shutil.rmtree(self.runs, ignore_errors=True)
                before = {}
            self.runs.mkdir(parents=True, exist_ok=True)
            note = {
                "facts": dict(facts),
                "phases": dict(phases),
                "made": before.get("made") or dict(made),
            }
            write_whole(self.folder / _BUILD, json.dumps(note))

    def _build(self) -> dict[str, Any]:
        return _read_note(self.folder / _BUILD, "facts", "phases", "made")

    def note_cost(self, costs: Mapping[str, Any]) -> None:
        """Keep what the runs cost."""
        write_whole(self.folder / _COST, json.dumps(costs))

    def knows_its_build(self) -> bool:
        """Whether there is a note of what made the runs, as it was written."""
        return bool(self._build())

    def notes(self) -> tuple[dict[str, Any], dict[str, float], dict[str, Any]]:
        """What was kept of what made the runs, the phases of the build, and the cost; the last is
        empty if unknown.

        Raises
        ------
        ResultsError
            If what was kept of the build cannot be read.
        """
        build = self._build()
        if not build:
            raise ResultsError(f"{self.folder / _BUILD} is missing or broken")
        cost = _read_note(self.folder / _COST, "phases_s", "simulated_s", "peak_memory_bytes")
        return build["made"] | build["facts"], build["phases"], cost

    @property
    def way_on(self) -> str:
        """The command that goes on from here, as it is typed."""
        return f"python -m pfc_standalone finish {shlex.quote(str(self.output))}"

    @contextlib.contextmanager
    def claimed(self, plan: Labelled | None = None) -> Iterator[None]:
        """Work in the folder, alone; nothing is left of it if no run was finished.

        Parameters
        ----------
        plan : Dataset, optional
            What will run; without, the plan that lies there is gone on with.

        Raises
        ------
        ResultsError
            If another command works there, or left finished runs of another plan there, or the
            partial folder is not of this program.
        """
        if plan is not None:
            check_output(self.output)
        with self._writing():
            self._make_folder()
        lock = self._lock()
        begun = False
        try:
            if plan is not None:
                self._take_over(plan)
            begun = True
            yield
        finally:
            if (begun and self.is_removed()) or not self.finished_runs():
                shutil.rmtree(self.folder, ignore_errors=True)
            lock.release()

    def _make_folder(self) -> None:
        """Make the partial folder, unless it is there; never take what is somebody else's."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise ResultsError(f"{self.folder} is in the way: remove it, or name another folder")
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / _LOCK).exists() and any(self.folder.iterdir()):
            raise ResultsError(
                f"{self.folder} holds files that are not of this program: name another folder"
            )

    def _lock(self) -> FileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / _LOCK, timeout=0)
        try:
            with self._writing():
                lock.acquire()
        except Timeout:
            raise ResultsError(
                f"another command is writing to {self.output} now: wait for it, or name another "
                "folder"
            ) from None
        return lock

    def _take_over(self, plan: Labelled) -> None:
        """Go on with what an interrupted command of the same plan left, or begin anew."""
        mark = self.folder / "plan.txt"
        digest = digest_of(plan)
        same = mark.is_file() and mark.read_bytes() == digest.encode()
        if self.finished_runs() and not same:
            raise ResultsError(
                f"{self.folder} holds finished runs of another command: finish them with "
                f"{self.way_on}, or remove that folder, or name another"
            )
        if not same:
            shutil.rmtree(self.runs, ignore_errors=True)
        with self._writing():
            self.runs.mkdir(exist_ok=True)
            write_dataset(plan, self.plan)
            write_whole(mark, digest)

    @contextlib.contextmanager
    def filling(self) -> Iterator[Path]:
        """A folder for all files at once, which gets its name when they are written; of an error,
        nothing is left. For what has no runs to be kept.

        Raises
        ------
        ResultsError
            If it cannot be made, or the partial folder holds unfinished work.
        """
        with self._writing():
            self._make_folder()
        if any(self.folder.iterdir()):
            raise ResultsError(
                f"{self.folder} holds unfinished work: remove it, or name another folder"
            )
        try:
            with self._writing():
                files = self.new_files()
            yield files
            self.complete(files)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def new_files(self) -> Path:
        """The folder for all files, empty, which gets its name when they are written."""
        files = self.folder / "files"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir(parents=True)
        return files

    def complete(self, files: Path) -> None:
        """Give the folder with all files its final name; drop what is no longer needed."""
        with self._writing():
            files.chmod(0o755)
            files.rename(self.output)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ResultsError(
                f"the results cannot be written to {self.output}: {error.strerror or error}"
            ) from error


def check_output(output: Path, called: str = "--output", kind: str = "folder") -> None:
    """Make sure that results can be written to a new folder or file of that name.

    Parameters
    ----------
    called, kind : str
        What a message calls the path, and what is to be there.

    Raises
    ------
    ResultsError
        If it exists already, or its parent cannot be made or written.
    """
    try:
        if output.exists() or output.is_symlink():
            raise ResultsError(f"{called} is {output}, which exists already: name a new {kind}")
        _make_parent(output)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
        # the longest name of a file below it, with the ending that it has until it is whole
        output.with_name(f"{output.name}.partial").joinpath("x" * _LONGEST).exists()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ResultsError(
            f"{called} is {output}, which cannot be written ({reason}): name a {kind} that you may "
            "write to"
        ) from error


def _make_parent(output: Path) -> None:
    """Make the folder of something new; `OSError` says what is in the way."""
    for parent in output.absolute().parents:
        if parent.is_symlink() and not parent.exists():
            raise OSError(errno.ENOENT, f"{parent} is a broken link")
        if parent.exists():  # and is no folder, or made by another command just now
            if not parent.is_dir():
                raise OSError(errno.ENOTDIR, f"{parent} is no folder")
            break
    output.parent.mkdir(parents=True, exist_ok=True)


def new_workplace(parent: Path, name: str) -> Workplace:
    """A workplace that nobody else has, under a name with the time in it.

    Two commands that start at the same moment get different ones: the partial folder is made, not
    looked for.
    """
    stamp, again = time.strftime("%Y%m%d-%H%M%S"), 1
    while True:
        suffix = "" if again == 1 else f"-{again}"
        place = Workplace(parent / f"{name}-{stamp}{suffix}")
        try:
            _make_parent(place.output)
            if not place.output.exists():
                place.folder.mkdir()
                return place
        except FileExistsError:
            pass
        except OSError as error:
            raise ResultsError(
                f"the results cannot be written to {place.output}: {error.strerror or error}"
            ) from error
        again += 1


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    ResultsError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, text.encode())
    except OSError as error:
        raise ResultsError(f"{path} could not be written: {error.strerror or error}") from error


def write_new(path: Path, text: str) -> Path:
    """Write a file that was not there, whole or not at all.

    Returns
    -------
    Path
        Where it is: under the next name if another command has taken this one meanwhile.

    Raises
    ------
    ResultsError
        If it cannot be written.
    """
    free, again = path, 1
    while True:
        try:
            free.parent.mkdir(parents=True, exist_ok=True)
            free.touch(exist_ok=False)
            break
        except FileExistsError:
            again += 1
            free = path.with_stem(f"{path.stem}-{again}")
        except OSError as error:
            raise ResultsError(f"{free} could not be written: {error.strerror or error}") from error
    try:
        write_whole(free, text)
    except ResultsError:
        free.unlink(missing_ok=True)
        raise
    return free


def _read_note(path: Path, *names: str) -> dict[str, Any]:
    """What a note says if it can be read and has these entries, or else nothing."""
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and said.keys() >= set(names) else {}


def read_json(path: Path) -> dict[str, Any]:
    """What a file of results in JSON says.

    Raises
    ------
    ResultsError
        If it is missing, broken, or no table of names.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(
            f"{path.parent} holds no {path.name}: give the folder that a command printed"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ResultsError(f"{path} cannot be read ({reason}): run the command again") from None
    if not isinstance(said, dict):
        raise ResultsError(f"{path} is no result of this program: give a folder that a run printed")
    return said
