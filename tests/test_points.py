"""Points, weights, and tasks from files: what goes in comes back, and what is wrong is said."""

from __future__ import annotations

import numpy as np
import pytest

from pfc_standalone import Parameters, Task, Weights, deal, find_task, simulate, study, with_values
from pfc_standalone.errors import ParameterError, TaskError
from pfc_standalone.results.dataset import describe_points, points_of

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


def test_a_learning_rule_moves_weights_within_their_bounds():
    learning = with_values(P, {"network.learning_rule": "pair-stdp"})
    data = simulate(deal(learning))
    w = data["plastic_weight"].values
    assert data.sizes["spike"] > 1000
    assert 0 <= w.min() < w.max() <= 0.8 * (1 + 1e-9)
    assert np.unique(w).size > 100


def test_a_task_comes_back_from_plain_data():
    task = find_task("ax-cpt")
    assert Task.from_dict(task.as_dict()).as_dict() == task.as_dict()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "", "task.name is ''"),
        ("units", {"input": ["A"]}, "units has the layers input"),
        ("images", {}, "images has none, allowed is exactly one for each"),
        ("projections", {}, "projections is not a list"),
        ("conditions", {}, "conditions has none"),
        ("conditions", {"AX": {"cue": "Q"}}, "conditions.AX.cue is Q, allowed is one of"),
        ("memory_of_cue", {"A": "Q"}, "memory_of_cue has A = Q"),
        ("colour", "red", "the task has colour, allowed is one of"),
    ],
)
def test_a_task_that_contradicts_itself_is_one_sentence(key, value, message):
    raw = find_task("ax-cpt").as_dict() | {key: value}
    with pytest.raises(TaskError) as caught:
        Task.from_dict(raw)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
