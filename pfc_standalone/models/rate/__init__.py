"""The published model (Braver, Cohen & Servan-Schreiber 1995): eight units that have a rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pfc_standalone.experiment.points import Point
    from pfc_standalone.models import Arrays, Footprint, Model, RunRequest
    from pfc_standalone.parameters import Parameters


class Rate:
    """A `models.ModelKind`: what each part does stands in the modules of this folder."""

    has_spikes = False

    def uses(self, name: str) -> bool:
        """Its own, and those of the task and of how anything is built; the memory's gain."""
        from pfc_standalone.models.rate.checks import uses

        return uses(name)

    def fit(self, parameters: Parameters, points: list[Point]) -> dict[str, Any]:
        """Room for the changes of the stimulus; raises `ParameterError` on what it cannot do."""
        from pfc_standalone.experiment.changes import room_for
        from pfc_standalone.models.rate.checks import check_points
        from pfc_standalone.models.rate.stimulus import IN_ALL, PER_TRIAL, changes

        check_points(points)
        return room_for(parameters, points, changes, PER_TRIAL, IN_ALL)

    def create(self, parameters: Parameters) -> Model:
        """Create the Brian2 objects."""
        from pfc_standalone.models.rate.network import create_network

        return create_network(parameters)

    def values(self, request: RunRequest) -> dict[str, NDArray[np.generic]]:
        """What a run takes."""
        from pfc_standalone.models.rate.run_values import run_values

        return run_values(request)

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """The table of units."""
        from pfc_standalone.models.rate.recorded import population_variables

        return population_variables()

    def label(self, parameters: Parameters, runs: list[tuple[int, int, Arrays]]) -> dict[str, Any]:
        """Activities."""
        from pfc_standalone.models.rate.recorded import label

        return label(runs)

    def check_whole(self, request: RunRequest, arrays: Arrays) -> None:
        """Whether arrays are as long as they must be."""
        from pfc_standalone.models.rate.recorded import check_whole

        check_whole(request, arrays)

    def footprint(self, parameters: Parameters, duration: float) -> Footprint:
        """Memory and disk of one run."""
        from pfc_standalone.models.rate.footprint import footprint

        return footprint(parameters, duration)


MODEL = Rate()
