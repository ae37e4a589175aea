"""What a model is: how it is made in Brian2, what a run of it takes, and how its results are read.

A model is a folder or file here, or an entry point of the group ``pfc_standalone.models``; its
name is a value of ``network.model``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.points import Point
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.groups import MODELS

if TYPE_CHECKING:
    import brian2 as b2

#: What arrays of raw results are called: ``object.variable``.
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class RunRequest:
    """One run of a built network: as many points as it was built for.

    Attributes
    ----------
    points : tuple of Point
        They may differ in parameters bound at run time, trials, weights, seed and replicate.
        Idle ones have no trials.
    duration : float
        Biological time, s.
    start : float
        When it begins, s: a multiple of the stimulus' frames; time is counted from 0.
    """

    points: tuple[Point, ...]
    duration: float
    start: float = 0.0

    @property
    def parameters(self) -> Parameters:
        """Those of the first point: all that is bound at build time is the same in all."""
        return self.points[0].parameters


class Model(Protocol):
    """The Brian2 objects of one network, created and not yet run.

    Attributes
    ----------
    network, namespace
        What is run, and with which names.
    takes : mapping
        From a name to the variable or TimedArray that is set when a run starts: the names that
        `ModelKind.values` gives. Object names live here and in ``leaves`` only.
    leaves : mapping
        From a name to the variable that a run leaves.
    start, duration : str
        Which of ``takes`` hold the number of the first time step, and how many to simulate.
    """

    network: b2.Network
    namespace: dict[str, Any]
    start: str
    duration: str

    @property
    def takes(self) -> Mapping[str, Any]:
        """What is set when a run starts."""

    @property
    def leaves(self) -> Mapping[str, Any]:
        """What a run leaves."""

    def initialise(self) -> None:
        """Set what depends on values that a run takes; called once they are in place."""


@dataclass(frozen=True)
class Footprint:
    """Bytes that a run needs, estimated.

    Attributes
    ----------
    process : float
        Memory of the process that simulates.
    results : float
        Memory here for what the run leaves, while it is labelled and analysed.
    disk : float
        On disk, for the raw files of the run and its part of the dataset.
    analysis : float
        Memory here that is needed for one replicate after the other, so once for all runs.
    """

    process: float
    results: float
    disk: float = 0.0
    analysis: float = 0.0


class ModelKind(Protocol):
    """A way to make, run and read a network of any parameters; needs Brian2 in `create` only.

    Attributes
    ----------
    has_spikes : bool
        Whether its runs leave spikes of populations, or else activities of units.
    """

    has_spikes: bool

    def uses(self, name: str) -> bool:
        """Whether it makes use of a parameter, by its name."""

    def fit(self, parameters: Parameters, points: list[Point]) -> dict[str, Any]:
        """Values of build-bound parameters that follow from what is to be simulated."""

    def create(self, parameters: Parameters) -> Model:
        """Create the network that the build-bound parameters describe."""

    def values(self, request: RunRequest) -> dict[str, NDArray[np.generic]]:
        """What a run takes: by name, flat, in SI units and the dtype of the simulation."""

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """Dataset variables that say who is in the network, as xarray takes them."""

    def label(self, parameters: Parameters, runs: list[tuple[int, int, Arrays]]) -> dict[str, Any]:
        """Dataset variables of what runs left, as xarray takes them.

        Parameters
        ----------
        runs : list of (first replicate, number of replicates, arrays)
            In order; points beyond the number are idle.
        """

    def check_whole(self, request: RunRequest, arrays: Arrays) -> None:
        """Raise `ResultsError` unless every array of a run is as long as it must be."""

    def footprint(self, parameters: Parameters, duration: float) -> Footprint:
        """Memory and disk that one run of ``network.batch`` points for a duration (s) needs."""


def get_model(parameters: Parameters) -> ModelKind:
    """The model that the parameters name."""
    kind: ModelKind = MODELS.get(parameters.network.model)
    return kind
