"""How a program ended, in one sentence: its exit code, and the last that it said."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable

#: What Brian2's programs print when they could not read or write something, and go on.
_COMPLAINT = re.compile(
    r"(Error (opening|reading|writing)|Error:|Could not read|Cannot set unknown|(MEMORY )?ERROR\b)"
)
#: The loader's word for a library in LD_PRELOAD that is not there, after which all is as usual.
_HARMLESS = re.compile(r"ERROR: ld\.so: .* ignored\.")
_LAST_LINES = 3
_LONGEST = 500


def complaint(lines: Iterable[str]) -> str:
    """The first line that says that something could not be read or written; "" without one."""
    said = (line.strip() for line in lines)
    return next((x for x in said if _COMPLAINT.match(x) and not _HARMLESS.match(x)), "")


def how_it_failed(code: int, lines: Iterable[str]) -> str:
    """What a failed program's exit code means, and its complaint or last lines.

    Parameters
    ----------
    code : int
        As of `subprocess.Popen`: the negative number of a signal that ended it.
    lines : iterable of str
        What it said.
    """
    lines = list(lines)
    said = complaint(lines) or _last_lines(lines)
    if "out of memory" in said or "bad_alloc" in said:
        said += ": use a smaller --n-per-unit or --set network.batch=N with fewer replicates"
    if said.startswith("Error writing"):
        said += " (is the disk full, or its folder gone?)"
    if code >= 0:
        return said or f"it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    hint = ": is memory exhausted?" if -code == signal.SIGKILL else ""
    return f"it was ended by signal {name}{hint}" + (f", after it said: {said}" if said else "")


def _last_lines(lines: list[str]) -> str:
    said = [line.strip() for line in lines if line.strip() and not _HARMLESS.match(line.strip())]
    return " / ".join(said[-_LAST_LINES:])[-_LONGEST:]
