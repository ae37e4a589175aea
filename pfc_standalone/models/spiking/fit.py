"""What a build needs so that points can be shown and have their weights."""

from __future__ import annotations

from typing import Any

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.changes import LEAST_CHANGES, room_for
from pfc_standalone.experiment.points import Point
from pfc_standalone.models.spiking.footprint import check_synapses
from pfc_standalone.models.spiking.stimulus import IN_ALL, PER_TRIAL, changes
from pfc_standalone.parameters import Parameters


def fit(parameters: Parameters, points: list[Point]) -> dict[str, Any]:
    """Values of build-bound parameters, as `models.ModelKind.fit` describes them."""
    check_synapses(parameters)
    chosen: dict[str, Any] = room_for(parameters, points, changes, PER_TRIAL, IN_ALL)
    lessons = [p.lesson for p in points if p.lesson is not None]
    if lessons:
        scenes = max(len(lesson.scenes) for lesson in lessons)
        if not parameters.network.stimulus_changes and scenes >= LEAST_CHANGES:
            chosen["network.stimulus_changes"] = _power(scenes + 1)
        shown = max(len(lesson.images) for lesson in lessons)
        if not parameters.network.stimulus_images:
            chosen["network.stimulus_images"] = _power(shown)
        elif shown > parameters.network.stimulus_images:
            raise ParameterError(
                f"network.stimulus_images is {parameters.network.stimulus_images}, the lesson has "
                f"{shown} images: set it to 0, so that it is chosen"
            )
    task = parameters.network.task
    known = {(p.source, p.destination) for p in task.projections}
    if any(point.weights.projections.keys() - known for point in points):
        chosen["network.full_memory"] = True
    return chosen


def _power(least: int) -> int:
    """A power of two, so that builds are few."""
    return 1 << (max(least, 16) - 1).bit_length()
