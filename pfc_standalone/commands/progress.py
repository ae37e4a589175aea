"""Progress of a command, and how it ends."""

from __future__ import annotations

import contextlib
import sys
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


@contextlib.contextmanager
def progress_bars(log: Console | None = None) -> Iterator[Progress]:
    """Progress bars on a terminal or in a notebook, a line a phase elsewhere.

    ``with progress_bars() as report: simulate(points, on_progress=report)``. What is no notebook
    shows them on standard error unless told.
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
    )
    with bars.Progress(*columns, console=log) as display:

        def bar(phase: str, done: float) -> None:
            for other, task in started.items():
                if other != phase:
                    display.update(task, completed=1.0)
            if phase not in started:
                started[phase] = display.add_task(phase, total=1.0)
            display.update(started[phase], completed=done)

        yield bar
        for task in started.values():
            display.update(task, completed=1.0)
