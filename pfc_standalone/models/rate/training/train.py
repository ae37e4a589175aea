"""Train networks from seeds: each by itself, all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.models.rate.training.gradient import loss_and_gradient
from pfc_standalone.models.rate.training.recipe import Recipe, Trials, logit, make_trials
from pfc_standalone.models.rate.units import FREE, MEMORIES, OUTPUTS, SIGNS, UNITS
from pfc_standalone.parameters import Parameters

Array = NDArray[np.float64]
#: So many states in the arrays of networks that are trained side by side: 32 MB each.
_STATES_AT_ONCE = 4_000_000
_OUT = slice(len(FREE) - len(OUTPUTS), len(FREE))


@dataclass(frozen=True)
class Trained:
    """One trained network.

    Attributes
    ----------
    seed : int
    weights : dict
        From (source, destination) to the weight.
    epochs : int
        That it took.
    learned : bool
        Whether it met the criterion before the last epoch.
    """

    seed: int
    weights: dict[tuple[str, str], float]
    epochs: int
    learned: bool


def sign_mask() -> Array:
    """Sign of each weight, 0 where there is none: (n_units, n_free) ndarray."""
    mask = np.zeros((len(UNITS), len(FREE)))
    for (source, destination), sign in SIGNS.items():
        mask[UNITS.index(source), FREE.index(destination)] = sign
    return mask


def first_weights(rng: np.random.Generator) -> Array:
    """Where training starts: small weights of the right sign, cues that reach their memory, and
    memories that hold themselves and exclude each other.
    """
    mask = sign_mask()
    weights = rng.uniform(0.0, 1.0, mask.shape) * mask
    for memory in MEMORIES:
        j = FREE.index(memory)
        weights[UNITS.index(memory), j] = 4.5 + rng.uniform(-0.5, 0.5)
        weights[UNITS.index(memory.replace("memory", "input")), j] += 6.0
        for other in MEMORIES:
            if other != memory:
                weights[UNITS.index(other), j] -= 2.0
    return weights


def train(
    parameters: Parameters,
    seeds: Sequence[int],
    recipe: Recipe | None = None,
    on_progress: Callable[[float], None] = lambda done: None,
) -> list[Trained]:
    """Train a network from each seed.

    Parameters
    ----------
    parameters : Parameters
        Timing of the trials, and the numbers of the model; noise is the recipe's.
    on_progress : callable
        Called with the fraction that is done: of the networks, or of the epochs.

    Returns
    -------
    list of Trained
        In the order of the seeds; each is the same whichever others are trained beside it.

    Raises
    ------
    ParameterError
        If the recipe does not go with the parameters.
    """
    recipe = recipe or Recipe()
    trials = make_trials(parameters, recipe)
    at_once = max(1, _STATES_AT_ONCE // (trials.asked.size * len(FREE)))
    found: list[Trained] = []
    for first in range(0, len(seeds), at_once):
        some = seeds[first : first + at_once]

        def report(done: float, before: int = first, size: int = len(some)) -> None:
            on_progress((before + done * size) / len(seeds))

        found += _train_together(parameters, some, recipe, trials, report)
    return found


def _train_together(
    parameters: Parameters,
    seeds: Sequence[int],
    recipe: Recipe,
    trials: Trials,
    on_progress: Callable[[float], None],
) -> list[Trained]:
    mask = sign_mask()
    rngs = [np.random.default_rng(seed) for seed in seeds]
    weights = np.stack([first_weights(rng) for rng in rngs])
    moments = np.zeros((2, *weights.shape))
    right_for: NDArray[np.integer[Any]] = np.zeros(len(seeds), int)
    left: NDArray[np.integer[Any]] = np.arange(len(seeds))
    found: dict[int, Trained] = {}
    for epoch in range(1, recipe.max_epochs + 1):
        noise = _noise([rngs[k] for k in left], trials, recipe.noise)
        _, gradient, state = loss_and_gradient(parameters, recipe, trials, weights, noise)
        right = all_right(trials, state, parameters.rate.threshold)
        right_for = np.where(right, right_for + 1, 0)
        done = right_for >= recipe.patience
        for k in np.flatnonzero(done | (epoch == recipe.max_epochs)):
            number = int(left[k])
            found[number] = _named(seeds[number], weights[k], epoch, bool(done[k]))
        on_progress(max(len(found) / len(seeds), epoch / recipe.max_epochs))
        go_on = ~done
        left, right_for = left[go_on], right_for[go_on]
        weights, gradient, moments = weights[go_on], gradient[go_on], moments[:, go_on]
        if not left.size:
            break
        weights = _step(recipe, mask, weights, gradient * np.abs(mask), moments, epoch)
    return [found[k] for k in range(len(seeds))]


def _noise(rngs: list[np.random.Generator], trials: Trials, sd: float) -> Array | None:
    if sd == 0:
        return None
    shape = (*trials.asked.shape, len(FREE))
    return sd * np.stack([rng.standard_normal(shape) for rng in rngs], axis=1)


def _step(
    recipe: Recipe, mask: Array, weights: Array, gradient: Array, moments: Array, epoch: int
) -> Array:
    """A step of Adam, and back to weights of the right sign; changes the moments in place."""
    for moment, decay, value in (
        (moments[0], recipe.decay_1, gradient),
        (moments[1], recipe.decay_2, gradient**2),
    ):
        moment *= decay
        moment += (1 - decay) * value
    mean = moments[0] / (1 - recipe.decay_1**epoch)
    spread = np.sqrt(moments[1] / (1 - recipe.decay_2**epoch)) + 1e-8
    weights = weights - recipe.rate * mean / spread
    return np.where(mask > 0, np.maximum(weights, 0), np.where(mask < 0, np.minimum(weights, 0), 0))


def all_right(trials: Trials, state: Array, threshold: float) -> NDArray[np.bool_]:
    """Whether each network answered every trial right, and none before the probe."""
    up = state[..., _OUT] > logit(threshold)
    early = (up.any(-1) & trials.waiting[:, None]).any(axis=0)
    up &= trials.window[:, None, :, None]
    answered = up.any(-1)
    first = answered.argmax(axis=0)[None, ..., None]
    at = np.take_along_axis(state[..., _OUT], first, axis=0)[0]
    at = np.where(np.take_along_axis(up, first, axis=0)[0], at, -np.inf)
    correct = at.argmax(-1) == trials.target.argmax(-1)
    right: NDArray[np.bool_] = (correct & answered.any(axis=0) & ~early).all(axis=1)
    return right


def _named(seed: int, weights: Array, epochs: int, learned: bool) -> Trained:
    values = {
        (source, destination): float(weights[UNITS.index(source), FREE.index(destination)])
        for source, destination in SIGNS
    }
    return Trained(seed, values, epochs, learned)
