"""What every command does before it imports the rest, which takes a while."""

from __future__ import annotations

import gc

from pfc_standalone.interrupts import end_at_once

#: New objects between two looks for cycles, by generation. Python's 700 have it look 200 times
#: while modules are imported and figures drawn, at a tenth of the time, and find next to nothing.
_SELDOM = (50_000, 20, 100)


def start() -> None:
    """Let signals end the program in one line, and collect garbage less often."""
    end_at_once()
    gc.set_threshold(*_SELDOM)
