"""Progress of a command, and how it ends."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pfc_standalone import interrupts
from pfc_standalone.commands.notebook import in_notebook, notebook_bars
from pfc_standalone.errors import PFCError
from pfc_standalone.simulation.targets import Progress

if TYPE_CHECKING:
    from rich.console import Console


def report_errors(command: Callable[[], int]) -> int:
    """Run a command; an error becomes one sentence on standard error and an exit code."""
    with interrupts.raised():
        try:
            return command()
        except PFCError as error:
            say(f"{'' if error.exit_code == 3 else 'error: '}{error}")
            return error.exit_code
        except KeyboardInterrupt as interrupt:
            said = f"; {interrupt}" if str(interrupt) else "; no results were written"
            say(f"error: interrupted{said}")
            return 130
        except MemoryError as error:
            say(f"error: memory is exhausted{_reason(error)}: ask for less, or for fewer at once")
            return 1
        except OSError as error:
            say(f"error: a file could not be read or written{_reason(error)}")
            return 1


def say(sentence: str) -> None:
    """Say something on standard error, if there is still somebody to say it to."""
    with contextlib.suppress(OSError):  # a terminal that was closed
        print(sentence, file=sys.stderr)


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f" ({said})" if said else ""


class Points:
    """How far a sweep is, in words: points that are done, and when it is expected to end.

    What was done before the command began says nothing of how long the rest takes.
    """

    def __init__(self, n_points: int) -> None:
        self._n_points = n_points
        self._began: tuple[float, float] | None = None

    def words(self, done: float) -> str:
        """At a fraction that is done, now."""
        said, now = f"{round(done * self._n_points)} of {self._n_points} points", time.time()
        self._began = self._began or (now, done)
        began, before = self._began
        if not before < done < 1:
            return said
        end = now + (now - began) * (1 - done) / (done - before)
        shape = "%H:%M" if end - now < 43200 else "%Y-%m-%d %H:%M"
        return f"{said}, expected end {time.strftime(shape, time.localtime(end))}"


#: A line of a sweep is printed no sooner than so long after the last, s.
_NEXT_LINE = 30.0


def sweep_lines(n_points: int, log: Any) -> Progress:
    """Progress where there is no terminal: a line a phase, and of points now and then."""
    points = Points(n_points)
    last: tuple[str, float] = "", 0.0

    def line(phase: str, done: float) -> None:
        nonlocal last
        words = points.words(done) if phase == "simulate" else ""
        if phase == last[0] and not (words and time.time() - last[1] > _NEXT_LINE):
            return
        last = phase, time.time()
        print(f"{phase}{f': {words}' if words else ''} ...", file=log, flush=True)

    return line


@contextlib.contextmanager
def progress_bars(log: Console | None = None, n_points: int = 0) -> Iterator[Progress]:
    """Progress bars on a terminal or in a notebook, a line a phase elsewhere.

    ``with progress_bars() as report: simulate(points, on_progress=report)``. What is no notebook
    shows them on standard error unless told.

    Parameters
    ----------
    n_points : int
        Of a sweep; then points are counted, and the expected end is shown.
    """
    if log is None and in_notebook():
        with notebook_bars() as bar:
            yield bar
        return
    started: dict[str, Any] = {}
    if log is None and sys.stderr.isatty():
        from pfc_standalone.commands.console import console

        log = console(stderr=True)
    if log is None or not log.is_terminal:
        if n_points:
            yield sweep_lines(n_points, log.file if log else sys.stderr)
            return

        def line(phase: str, done: float) -> None:
            if phase not in started:
                started[phase] = True
                print(f"{phase} ...", file=log.file if log else sys.stderr, flush=True)

        yield line
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description:>10}", markup=False),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.fields[words]}", markup=False),
    )
    points = Points(n_points)
    with bars.Progress(*columns, console=log) as display:

        def bar(phase: str, done: float) -> None:
            for other, task in started.items():
                if other != phase:
                    display.update(task, completed=1.0)
            if phase not in started:
                started[phase] = display.add_task(phase, total=1.0, words="")
            words = points.words(done) if n_points and phase == "simulate" else ""
            display.update(started[phase], completed=done, words=words)

        yield bar
        for task in started.values():
            display.update(task, completed=1.0)
