"""What a signal does: while a command's modules are still being imported, and while it works.

Scripts import this first; it imports nothing that takes time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: How soon an exception that nobody could see is raised again, s.
_AGAIN = 0.01
#: How many `held` are entered, and the signals that came meanwhile.
_depth = 0
_waiting: list[int] = []


def end_at_once() -> None:
    """Let a signal end the program in one line, until the command itself looks after them.

    A process that was told to ignore one goes on doing so.
    """
    usual = signal.default_int_handler, signal.SIG_DFL
    for number in _SIGNALS:
        if signal.getsignal(number) in usual:
            signal.signal(number, _end)


def _end(number: int, frame: Any) -> None:
    said = b"error: interrupted\n" if number == signal.SIGINT else b"error: ended\n"
    try:
        os.write(2, said)
    finally:  # the terminal may be gone
        os._exit(128 + number)


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Within, a signal is an exception: `KeyboardInterrupt`, or `SystemExit` with its exit code.

    It is raised once, so that a second signal does not stop what the first one has begun. Where
    Python swallows exceptions (in the callback of a weak reference, say), it is raised again.
    nohup has a command ignore SIGHUP, a shell's "&" SIGINT, and so it stays.
    """
    heard = [n for n in _SIGNALS if signal.getsignal(n) != signal.SIG_IGN]
    hook, ending = sys.unraisablehook, 0

    def end(received: int, frame: Any) -> None:
        nonlocal ending
        if _depth:
            _waiting.append(received)
            return
        if ending and received != signal.SIGALRM:
            return
        ending = ending or received
        if ending == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + ending)

    def swallowed(unraisable: Any) -> None:
        if ending and isinstance(unraisable.exc_value, KeyboardInterrupt | SystemExit):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
            hook(unraisable)

    before = {number: signal.signal(number, end) for number in (*heard, signal.SIGALRM)}
    sys.unraisablehook = swallowed
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Within, a signal waits until the end, where it is raised: for what must not be done by half.

    Signals reach the main thread alone; elsewhere this changes nothing.
    """
    global _depth
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth and _waiting:
            received = _waiting[0]
            _waiting.clear()
            signal.raise_signal(received)
