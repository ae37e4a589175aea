"""What a network is shown while it learns and when it is tested: scenes, one after the other.

Trials (`experiment.trials`) follow from a task; a lesson says everything itself: any image, for any
time, with what learns meanwhile and what the teacher does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scene:
    """A stretch of time in which nothing changes.

    Attributes
    ----------
    duration : float
        s, a multiple of ``network.stimulus_dt``.
    image : int
        Row of the lesson's images; -1 shows none.
    gate, reset : bool
        Whether the gate into memory is open, and whether memory is reset.
    learning : mapping
        From a layer to the factor on the learning rate of synapses onto it; those of other layers
        stay as they are.
    training : tuple of str
        Layers whose weights are normalised and whose thresholds adapt.
    teacher : mapping
        From a population, such as "input_A", to background that the teacher adds, kHz.
    """

    duration: float
    image: int = -1
    gate: bool = False
    reset: bool = False
    learning: Mapping[str, float] = field(default_factory=dict)
    training: tuple[str, ...] = ()
    teacher: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lesson:
    """Scenes from the beginning of a run on.

    Attributes
    ----------
    images : (n_images, n_pixels) ndarray of float64
        0 where a pixel is off; where it is on, the factor on ``afferents.rate_on``.
    scenes : tuple of Scene
    """

    images: NDArray[np.float64]
    scenes: tuple[Scene, ...]

    @property
    def duration(self) -> float:
        """Of all scenes, s."""
        return round(sum(scene.duration for scene in self.scenes), 9)
