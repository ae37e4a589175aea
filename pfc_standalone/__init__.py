"""A spiking prefrontal-cortex network, written once in Brian2, and what is measured from it.

The names below are the public surface; everything else may change.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Condition": "tasks",
    "Engine": "simulation",
    "Local": "simulation",
    "PFCError": "errors",
    "ParameterError": "errors",
    "Parameters": "parameters",
    "Point": "experiment",
    "Projection": "tasks",
    "Registry": "registry",
    "ResultsError": "errors",
    "Task": "tasks",
    "Trial": "experiment",
    "Weights": "experiment",
    "deal": "experiment",
    "draw": "figures",
    "find_task": "tasks",
    "load_results": "results",
    "parameters_of": "results",
    "prepare": "simulation",
    "progress_bars": "commands.progress",
    "read_task": "tasks",
    "schedule": "experiment",
    "simulate": "simulation",
    "study": "experiment",
    "to_neo": "exports",
    "to_nwb": "exports",
    "with_values": "parameters",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
