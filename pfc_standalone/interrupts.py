"""What a signal does while a command's modules are still being imported.

Scripts import this first; it imports nothing that takes time.
"""

from __future__ import annotations

import os
import signal
from typing import Any


def end_at_once() -> None:
    """Let a signal end the program in one line, until the command itself looks after them.

    A process that was told to ignore one goes on doing so.
    """
    usual = signal.default_int_handler, signal.SIG_DFL
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) in usual:
            signal.signal(number, _end)


def _end(number: int, frame: Any) -> None:
    said = b"error: interrupted\n" if number == signal.SIGINT else b"error: ended\n"
    try:
        os.write(2, said)
    finally:  # the terminal may be gone
        os._exit(128 + number)
