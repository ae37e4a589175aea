"""What the scripts of peers take and leave."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.parameters import Parameters, with_values


def peer_parser(description: str) -> argparse.ArgumentParser:
    """Options of every peer."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("parameters", type=_parameters, help="JSON file: names and values")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--duration", type=float, required=True, help="s")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _parameters(path: str) -> Parameters:
    return with_values(Parameters(), json.loads(Path(path).read_text()))


def leave_spikes(path: Path, neuron: NDArray[np.int64], times_ms: NDArray[np.float64]) -> None:
    """Write spikes in order of time: ``i``, and ``t`` in s."""
    order = np.lexsort((neuron, times_ms))
    np.savez(path, i=neuron[order], t=times_ms[order] / 1e3)
