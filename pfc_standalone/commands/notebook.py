"""Progress bars in a notebook, by what every front end shows: no widgets, no extension."""

from __future__ import annotations

import contextlib
import html
import sys
from collections.abc import Iterator

from pfc_standalone.simulation.targets import Progress


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


@contextlib.contextmanager
def notebook_bars() -> Iterator[Progress]:
    """A bar a phase, all in one output, which is replaced as they grow."""
    from IPython.display import display

    shown: dict[str, int] = {}  # percent
    handle = display(_bars(shown), raw=True, display_id=True)

    def show(percents: dict[str, int]) -> None:
        if percents != shown:
            shown.update(percents)
            handle.update(_bars(shown), raw=True)

    yield lambda phase, done: show(dict.fromkeys(shown, 100) | {phase: int(100 * done)})
    show(dict.fromkeys(shown, 100))


def _bars(percents: dict[str, int]) -> dict[str, str]:
    """What a front end shows: bars, or lines where it has only text."""
    bars = (
        f"<progress max='100' value='{p}'></progress> {html.escape(n)}" for n, p in percents.items()
    )
    lines = (f"{phase}: {percent} %" for phase, percent in percents.items())
    return {"text/html": "<br>".join(bars), "text/plain": "\n".join(lines)}
