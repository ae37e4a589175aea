"""The spiking network: integrate-and-fire neurons with AMPA, NMDA and GABA, in three layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pfc_standalone.experiment.points import Point
    from pfc_standalone.models import Arrays, Footprint, Model, RunRequest
    from pfc_standalone.parameters import Parameters


class Spiking:
    """A `models.ModelKind`: what each part does stands in the modules of this folder."""

    has_spikes = True

    def uses(self, name: str) -> bool:
        """All but those of the rate model."""
        return not name.startswith("rate.")

    def fit(self, parameters: Parameters, points: list[Point]) -> dict[str, Any]:
        """Room for what is shown, where a build's usual room is too small, and for the weights;
        raises `ParameterError` where the user has asked for too little, or too many synapses.
        """
        from pfc_standalone.models.spiking.fit import fit

        return fit(parameters, points)

    def create(self, parameters: Parameters) -> Model:
        """Create the Brian2 objects."""
        from pfc_standalone.models.spiking.network import create_network

        return create_network(parameters)

    def values(self, request: RunRequest) -> dict[str, NDArray[np.generic]]:
        """What a run takes."""
        from pfc_standalone.models.spiking.run_values import run_values

        return run_values(request)

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """The table of populations."""
        from pfc_standalone.models.spiking.recorded import population_variables

        return population_variables(parameters)

    def label(self, parameters: Parameters, runs: list[tuple[int, int, Arrays]]) -> dict[str, Any]:
        """Spikes, final potentials, traces, and weights that were learned."""
        from pfc_standalone.models.spiking.recorded import label

        return label(parameters, runs)

    def check_whole(self, request: RunRequest, arrays: Arrays) -> None:
        """Whether arrays are as long as they must be."""
        from pfc_standalone.models.spiking.recorded import check_whole

        check_whole(request, arrays)

    def footprint(self, parameters: Parameters, duration: float) -> Footprint:
        """Memory of one run."""
        from pfc_standalone.models.spiking.footprint import footprint

        return footprint(parameters, duration)


MODEL = Spiking()
