"""How a network is taught its task's images, and examined: lessons, and what is shown when.

First every image is presented equally often, in blocks, while pixels -> input learns; then come
trials of the cues that memory should hold, while input -> memory learns. Between, at times,
presentations show how far it is: nothing learns then and no teacher helps. Examinations are lessons
of their own, of the learned weights, with noise and flipped pixels that training never saw.
docs/learning.md has the constants' origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.lessons import Lesson, Scene
from pfc_standalone.experiment.weights import Weights, shown_images
from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import Task

#: Times, s. A presentation: rest, and the image.
SETTLE, REST, SHOWN = 0.5, 0.2, 0.3
#: A trial of memory: before the cue, the cue, the gate's extra, the rest of the delay, the probe,
#: until the reset, the reset, until the next.
BEFORE, CUE, GATE_EXTRA, DELAY_LEFT, PROBE = 0.3, 0.3, 0.05, 0.45, 0.3
UNTIL_RESET, RESET, AFTER = 0.2, 0.15, 0.25
#: In the second half of training, the learning rate has this factor.
LATE = 0.3
#: How often each image is presented to see how far learning is.
PROBES = 2
#: And into how many parts that divides training.
PARTS = 4


@dataclass(frozen=True)
class Presentation:
    """One image, shown once.

    Attributes
    ----------
    unit : int
        Number of the image among the task's input units.
    onset : float
        s; it lasts `SHOWN`, or `CUE`.
    kind : str
        "train", "probe", "label" or "test"; of memory "train-memory" or "test-memory".
    flips : float
        Probability with which each pixel was flipped.
    image : int
        Row of the lesson's images: what was shown.
    """

    unit: int
    onset: float
    kind: str
    flips: float
    image: int


@dataclass(frozen=True)
class Course:
    """A lesson, and what it presents."""

    lesson: Lesson
    presentations: tuple[Presentation, ...]

    def of_kind(self, *kinds: str) -> list[Presentation]:
        """The presentations of these kinds, in order."""
        return [p for p in self.presentations if p.kind in kinds]


@dataclass(frozen=True)
class Syllabus:
    """How much is taught, and how.

    Attributes
    ----------
    presentations : int
        Of each image.
    trials : int
        Of each cue, with memory.
    teacher : bool
        Whether a teacher shows which input unit an image belongs to: fading in the second half.
        Memory always has one.
    flips : float
        Probability with which each pixel is flipped in training.
    share : float
        Of all presentations, those of the first image; 0 for as many as of any other.
    seed : int
        Of the order of presentations, flipped pixels and initial weights.
    """

    presentations: int = 40
    trials: int = 20
    teacher: bool = True
    flips: float = 0.0
    share: float = 0.0
    seed: int = 1


@dataclass
class _Writer:
    """A lesson while it is written down."""

    parameters: Parameters
    rng: np.random.Generator
    task: Task = field(init=False)
    images: list[NDArray[np.float64]] = field(init=False)
    scenes: list[Scene] = field(default_factory=list)
    presentations: list[Presentation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.task = self.parameters.network.task
        self.images = list(shown_images(self.parameters))

    def scene(self, duration: float, **what: object) -> None:
        self.scenes.append(Scene(duration, **what))  # type: ignore[arg-type]

    @property
    def now(self) -> float:
        return round(sum(s.duration for s in self.scenes), 9)

    def present(self, unit: int, kind: str, flips: float, duration: float, **what: object) -> None:
        """Show an image; with flipped pixels, it is one of its own."""
        row = unit
        if flips:
            row = len(self.images)
            whole = self.images[unit]
            flipped = (whole > 0) ^ (self.rng.random(whole.size) < flips)
            self.images.append(flipped * whole.max())
        self.presentations.append(Presentation(unit, self.now, kind, flips, row))
        self.scene(duration, image=row, **what)

    def course(self) -> Course:
        return Course(Lesson(np.array(self.images), tuple(self.scenes)), tuple(self.presentations))


def cues(task: Task) -> dict[int, str]:
    """The images that memory should hold, by number, each with its memory unit."""
    names = task.units["input"]
    return {names.index(cue): memory for cue, memory in task.memory_of_cue.items()}


def training(parameters: Parameters, syllabus: Syllabus) -> Course:
    """The lesson in which a network learns: one stream."""
    pen = _Writer(parameters, np.random.default_rng((syllabus.seed, 1)))
    pen.scene(SETTLE)
    _train_input(pen, parameters, syllabus)
    if parameters.network.layers != "input" and cues(pen.task):
        pen.scene(RESET, reset=True)
        pen.scene(SETTLE)
        _train_memory(pen, parameters, syllabus)
    return pen.course()


def _train_input(pen: _Writer, parameters: Parameters, syllabus: Syllabus) -> None:
    names = pen.task.units["input"]
    order = _order(pen.rng, len(names), syllabus)
    part = max(len(order) // PARTS, 1)
    _probe(pen, len(names))
    for k, unit in enumerate(order):
        done = k / len(order)
        what = {"training": ("input",)}
        pen.scene(REST, **what)
        extra = parameters.learn_input.teacher * _fading(done) if syllabus.teacher else 0.0
        pen.present(
            unit, "train", syllabus.flips, SHOWN, **what,
            learning={"input": 1.0 if done < 0.5 else LATE},
            teacher={f"input_{names[unit]}": extra} if extra else {},
        )  # fmt: skip
        if (k + 1) % part == 0 and (k + 1) // part <= PARTS:
            _probe(pen, len(names))


def _order(rng: np.random.Generator, n_units: int, syllabus: Syllabus) -> list[int]:
    """Which image when: blocks with each once, or the first as often as its share asks."""
    block = list(range(n_units))
    if syllabus.share:
        others = 1 - syllabus.share
        block += [0] * (round((n_units - 1) * syllabus.share / others) - 1)
    order: list[int] = []
    while len(order) < n_units * syllabus.presentations:
        order += rng.permutation(block).tolist()
    return order[: n_units * syllabus.presentations]


def _fading(done: float) -> float:
    """The teacher's strength: whole in the first half, then falling to nothing."""
    return float(np.clip(2 * (1 - done), 0, 1))


def _probe(pen: _Writer, n_units: int) -> None:
    for unit in list(range(n_units)) * PROBES:
        pen.scene(REST)
        pen.present(unit, "probe", 0.0, SHOWN)


def _train_memory(pen: _Writer, parameters: Parameters, syllabus: Syllabus) -> None:
    held = cues(pen.task)
    order: list[int] = []
    while len(order) < len(held) * syllabus.trials:
        order += pen.rng.permutation(list(held) * 2).tolist()
    order = order[: len(held) * syllabus.trials]
    for k, unit in enumerate(order):
        done = k / len(order)
        _memory_trial(
            pen, unit, "train-memory", syllabus.flips,
            {"memory": 1.0 if done < 0.5 else LATE},
            {f"memory_{held[unit]}": parameters.learn_memory.teacher * _fading(done)},
        )  # fmt: skip


def _memory_trial(
    pen: _Writer,
    unit: int,
    kind: str,
    flips: float,
    learning: Mapping[str, float],
    teacher: Mapping[str, float],
) -> None:
    training = ("memory",) if learning else ()
    probes = [k for k in range(len(pen.task.units["input"])) if k not in cues(pen.task)]
    probe = int(pen.rng.choice(probes)) if probes else -1
    pen.scene(BEFORE, training=training)
    pen.present(
        unit, kind, flips, CUE, gate=True, training=training, learning=learning, teacher=teacher
    )
    pen.scene(GATE_EXTRA, gate=True, training=training, learning=learning)
    pen.scene(DELAY_LEFT, training=training)
    pen.scene(PROBE, image=probe, training=training)
    pen.scene(UNTIL_RESET, training=training)
    pen.scene(RESET, reset=True, training=training)
    pen.scene(AFTER, training=training)


def examination(
    parameters: Parameters, seed: int, parts: Iterable[tuple[str, float, int]]
) -> Course:
    """A lesson in which nothing is learned.

    Parameters
    ----------
    seed : int
        Keys the order and the flipped pixels.
    parts : iterable of (kind, flips, presentations of each image)
        One after the other; "test-memory" are trials with the gate into memory.
    """
    pen = _Writer(parameters, np.random.default_rng(seed))
    pen.scene(RESET, reset=True)
    pen.scene(SETTLE)
    units = range(len(pen.task.units["input"]))
    for kind, flips, each in parts:
        for unit in pen.rng.permutation(np.repeat(units, each)).tolist():
            if kind == "test-memory":
                _memory_trial(pen, unit, kind, flips, {}, {})
            else:
                pen.scene(REST)
                pen.present(unit, kind, flips, SHOWN)
    return pen.course()


def initial_weights(parameters: Parameters, syllabus: Syllabus) -> Weights:
    """Random weights of each synapse, whose sum onto a neuron is what normalisation restores.

    Without a teacher they differ by pixel and unit too, so that units differ at all.
    """
    network = parameters.network
    task, n = network.task, network.n_per_unit
    rng = np.random.default_rng((syllabus.seed, 2))
    inputs, fibres = len(task.units["input"]), parameters.afferents.fibres_per_pixel
    pixels = rng.uniform(0.8, 1.2, (task.n_pixels, fibres, inputs, n))
    if not syllabus.teacher:
        pixels *= rng.uniform(0.5, 1.5, (task.n_pixels, 1, inputs, 1))
    synapses = {"input": pixels.reshape(task.n_pixels * fibres, inputs * n)}
    if network.layers != "input":
        synapses["memory"] = rng.uniform(0.8, 1.2, (inputs * n, len(task.units["memory"]) * n))
    for layer, w in synapses.items():
        w *= parameters[f"learn_{layer}.total"] / w.sum(axis=0)
    return Weights(synapses=synapses, provenance={"made": "at random"})
