"""Populations, weights, images and trials, against what the model's description says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point, schedule
from pfc_standalone.experiment.curriculum import examination
from pfc_standalone.experiment.trials import trial_lists
from pfc_standalone.experiment.weights import images, pixel_shares
from pfc_standalone.models import RunRequest, get_model
from pfc_standalone.models.spiking.footprint import synapse_count
from pfc_standalone.models.spiking.populations import (
    Layout,
    neurons_per_replicate,
    population_table,
)
from pfc_standalone.models.spiking.stimulus import changes, images_of, pattern_rates
from pfc_standalone.models.spiking.tables import NMDA_FOR_AMPA, connection_mask, weight_tables
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation.footprint import check_footprint
from pfc_standalone.tasks import find_task

P = Parameters()
LETTERS = Path(__file__).parent.parent / "examples" / "letters_1.toml"


@pytest.mark.parametrize("n", [10, 25, 100, 100_000])
def test_sizes_follow_from_n_per_unit(n):
    populations = population_table(with_values(P, {"network.n_per_unit": n}))
    size = {p.name: p.size for p in populations}
    assert size["memory_nonselective"] == 8 * n
    assert size["output_T"] == size["input_Y"] == n
    for layer in ("input", "memory", "output"):
        exc = sum(p.size for p in populations if p.layer == layer and p.type == "exc")
        assert size[f"{layer}_inh"] == pytest.approx(exc / 4, abs=0.5)
    assert neurons_per_replicate(populations) == pytest.approx(28.75 * n, abs=1.5)
    # contiguous, in order, excitatory first
    assert [p.start for p in populations] == [0, *np.cumsum([p.size for p in populations])[:-1]]
    types = [p.type for p in populations]
    assert types == sorted(types)


def test_layout_keeps_the_order_of_a_replicate():
    layout = Layout.of([3, 2], 2)
    assert layout.population.tolist() == [0] * 6 + [1] * 4
    for r in range(2):
        assert layout.neuron[layout.replicate == r].tolist() == [0, 1, 2, 3, 4]


def total_onto(table, source_layer, target):
    """Conductance onto one neuron of the target, summed over a layer's excitatory neurons, nS."""
    populations = population_table(P)
    column = [p.name for p in populations].index(target)
    return 1e9 * sum(
        p.size * table[i, column]
        for i, p in enumerate(populations)
        if p.layer == source_layer and p.type == "exc"
    )


@pytest.mark.parametrize("target", ["memory_A", "memory_nonselective", "output_T"])
def test_selectivity_keeps_the_total_conductance(target):
    """w_minus is defined so that w_plus moves conductance, and adds none (BW2001)."""
    layer = target.partition("_")[0]
    tables = weight_tables(P)
    gain, ampa = getattr(P, layer).gain, getattr(P, layer).ampa
    assert total_onto(tables.ampa, layer, target) == pytest.approx(P.recurrent.ampa_exc * ampa)
    assert total_onto(tables.nmda, layer, target) == pytest.approx(P.recurrent.nmda_exc * gain)


def test_the_published_synapse_comes_out_at_the_published_size():
    """BW2001 gives conductances a synapse at 800 excitatory and 200 inhibitory neurons."""
    # memory: 800 excitatory neurons
    p = with_values(P, {"network.n_per_unit": 80, "memory.ampa": 1.0})
    populations = [q.name for q in population_table(p)]
    source, inh = populations.index("memory_nonselective"), populations.index("memory_inh")
    tables = weight_tables(p)
    assert tables.ampa[source, source] * 1e9 == pytest.approx(0.104)
    assert tables.nmda[source, source] * 1e9 == pytest.approx(0.327)
    assert tables.nmda[source, inh] * 1e9 == pytest.approx(0.258)
    assert tables.gaba[inh, source] * 1e9 == pytest.approx(1.25)
    assert tables.gaba[inh, inh] * 1e9 == pytest.approx(0.973)


@pytest.mark.parametrize("task", ["ax-cpt", "shapes"])
def test_weights_have_the_signs_of_the_model(task):
    p = with_values(P, {"network.task": task})
    populations, tables = population_table(p), weight_tables(p)
    recurrent, afferent = connection_mask(p)
    exc = np.array([q.type == "exc" for q in populations])
    layer = np.array([q.layer for q in populations])
    for table in (tables.ampa, tables.gated, tables.nmda, tables.gaba):
        assert (table >= 0).all()
        assert (recurrent | (table == 0)).all()
    assert (tables.gaba[exc] == 0).all()
    assert (tables.ampa[~exc] == 0).all()
    # nothing from the output back to memory, and nothing across layers but forward
    for table in (tables.ampa, tables.nmda):
        assert (table[layer == "output"][:, layer == "memory"] == 0).all()
        assert (table[layer == "memory"][:, layer == "input"] == 0).all()
    # lateral inhibition in every layer
    for name in ("input", "memory", "output"):
        inside = tables.gaba[np.ix_(~exc & (layer == name), exc & (layer == name))]
        assert (inside > 0).all()
    assert (afferent | (tables.fibre == 0)).all()


def test_gain_scales_memory_nmda_alone():
    low = weight_tables(with_values(P, {"memory.gain": 0.8}))
    full = weight_tables(P)
    memory = np.array([q.layer == "memory" for q in population_table(P)])
    inside = np.ix_(memory, memory)
    np.testing.assert_allclose(low.nmda[inside], 0.8 * full.nmda[inside])
    # what memory sends to the output is as it was
    outside = ~np.logical_and.outer(memory, memory)
    np.testing.assert_array_equal(low.nmda[outside], full.nmda[outside])
    assert (full.nmda[outside & memory[:, None]] > 0).any()
    for name in ("ampa", "gated", "gaba", "fibre"):
        np.testing.assert_array_equal(getattr(low, name), getattr(full, name))


@pytest.mark.parametrize(("receptor", "share"), [("ampa", 0), ("nmda", 1), (0.25, 0.25)])
def test_a_projection_goes_through_its_receptors(receptor, share):
    task = P.network.task.as_dict()
    (to_t,) = [p for p in task["projections"] if p["source"] == "memory_A"]
    to_t |= {"conductance": 6.0, "receptor": receptor}
    p = with_values(P, {"network.task": task})
    at = tuple([q.name for q in population_table(p)].index(n) for n in ("memory_A", "output_T"))
    tables = weight_tables(p)
    synapse = 6.0 / p.network.n_per_unit
    assert tables.ampa[at] * 1e9 == pytest.approx((1 - share) * synapse)
    assert tables.nmda[at] * 1e9 == pytest.approx(share * 1.3 * synapse)
    assert tables.gated[at] == tables.gaba[at] == 0


def test_nmda_that_replaces_ampa_carries_the_same_current():
    """At 57 Hz and -55 mV, from the equations of both receptors in steady state."""
    r, rate, v = P.receptors, 57.0, -55.0
    taken = 1 - np.exp(-r.nmda_alpha * r.nmda_tau_rise)
    steps = np.arange(0, 5, 1e-4)  # s; a spike at the beginning of every interval
    times, tau = steps % (1 / rate), r.tau_nmda / 1e3
    s = taken / (1 - (1 - taken) * np.exp(-1 / (rate * tau))) * np.exp(-times / tau)
    block = 1 / (1 + r.mg * np.exp(-0.062 * v) / 3.57)
    assert rate * r.tau_ampa / 1e3 == pytest.approx(NMDA_FOR_AMPA * s.mean() * block, rel=0.02)


def test_explicit_synapses_are_counted():
    sizes = np.array([p.size for p in population_table(P)])
    recurrent, _ = connection_mask(P)
    explicit = synapse_count(with_values(P, {"network.connectivity": "explicit"}))
    assert explicit > sizes @ recurrent @ sizes > 100 * synapse_count(P)


def test_pixel_shares():
    shares = pixel_shares(P)
    shown = images(P.network.task)
    for unit, share in shares.items():
        assert share.sum() == pytest.approx(1)
        assert (share[~shown[unit]] == 0).all()
    # pixel (0, 3) is on in X alone, (0, 1) in X and B, (0, 0) in X, B and Y, (0, 2) not in X
    x = shares["X"]
    a = P.afferents
    np.testing.assert_allclose(x[[1, 0]] / x[3], [a.share_1, a.share_2])
    assert x[2] == 0


def test_images_of_unequal_size_have_one_energy():
    """The rate of a pixel falls with the square root of their number; hand-set weights make up."""
    letters = with_values(P, {"network.task": str(LETTERS)})
    shown = images(letters.network.task)
    counts = np.array([image.sum() for image in shown.values()])
    assert np.ptp(counts) == 6
    bright = images_of(Point(letters))
    np.testing.assert_allclose((bright**2).sum(axis=1), counts.mean())
    rates = pattern_rates(letters)[4::4, :-1]
    for image, seen, rate in zip(shown.values(), bright, rates, strict=True):
        np.testing.assert_array_equal(rate[image], 40.0 * seen.max())
        np.testing.assert_array_equal(rate[~image], 1.0)
    drive = [
        share @ seen for share, seen in zip(pixel_shares(letters).values(), bright, strict=True)
    ]
    np.testing.assert_allclose(drive, 1)
    equal = with_values(letters, {"afferents.dimming": 0.0})
    assert set(np.unique(images_of(Point(equal)))) == {0, 1}
    # a file may name its images in any order
    task = letters.network.task
    turned = replace(task, images=dict(reversed(task.images.items())))
    np.testing.assert_array_equal(
        images_of(Point(with_values(letters, {"network.task": turned}))), bright
    )
    with pytest.raises(
        ParameterError, match=r"image of Y have a rate of 52\d\.\d Hz, since it has 7"
    ):
        images_of(Point(with_values(letters, {"afferents.rate_on": 430.0})))
    # flipped pixels are as bright as the others of their image
    flipped = examination(letters, 3, [("test", 0.2, 4)]).lesson.images[4:]
    assert {tuple(np.unique(image)) for image in flipped} == {(0.0, b.max()) for b in bright}
    assert len(np.unique(flipped > 0, axis=0)) > 4


def test_circle_and_cross_share_no_pixel():
    shown = images(find_task("shapes"))
    assert not (shown["circle"] & shown["cross"]).any()
    assert shown["circle"].sum() > 8
    assert shown["cross"].sum() > 8


def over_frames(parameters, trials, n_frames):
    """Rates of each channel, and the gate, frame by frame."""
    frame, pattern = changes(parameters, trials)
    shown = pattern[np.searchsorted(frame, np.arange(n_frames), side="right") - 1]
    return pattern_rates(parameters)[shown], (shown // 2) % 2


def test_schedule_and_stimulus():
    conditions = {c.name: c for c in find_task("ax-cpt").conditions}
    (trial,) = schedule(P, [(conditions["AX"], "0.75")])
    assert (trial.start, trial.onset) == (1.0, 1.3)
    assert trial.probe_onset == trial.window_start == pytest.approx(1.3 + 0.3 + 0.75)
    assert trial.end == pytest.approx(trial.probe_onset + 0.3 + 0.6)
    rates, gate = over_frames(P, [trial], 400)
    shown = images(P.network.task)
    for image, start in (("A", 1.3), ("X", 2.35)):
        during = rates[round(start * 100) : round(start * 100) + 30, :25]
        assert (during == np.where(shown[image], 40.0, 1.0)).all()
    assert (rates[:130, :25] == 1.0).all()
    assert (rates[160:235, :25] == 1.0).all()
    np.testing.assert_array_equal(np.flatnonzero(gate), np.arange(130, 165))
    reset = np.flatnonzero(rates[:, -1])
    np.testing.assert_array_equal(reset, [*range(15), *range(285, 300)])


def test_trials_are_dealt_out_evenly():
    p = with_values(P, {"experiment.trials": 7, "experiment.replicates": 3})
    lists = trial_lists(p)
    assert {len(trials) for trials in lists} <= {18, 19}
    dealt = [(t.condition, t.delay) for trials in lists for t in trials]
    for condition in ("AX", "AY", "BX", "BY"):
        for delay in ("0.75", "5"):
            assert dealt.count((condition, delay)) == 7
    assert [t.condition for t in lists[0]] != sorted(t.condition for t in lists[0])
    for trials in lists:
        assert all(a.end == b.start for a, b in itertools.pairwise(trials))


def test_too_many_trials_for_a_run_or_replicates_for_trials():
    long = with_values(P, {"experiment.trials": 1_000_000, "experiment.replicates": 1})
    with pytest.raises(ParameterError, match="use --replicates"):
        trial_lists(long)
    with pytest.raises(ParameterError, match="--replicates is 9, allowed is at most"):
        trial_lists(with_values(P, {"experiment.trials": 1, "experiment.replicates": 9}))


def request(p, duration=10.0):
    return RunRequest((Point(p),) * max(p.network.batch, 1), duration)


def test_memory_beyond_the_machine_is_refused():
    huge = with_values(P, {"network.n_per_unit": 100_000, "network.connectivity": "explicit"})
    with pytest.raises(ParameterError, match=r"needs about .* GB of memory .* this machine has"):
        check_footprint(request(huge), 1, 2)
    assert check_footprint(request(P), 8, 2) == 2
    assert check_footprint(request(P), 1, 2) == 1


def test_memory_grows_with_size_and_batch():
    def needed(**values):
        p = with_values(P, {f"network.{k}": v for k, v in values.items()})
        return get_model(p).footprint(p, 10).process

    assert needed(n_per_unit=1000) > needed() * 2
    assert needed(connectivity="explicit", n_per_unit=1000) > 50 * needed(n_per_unit=1000)
    constant = 2 * needed(batch=1) - needed(batch=2)
    assert needed(batch=16) - constant == pytest.approx(16 * (needed(batch=1) - constant))
    assert needed(batch=16) > 4 * needed(batch=1)


def test_a_parameter_of_a_neuron_is_a_field_and_a_line(monkeypatch):
    """Whatever the equations call by a field's name is given to a run, population by population."""
    from pfc_standalone.models.spiking import equations, run_values

    assert equations.NEURON_PARAMETERS == ("C_m", "g_L")
    monkeypatch.setattr(run_values, "NEURON_PARAMETERS", ("C_m", "g_L", "t_ref"))
    values = get_model(P).values(request(with_values(P, {"network.batch": 1})))
    assert np.unique(values["populations.t_ref"]).tolist() == [1e-3, 2e-3]


def test_run_values_have_one_value_a_population_and_replicate():
    p = with_values(P, {"network.n_per_unit": 10, "network.batch": 2})
    weak = with_values(p, {"memory.gain": 0.5, "exc.C_m": 0.6})
    points = (Point(p, replicate=4), Point(with_values(weak, {"experiment.seed": 9}), replicate=7))
    values = get_model(p).values(RunRequest(points, 3.0))
    types = [population.type for population in population_table(p)]
    C_m = [[exc if t == "exc" else 0.2e-9 for t in types] for exc in (0.5e-9, 0.6e-9)]
    np.testing.assert_allclose(values["populations.C_m"], np.ravel(C_m))
    assert values["populations.noise_replicate"].tolist() == [4] * len(types) + [7] * len(types)
    assert set(values["fibres.rng_seed"].tolist()) == {1, 9}
    table = values["weight_nmda.values"].reshape(14, 2, 14)
    np.testing.assert_allclose(table[5, 1, 5], 0.5 * table[5, 0, 5])
