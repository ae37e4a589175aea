"""Points and weights: what goes in comes back, and what is wrong is said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from pfc_standalone import Parameters, Weights, deal, simulate, study, with_values
from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.experiment import Point, schedule
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.results.dataset import describe_points, parameter_values, points_of
from pfc_standalone.tasks import Condition

P = with_values(
    Parameters(),
    {
        "network.n_per_unit": 10,
        "experiment.trials": 1,
        "experiment.delays": "0.75",
        "experiment.replicates": 1,
    },
)


def test_a_study_is_a_point_for_each_value_and_seed():
    points = study(P, over={"memory.gain": [1.0, 0.6]}, seeds=2)
    labels = [dict(p.labels) for p in points]
    assert labels == [{"memory.gain": g, "seed": s} for g in (1.0, 0.6) for s in (1, 2)]
    again = points_of(describe_points(points))
    for one, other in zip(points, again, strict=True):
        assert (one.parameters, one.labels) == (other.parameters, other.labels)
        assert [vars(t)["condition"] for t in one.trials] == [t.condition for t in other.trials]


def same(one, other):
    """Whether two trials are the same, their absent times too."""
    pairs = zip(vars(one).items(), vars(other).items(), strict=True)
    return all(a == b or (a[0] == b[0] and np.isnan(a[1]) and np.isnan(b[1])) for a, b in pairs)


def test_points_come_back_from_their_dataset():
    """Parameters, trials (some without a probe), weights, labels and noise of each point."""
    weak = with_values(P, {"memory.gain": 0.5, "experiment.seed": 7})
    cue_alone = schedule(P, [(Condition("A", cue="A", correct="T"), "5")] * 2)
    stronger = Weights({("input_A", "memory_A"): 60.0}, {"A": np.arange(25.0)}, {"made": "here"})
    points = [
        Point(P, one_of_each(P), labels={"group": "one", "gain": 1.0, "n": 1}, replicate=3),
        Point(weak, cue_alone, stronger, {"group": "two", "gain": 0.5, "n": 2}, 2**31),
        Point(weak, (), labels={"group": "one", "gain": 0.25, "n": 3}),
    ]
    data = describe_points(points)
    again = points_of(data)
    for one, other in zip(points, again, strict=True):
        assert other.parameters == one.parameters
        assert len(other.trials) == len(one.trials)
        assert all(map(same, one.trials, other.trials))
        assert other.weights.as_dict() == one.weights.as_dict()
        assert other.labels == one.labels
        assert {k: type(v) for k, v in other.labels.items()} == {
            k: type(v) for k, v in one.labels.items()
        }
        assert other.replicate == one.replicate
    assert data["group"].values.tolist() == ["one", "two", "one"]
    assert parameter_values(data, "memory.gain").tolist() == [1.0, 0.5, 0.5]
    assert parameter_values(data, "experiment.seed").tolist() == [1, 7, 7]
    assert parameter_values(data, "network.n_per_unit").tolist() == [10, 10, 10]


def test_a_study_deals_the_trials_out_unless_it_is_told_seeds():
    four = with_values(P, {"experiment.replicates": 4, "experiment.seed": 5})
    dealt = study(four, over={"memory.gain": [1.0, 0.6]})
    assert [p.replicate for p in dealt] == [0, 1, 2, 3] * 2
    assert [len(p.trials) for p in dealt] == [1] * 8
    assert [dict(p.labels) for p in dealt] == [
        {"memory.gain": g} for g in (1.0, 0.6) for _ in "1234"
    ]
    assert {p.parameters.experiment.seed for p in dealt} == {5}
    seeded = study(four, seeds=2)
    assert [(p.labels["seed"], p.parameters.experiment.seed) for p in seeded] == [(5, 5), (6, 6)]
    assert [(len(p.trials), p.replicate) for p in seeded] == [(4, 0), (4, 0)]
    chosen = study(four, over={"experiment.delays": ["0.75", "0.75,5"]}, seeds=[9, 2])
    assert [tuple(p.labels.values()) for p in chosen] == [
        ("0.75", 9), ("0.75", 2), ("0.75,5", 9), ("0.75,5", 2),
    ]  # fmt: skip
    assert [len(p.trials) for p in chosen] == [4, 4, 8, 8]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"over": {"memory.gian": [1.0]}}, "did you mean memory.gain?"),
        ({"over": {"memory.gain": [1.0, -1.0]}}, "memory.gain is -1.0, allowed is"),
        ({"over": {"memory.gain": []}}, "memory.gain takes no value in this study"),
        ({"seeds": 0}, "seed takes no value in this study"),
        ({"seeds": [1, -2]}, "seed is -2, allowed is a whole number"),
        ({"seeds": [1.5]}, "seed is 1.5, allowed is a whole number"),
        ({"over": {"experiment.replicates": [9]}}, "--replicates is 9, allowed is at most"),
    ],
)
def test_a_study_that_cannot_be_is_one_sentence(asked, message):
    with pytest.raises(ParameterError) as caught:
        study(P, **asked)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_points_that_differ_in_the_build_are_refused():
    with pytest.raises(ParameterError, match=r"network\.n_per_unit differs between points"):
        describe_points(study(P, over={"network.n_per_unit": [10, 20]}))


def test_weights_come_back_from_their_file(tmp_path):
    hand = Weights.by_hand(P)
    hand.save(tmp_path / "w.nc")
    read = Weights.load(tmp_path / "w.nc")
    assert read.projections == hand.projections
    assert all((read.pixels[u] == values).all() for u, values in hand.pixels.items())
    (tmp_path / "w.nc").write_bytes((tmp_path / "w.nc").read_bytes()[:500])
    with pytest.raises(ParameterError, match="cannot be read"):
        Weights.load(tmp_path / "w.nc")
    Weights({("input_A", "memory_A"): -1.0}).save(tmp_path / "bad.nc")
    with pytest.raises(ParameterError, match="input_A -> memory_A = -1 nS, allowed are"):
        Weights.load(tmp_path / "bad.nc")


def test_weights_by_hand_are_those_of_the_parameters():
    hand = Weights.by_hand(P)
    assert len(hand.projections) == 8
    assert hand.projections["input_X", "output_T"] == P.axcpt.x_to_t
    assert hand.pixels.keys() == set("ABXY")
    for values in hand.pixels.values():
        assert values.shape == (25,)
        assert values.sum() == pytest.approx(P.afferents.g_pixel)
    hand.check(P)
    changed = Weights({("input_X", "output_T"): 1.0}, {"A": np.zeros(25)}).over(P)
    assert changed.projections == {**hand.projections, ("input_X", "output_T"): 1.0}
    assert not changed.pixels["A"].any()
    np.testing.assert_array_equal(changed.pixels["B"], hand.pixels["B"])


@pytest.mark.parametrize(
    "weights",
    [
        Weights(),
        Weights({("input_A", "memory_A"): 0.1}),
        Weights(pixels={"A": np.linspace(0, 1, 25)}, provenance={"made": "here", "seed": "1"}),
    ],
)
def test_a_file_of_weights_holds_all_there_is(tmp_path, weights):
    path = tmp_path / "w.nc"
    weights.save(path)
    read = Weights.load(path)
    assert read.as_dict() == weights.as_dict()
    assert Weights.from_dict(weights.as_dict()).as_dict() == weights.as_dict()
    assert list(tmp_path.iterdir()) == [path]


def no_kind(data):
    return data.assign_attrs(kind="pfc_standalone results")


def newer(data):
    return data.assign_attrs(format_version=99)


def no_attributes(data):
    return data.drop_attrs()


def no_conductance(data):
    return data.drop_vars("conductance")


def bad_provenance(data):
    return data.assign_attrs(provenance="{")


def not_a_number(data):
    return data.assign(conductance=data["conductance"] * np.nan)


def negative_pixel(data):
    return data.assign(pixel_conductance=data["pixel_conductance"] - 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_kind, "is no file of weights: make it with Weights.save"),
        (no_attributes, "is no file of weights"),
        (newer, "is of format version 99, this program reads 1"),
        (no_conductance, "lacks something"),
        (bad_provenance, "lacks something"),
        (not_a_number, "has input_A -> memory_A = nan nS, allowed are numbers from 0"),
        (negative_pixel, "has pixels -> A = -1 nS, allowed are numbers from 0"),
    ],
)
def test_a_broken_file_of_weights_is_one_sentence(tmp_path, change, message):
    path = tmp_path / "w.nc"
    Weights.by_hand(P).save(path)
    change(xr.load_dataset(path, engine="h5netcdf")).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ParameterError) as caught:
        Weights.load(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_holds_no_weights_is_one_sentence(tmp_path):
    with pytest.raises(ParameterError, match=r"nothing\.nc does not exist"):
        Weights.load(tmp_path / "nothing.nc")
    (tmp_path / "text.nc").write_text("weights")
    with pytest.raises(ParameterError, match=r"text\.nc cannot be read"):
        Weights.load(tmp_path / "text.nc")
    with pytest.raises(ResultsError, match="the weights cannot be written to"):
        Weights().save(tmp_path / "nowhere" / "w.nc")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (Weights({("input_A", "output_T"): 1.0}), "have the projection input_A -> output_T, which"),
        (Weights(pixels={"A": np.ones(9)}), "have 9 pixels onto the input unit A, the task ax-cpt"),
        (Weights(pixels={"Q": np.ones(25)}), "have 25 pixels onto the input unit Q"),
    ],
)
def test_weights_of_another_network_are_refused(weights, message):
    for make in (deal, lambda p, w: study(p, seeds=1, weights=w)):
        with pytest.raises(ParameterError, match=message):
            make(P, weights)


def test_a_learning_rule_moves_weights_within_their_bounds():
    learning = with_values(P, {"network.learning_rule": "pair-stdp"})
    data = simulate(deal(learning))
    w = data["learned_input"].values
    assert data.sizes["spike"] > 1000
    assert 0 <= w.min() < w.max() <= 0.8 * (1 + 1e-9)
    assert np.unique(w).size > 100


@pytest.mark.parametrize(
    ("over", "seeds", "message"),
    [
        ({"memory.gain": "12"}, None, "memory.gain takes '12' in this study, allowed is a list"),
        ({"memory.gain": 1.0}, None, "allowed is a list of values"),
        ({"experiment.seed": [1, 2]}, 2, "experiment.seed and seeds are both given"),
        ({"experiment.replicates": [2]}, 2, "experiment.replicates and seeds are both given"),
        ({}, [1, 1], r"seeds is \[1, 1\], allowed are different ones"),
    ],
)
def test_a_study_that_would_mean_something_else_is_refused(over, seeds, message):
    with pytest.raises(ParameterError, match=message):
        study(P, over, seeds)


def test_an_old_name_of_a_parameter_is_studied_under_its_new_one():
    (point,) = study(P, over={"network.delay": [0.3]})
    assert dict(point.labels) == {"network.synaptic_delay": 0.3}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([{"replicate": 1}], "a label is called replicate"),
        ([{"noise_replicate": 1}], "a label is called noise_replicate"),
        ([{"memory.gain": 0.5}], r"the label memory\.gain is 0\.5, but that parameter"),
        ([{"a": 1}, {}], "points have the labels a and none"),
    ],
)
def test_labels_that_would_be_lost_are_refused(labels, message):
    (point,) = deal(P)
    with pytest.raises(ParameterError, match=message):
        describe_points([dataclasses.replace(point, labels=names) for names in labels])


def test_no_points_and_no_weights_are_refused():
    with pytest.raises(ParameterError, match="there are 0 points"):
        describe_points([])
    for bad in (np.nan, -1.0):
        with pytest.raises(ParameterError, match="allowed are numbers from 0"):
            deal(P, Weights({("input_A", "memory_A"): bad}))


def test_points_that_differ_in_the_build_are_refused_before_anything_is_built():
    class Untouched:
        name = "untouched"

        def default_batch(self, replicates):
            return 1

    with pytest.raises(ParameterError, match=r"network\.n_per_unit differs between points"):
        simulate(study(P, over={"network.n_per_unit": [10, 20]}), Untouched())


def test_what_is_asked_differs_by_target_and_duration():
    from pfc_standalone.results.dataset import digest_of
    from pfc_standalone.simulation.simulate import describe_plan, plan_runs
    from pfc_standalone.simulation.targets import get_target

    cpp, cuda = get_target("cpp"), get_target("cuda")
    plans = [
        describe_plan(plan_runs(deal(P), cpp, end), t) for end in (1.0, 2.0) for t in (cpp, cuda)
    ]
    assert len({digest_of(plan) for plan in plans}) == 4
