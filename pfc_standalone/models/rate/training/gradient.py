"""The loss of networks on trials, and its gradient by back-propagation through time.

Arrays have networks first or after time: weights (network, source, destination), states (update,
network, trial, unit). All networks are trained side by side and apart: nothing is summed over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.models.rate.training.recipe import Recipe, Trials, logit
from pfc_standalone.models.rate.units import FREE, INPUTS, MEMORIES, OUTPUTS
from pfc_standalone.parameters import Parameters

Array = NDArray[np.float64]
_OUT = slice(len(FREE) - len(OUTPUTS), len(FREE))
_SELF = np.arange(len(MEMORIES))


def forward(
    parameters: Parameters, weights: Array, shown: Array, noise: Array | None = None
) -> tuple[Array, Array]:
    """Activities before, and states after each update.

    Parameters
    ----------
    weights : (n_networks, n_units, n_free) ndarray
        From every unit onto those that integrate.
    shown : (n_updates, n_trials, n_inputs) ndarray
    noise : (n_updates, n_networks, n_trials, n_free) ndarray, optional
        Added to net inputs.

    Returns
    -------
    y, state : (n_updates, n_networks, n_trials, n_free) ndarray
    """
    rate = parameters.rate
    gain = np.array([parameters.memory.gain if u in MEMORIES else 1.0 for u in FREE])
    onto_free, recurrent = weights[:, : len(INPUTS)], weights[:, len(INPUTS) :]
    fed = np.einsum("tki,sij->tskj", shown, onto_free)
    state = np.full(fed.shape[1:], rate.bias)
    ys, states = np.empty_like(fed), np.empty_like(fed)
    for t, drive in enumerate(fed):
        with np.errstate(over="ignore"):  # an activity of 0
            y = 1 / (1 + np.exp(-state))
        total = drive
        for j in range(len(FREE)):
            total = total + y[..., j, None] * recurrent[:, None, j]
        net = gain * total + rate.bias
        if noise is not None:
            net = net + noise[t]
        state = state + (net - state) * rate.leak
        ys[t], states[t] = y, state
    return ys, states


def loss(recipe: Recipe, trials: Trials, weights: Array, state: Array) -> tuple[Array, Array]:
    """The loss of each network, and its derivative by the states of the outputs.

    Cross-entropy of both outputs where the answer is asked for; before the probe the square of
    what a state exceeds ``prepared`` by; and the squared self-excitation.
    """
    out = state[..., _OUT]
    asked, before = trials.asked[:, None, :, None], trials.before[:, None, :, None]
    over = np.maximum(out - logit(recipe.prepared), 0.0)
    entropy = np.logaddexp(0.0, out) - trials.target * out
    total = (asked * entropy + before * over**2).sum(axis=(0, 2, 3))
    total += recipe.self_decay * (_self_excitation(weights) ** 2).sum(axis=1)
    slope = asked * (1 / (1 + np.exp(-out)) - trials.target) + before * 2 * over
    return total, slope


def loss_and_gradient(
    parameters: Parameters,
    recipe: Recipe,
    trials: Trials,
    weights: Array,
    noise: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Loss of each network, its gradient by the weights, and the states after each update."""
    leak = parameters.rate.leak
    y, state = forward(parameters, weights, trials.shown, noise)
    total, slope = loss(recipe, trials, weights, state)
    recurrent = weights[:, None, len(INPUTS) :]
    by_net = np.empty_like(state)
    back = np.zeros(state.shape[1:])
    for t in range(len(state) - 1, -1, -1):
        back[..., _OUT] += slope[t]
        by_net[t] = net = leak * back
        by_y = net[..., 0, None] * recurrent[..., 0]
        for j in range(1, len(FREE)):
            by_y = by_y + net[..., j, None] * recurrent[..., j]
        back = (1 - leak) * back + by_y * y[t] * (1 - y[t])
    gradient = np.concatenate(
        [
            np.einsum("tki,tskj->sij", trials.shown, by_net),
            np.einsum("tski,tskj->sij", y, by_net),
        ],
        axis=1,
    )
    self_excitation = 2 * recipe.self_decay * _self_excitation(weights)
    gradient[:, len(INPUTS) + _SELF, _SELF] += self_excitation
    return total, gradient, state


def _self_excitation(weights: Array) -> Array:
    return weights[:, len(INPUTS) + _SELF, _SELF]
