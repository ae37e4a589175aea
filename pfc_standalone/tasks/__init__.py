"""The tasks: which units each layer has, what they are shown, and what is right.

A *task* is data: the selective units of each layer, their images, the projections between
layers, and the conditions with their right responses. `populations`, `connectivity`, `stimuli`
and `trials` turn it into tables.
"""

from __future__ import annotations

from dataclasses import dataclass

LAYERS = ("input", "memory", "output")


@dataclass(frozen=True)
class Projection:
    """AMPA from one selective unit onto another, in another layer."""

    source: str  # population, such as "input_X"
    target: str
    parameter: str  # name of the conductance, summed over the source unit
    gated: bool = False  # open only from cue onset to shortly after the cue's end


@dataclass(frozen=True)
class Condition:
    """One kind of trial."""

    name: str
    cue: str | None  # input unit whose image is shown; None shows nothing
    probe: str | None
    correct: str | None  # output unit that should respond


@dataclass(frozen=True)
class Task:
    """What distinguishes one task's network and trials from another's."""

    name: str
    units: dict[str, tuple[str, ...]]  # by layer
    images: dict[str, tuple[str, ...]]  # by input unit: rows of "0" and "1", top to bottom
    projections: tuple[Projection, ...]
    conditions: tuple[Condition, ...]
    memory_of_cue: dict[str, str]  # input unit -> memory unit that should hold it
    responds_to: str  # "probe" or "cue": the decision window opens at its onset


def get_task(name: str) -> Task:
    """The task of that name ("ax-cpt" or "shapes")."""
    from pfc_standalone.tasks.ax_cpt import AX_CPT
    from pfc_standalone.tasks.shapes import SHAPES

    return {task.name: task for task in (AX_CPT, SHAPES)}[name]
