"""matplotlib, imported whatever the user has set up for drawing on a screen."""

from __future__ import annotations

import contextlib
import os
import sys


def import_matplotlib() -> None:
    """Import matplotlib, which refuses to be if ``$MPLBACKEND`` names no backend it knows.

    Figures that go to files need no such backend. The variable stays as it is, and a backend
    that matplotlib does know remains the one that pyplot will use.
    """
    wanted = os.environ.get("MPLBACKEND")
    if not wanted or "matplotlib" in sys.modules:
        return
    os.environ["MPLBACKEND"] = "agg"
    try:
        import matplotlib as mpl
    finally:
        os.environ["MPLBACKEND"] = wanted
    with contextlib.suppress(ValueError):
        mpl.rcParams["backend"] = wanted
