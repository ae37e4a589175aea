"""Random numbers and elementary functions that give the same bits on every target.

Every random number of a simulation is a pure function of (seed, replicate, stream, neuron, time
step). `FUNCTIONS` are what equations may use, by the name of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pfc_standalone.noise.function import NoiseFunction
from pfc_standalone.registry import Registry

if TYPE_CHECKING:
    from brian2.core.functions import Function

__all__ = ["FUNCTIONS", "STREAMS", "NoiseFunction", "brian_functions"]

FUNCTIONS = Registry(
    "noise function", "pfc_standalone.noise.functions", "FUNCTION", "pfc_standalone.noise", "_"
)
#: Streams keep uses of the generator apart; they share the second counter word with the neuron.
STREAMS = {
    "STREAM_BACKGROUND": 0,
    "STREAM_FIBRE": 1,
    "STREAM_INITIAL_V": 2,
    "STREAM_UNIT": 3,
    "STREAM_TEACHER": 4,
}


def brian_functions() -> dict[str, Function]:
    """All functions for a Brian2 namespace."""
    return {name: f.brian2(name) for name, f in FUNCTIONS.all().items()}
