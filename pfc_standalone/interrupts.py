"""What an interrupt does while a command's modules are still being imported.

Scripts import this first; it imports nothing that takes time.
"""

from __future__ import annotations

import os
import signal
from typing import Any


def end_at_once() -> None:
    """Let an interrupt end the program in one line, until the command itself looks after it.

    A process that was told to ignore interrupts goes on doing so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def _end(number: int, frame: Any) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(128 + number)
