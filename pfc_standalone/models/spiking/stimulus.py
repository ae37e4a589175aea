"""What a list of trials shows over time: a table of patterns, and when each begins.

A *pattern* says what every channel (each pixel, and the reset of memory) and the gate do. A
network has few; a run is told at which frames of ``network.stimulus_dt`` which of them begins
(`experiment.changes`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.lessons import Lesson
from pfc_standalone.experiment.points import Point
from pfc_standalone.experiment.trials import Trial
from pfc_standalone.experiment.weights import shown_images
from pfc_standalone.models.spiking.tables import n_channels
from pfc_standalone.parameters import Parameters

#: A pattern's number is ``4*image + 2*gate + reset``: the image's number among the input units
#: from 1 on (0: none), and two flags.
PATTERNS_PER_IMAGE = 4
#: Changes of pattern in a trial, at most: on and off of cue, gate, probe and reset; and in all,
#: the first pattern and the first reset's two.
PER_TRIAL, IN_ALL = 8, 3


def n_patterns(parameters: Parameters) -> int:
    """Number of patterns that a build has room for."""
    network = parameters.network
    return PATTERNS_PER_IMAGE * (1 + (network.stimulus_images or len(network.task.units["input"])))


def images_of(point: Point) -> NDArray[np.float64]:
    """What a point is shown, as (n_images, n_pixels): the images of its lesson, or of its task.

    A pixel that is off is 0, one that is on as bright as its image.
    """
    if point.lesson is not None:
        return point.lesson.images
    return shown_images(point.parameters)


def pattern_rates(
    parameters: Parameters, shown: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Rate of a fibre of each channel in each pattern.

    Parameters
    ----------
    shown : (n_images, n_pixels) ndarray of float64, optional
        The images, with how bright each pixel is; those of the task by default.

    Returns
    -------
    (n_patterns, n_channels) ndarray of float64, Hz
    """
    if shown is None:
        shown = images_of(Point(parameters))
    a = parameters.afferents
    rates = np.zeros((n_patterns(parameters), n_channels(parameters)))
    for pattern, row in enumerate(rates):
        image, flags = divmod(pattern, PATTERNS_PER_IMAGE)
        row[:-1] = a.rate_off
        if 0 < image <= len(shown):
            on = shown[image - 1] > 0
            row[:-1][on] = a.rate_on * shown[image - 1][on]
        row[-1] = a.reset_rate * (flags % 2)
    return rates


def scene_changes(
    parameters: Parameters, lesson: Lesson, start: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The frame at which each scene of a lesson begins, and its pattern: a change a scene."""
    dt = parameters.si("network.stimulus_dt")
    ends = np.cumsum([round(scene.duration / dt) for scene in lesson.scenes])
    frames = np.concatenate([[0], ends[:-1]]) + round(start / dt)
    patterns = [
        PATTERNS_PER_IMAGE * (scene.image + 1) + 2 * scene.gate + scene.reset
        for scene in lesson.scenes
    ]
    return frames.astype(np.int64), np.array(patterns, np.int64)


def point_changes(point: Point, start: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When which pattern begins, whatever a point is shown."""
    if point.lesson is not None:
        return scene_changes(point.parameters, point.lesson, start)
    return changes(point.parameters, point.trials, start)


def changes(
    parameters: Parameters, trials: Sequence[Trial], start: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When which pattern begins.

    Parameters
    ----------
    trials : sequence of Trial
        In order of time; empty shows nothing but the first reset.
    start : float
        When the run begins, s; no trial begins before.

    Returns
    -------
    frame, pattern : (n_changes,) ndarray of int64
        Frames, counted from time 0, are distinct and in order; the run begins with the first.
    """
    timing, units = parameters.timing, parameters.network.task.units["input"]
    dt = parameters.si("network.stimulus_dt")
    number = {None: 0} | {unit: k for k, unit in enumerate(units, start=1)}
    # of each thing: (first frame, frame after the last, value)
    shown: list[tuple[int, int, int]] = []
    gate: list[tuple[int, int, int]] = []
    reset: list[tuple[int, int, int]] = []

    def span(start: float, length: float, value: int = 1) -> tuple[int, int, int]:
        first = round(start / dt)
        return first, first + round(length / dt), value

    reset.append(span(start, timing.reset_duration))
    for trial in trials:
        shown.append(span(trial.onset, timing.cue, number[trial.cue]))
        gate.append(span(trial.onset, timing.cue + timing.gate_extra))
        if trial.probe is not None:
            shown.append(span(trial.probe_onset, timing.probe, number[trial.probe]))
        begin = trial.end - timing.interval + timing.reset_after
        reset.append(span(begin, timing.reset_duration))
    frames = np.unique([round(start / dt), *(f for s in (*shown, *gate, *reset) for f in s[:2])])

    def over_time(spans: list[tuple[int, int, int]]) -> NDArray[np.int64]:
        values = np.zeros(frames.size, np.int64)
        for first, stop, value in spans:  # later ones cover earlier ones
            values[np.searchsorted(frames, first) : np.searchsorted(frames, stop)] = value
        return values

    patterns = PATTERNS_PER_IMAGE * over_time(shown) + 2 * over_time(gate) + over_time(reset)
    kept = np.flatnonzero(np.diff(patterns, prepend=-1))
    return frames[kept], patterns[kept]
