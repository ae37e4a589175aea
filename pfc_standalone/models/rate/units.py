"""Units of the published model, and which of them excite or inhibit which.

The signs are the paper's: excitation between layers, inhibition within one, and memory units that
excite themselves. Probes do not reach memory (docs/rate-model.md says why).
"""

from __future__ import annotations

from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import TASKS, Task

TASK: Task = TASKS.get("ax-cpt")
#: Units that are shown something: their activity is the stimulus.
INPUTS = tuple(f"input_{u}" for u in TASK.units["input"])
MEMORIES = tuple(f"memory_{u}" for u in TASK.units["memory"])
OUTPUTS = tuple(f"output_{u}" for u in TASK.units["output"])
#: Units that integrate.
FREE = (*MEMORIES, *OUTPUTS)
UNITS = (*INPUTS, *FREE)
#: From source and destination to the sign of the weight, sources in the order of `UNITS`.
SIGNS: dict[tuple[str, str], int] = {
    **{(f"input_{u}", m): 1 for u in TASK.memory_of_cue for m in MEMORIES},
    **{(i, o): 1 for i in INPUTS for o in OUTPUTS},
    **{(a, b): 1 if a == b else -1 for a in MEMORIES for b in MEMORIES},
    **{(m, o): 1 for m in MEMORIES for o in OUTPUTS},
    **{(a, b): -1 for a in OUTPUTS for b in OUTPUTS if a != b},
}


def sources(destination: str) -> list[str]:
    """Units with a weight onto this one, in the order in which they are summed."""
    return [unit for unit in UNITS if (unit, destination) in SIGNS]


def weight_name(source: str, destination: str) -> str:
    """What a weight is called in equations."""
    return f"w_{source}_to_{destination}"


def check_task(parameters: Parameters) -> None:
    """Raise `ParameterError` unless the task is the one that the units are for."""
    task = parameters.network.task
    same = ("units", "conditions", "memory_of_cue")
    if any(getattr(task, name) != getattr(TASK, name) for name in same):
        raise ParameterError(
            f"the task is {task.name}, allowed with the model rate is {TASK.name}, for which its "
            "weights were trained: use that task, or the model spiking"
        )
