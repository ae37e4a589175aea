"""Synapses that learn: the same weights everywhere, by rules that do what they say."""

from __future__ import annotations

import brian2 as b2
import numpy as np
import pytest
from conftest import simulate_points

from pfc_standalone.experiment import Lesson, Point, Scene
from pfc_standalone.experiment.curriculum import Syllabus, initial_weights
from pfc_standalone.experiment.weights import shown_images
from pfc_standalone.models.spiking import plastic
from pfc_standalone.noise import brian_functions
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.parameters.groups import LEARNING_RULES

# A coarse time step, so that two seconds are few steps.
P = with_values(
    Parameters(),
    {
        "network.n_per_unit": 10,
        "network.layers": "memory",
        "network.learning_rule": "covariance",
        "network.dt": 0.25,
        "build.strict_math": True,
        "learn_input.threshold": 0.02,
        "learn_input.teacher": 0.5,
    },
)
IMAGES = shown_images(P)


def lesson(order):
    """2.1 s in which both projections learn, pixels first."""
    scenes = [Scene(0.1, reset=True)]
    for k in order:
        both = {"training": ("input", "memory"), "learning": {"input": 1.0, "memory": 1.0}}
        teacher = {f"input_{'ABXY'[k]}": 0.5, f"memory_{'AB'[k % 2]}": 0.5}
        scenes += [
            Scene(0.2, training=("input",)),
            Scene(0.3, k, gate=True, teacher=teacher, **both),
        ]
    return Lesson(IMAGES, tuple(scenes))


def points(batch):
    parameters = with_values(P, {"network.batch": batch})
    return [
        Point(
            parameters, weights=initial_weights(parameters, Syllabus(seed=seed)), replicate=seed,
            lesson=lesson(order),
        )
        for seed, order in ((1, (0, 1, 2, 3)), (2, (3, 1, 0, 2)))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def alone(build_cache):
    """Two lessons on cpp, each in a process of its own."""
    return simulate_points(points(1), "cpp")


def test_lessons_move_weights_within_their_bounds(alone):
    for layer, w_max, total in (("input", 0.8, 40.0), ("memory", 7.0, 35.0)):
        w = alone[f"learned_{layer}"].values
        begin = np.array([p.weights.synapses[layer] for p in points(1)])
        assert (w >= 0).all()
        assert (w <= w_max * (1 + 1e-12)).all()
        assert np.abs(w - begin).max() > 0.2 * w_max
        # normalised at 2 s; what came after is a tenth of a second without learning
        np.testing.assert_allclose(w.sum(axis=1).mean(), total, rtol=0.15)
    raised = alone["learned_threshold"].values
    names = alone["population_name"].values.tolist()
    assert (raised[:, : names.index("input_Y") + 1] > 0.01).all()
    assert (raised[:, names.index("memory_A") :] == 0).all()


def test_every_target_learns_the_same_weights(alone, target):
    if target.name == "cpp":
        pytest.skip("the others are compared with it")
    batch = simulate_points(points(2), target)
    assert batch.sizes["spike"] == alone.sizes["spike"] > 2000
    for name in ("learned_input", "learned_memory", "learned_threshold"):
        np.testing.assert_array_equal(batch[name].values, alone[name].values)


# ------------------------------------------------------------------- rules, on two spikes
TAU, DELAY, ETA, W_MAX, W, KAPPA, OFFSET, MEAN = 0.02, 0.5e-3, 0.008, 0.8, 0.2, 1.1, 0.3, 0.12


def weights_after(rule, gaps, w, eta=ETA):
    """Weights, nS, of synapses whose neuron fires so many ms after the fibre."""
    b2.prefs.codegen.target = "numpy"
    b2.defaultclock.dt = 0.1 * b2.ms
    names = {"trace_tau": TAU * b2.second, **brian_functions()}
    groups = []
    for times, more in ((np.full(len(gaps), 15.0), ""), (15.0 + np.array(gaps), DESTINATION)):
        group = b2.NeuronGroup(
            len(gaps), plastic.TRACE + more + "fire_step : integer (constant)",
            threshold="t_in_timesteps == fire_step", reset=plastic.TRACE_RESET, namespace=names,
        )  # fmt: skip
        group.fire_step = np.rint(times * 10).astype(int)
        groups.append(group)
    synapses = plastic.synapses_of(rule, *groups, "two_spikes", names, DELAY)
    synapses.connect(j="i")
    synapses.w = np.array(w) * b2.nS
    for name, value in {
        "eta": eta * b2.nS,
        "w_max": W_MAX * b2.nS,
        "kappa": KAPPA,
        "offset": OFFSET,
        "mean_now": MEAN,
        "transmits": 1.0,
    }.items():
        setattr(groups[1], f"plastic_{name}", value)
    b2.Network(*groups, synapses).run(40 * b2.ms)
    return synapses.w[:] / b2.nS, groups[1].g_plastic[:] / b2.nS


DESTINATION = """
g_plastic : siemens
plastic_eta : siemens
plastic_w_max : siemens
plastic_kappa : 1
plastic_offset : 1
plastic_mean_now : 1
plastic_transmits : 1
"""


def trace(gap):
    """Of a neuron that fired so many ms ago; nothing if it has yet to."""
    return np.exp(-gap / (TAU * 1e3)) if gap > 0 else 0.0


def by_hand(name, gap):
    """The change by a postsynaptic spike ``gap`` ms after the presynaptic one, by the formula."""
    x_pre, x_post = trace(gap), trace(-gap + DELAY * 1e3)
    return {
        "covariance": ETA * (x_post - 2 * KAPPA * MEAN) + ETA * (x_pre - OFFSET),
        "pair-stdp": ETA * x_pre - 1.05 * ETA * x_post,
        "diehl-cook": ETA * (x_pre - OFFSET) * (1 - W / W_MAX),
        "fixed": 0.0,
    }[name]


RULES = [name for name in LEARNING_RULES.names() if name not in ("none", "counting")]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.filterwarnings("ignore")  # pyparsing's, of its own use in Brian2
def test_a_rule_on_two_spikes(rule):
    gaps = [10.0, 0.1, -10.0]
    after, transmitted = weights_after(LEARNING_RULES.get(rule), gaps, [W] * 3)
    np.testing.assert_allclose(
        after - W, [by_hand(rule, gap) for gap in gaps], rtol=1e-9, atol=1e-15
    )
    assert transmitted[0] == W  # with the weight that the spike found when it arrived


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.filterwarnings("ignore")
def test_a_rule_stays_within_its_bounds(rule):
    begin = np.tile([0.0, 0.01, 0.4, 0.79, W_MAX], 2)
    gaps = np.repeat([5.0, -5.0], 5)
    after, _ = weights_after(LEARNING_RULES.get(rule), gaps, begin, eta=5.0)
    assert after.min() >= 0
    assert after.max() <= W_MAX
    if rule == "fixed":
        np.testing.assert_array_equal(after, begin)
    else:  # so large a change leads to a bound
        changed = after != begin
        assert changed.sum() >= 4
        assert W_MAX in after[changed]
