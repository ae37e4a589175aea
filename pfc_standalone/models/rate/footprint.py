"""How much memory the published model takes, estimated before anything is built."""

from __future__ import annotations

from pfc_standalone.experiment.changes import change_rows
from pfc_standalone.models import Footprint
from pfc_standalone.models.rate.units import FREE
from pfc_standalone.parameters import Parameters

_PROCESS = 4e6
_NETWORK = 500.0
#: Bytes of a recorded activity: in the process that simulates, whose arrays grow by doubling; here,
#: as it was left and as the dataset has it; and both on disk, compressed the second.
_ACTIVITY, _LABELLED, _STORED = 16.0, 16.0, 12.0


def footprint(parameters: Parameters, duration: float) -> Footprint:
    """Bytes that one run of ``network.batch`` networks takes for a duration (s)."""
    recorded = len(FREE) * duration / parameters.si("rate.update")
    batch = max(parameters.network.batch, 1)
    each = _NETWORK + recorded * _ACTIVITY + change_rows(parameters) * 2 * 8
    return Footprint(
        process=_PROCESS + batch * each,
        results=batch * recorded * _LABELLED,
        disk=batch * recorded * _STORED,
    )
