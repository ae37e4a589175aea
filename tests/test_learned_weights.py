"""What is taught, what is read from spikes, and weights that were learned."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pfc_standalone.analysis import identification
from pfc_standalone.commands.verbs import finish, reproduce, show
from pfc_standalone.commands.verbs.learn import main
from pfc_standalone.errors import ParameterError, TaskError
from pfc_standalone.experiment import Weights, deal
from pfc_standalone.experiment.curriculum import (
    SHOWN,
    Syllabus,
    examination,
    initial_weights,
    training,
)
from pfc_standalone.figures import learning as figures_of_learning
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.fit import fit
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.tables import connection_mask, weight_tables
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.raw import NOTE
from pfc_standalone.simulation import learn as simulation_learn
from pfc_standalone.simulation.engines.local import Local
from pfc_standalone.simulation.learn import in_order
from pfc_standalone.tasks import read_task
from pfc_standalone.tasks.patterns import read_patterns, with_patterns

P = with_values(Parameters(), {"network.n_per_unit": 10})
LETTERS = Path(__file__).parent.parent / "examples" / "letters_1.toml"
MEMORY = with_values(P, {"network.layers": "memory", "network.learning_rule": "covariance"})


# -------------------------------------------------------------------------- the curriculum
def test_training_shows_each_image_equally_often_and_the_teacher_fades():
    course = training(MEMORY, Syllabus(presentations=8, trials=4, seed=3))
    shown = course.of_kind("train")
    assert np.bincount([p.unit for p in shown]).tolist() == [8] * 4
    scenes = course.lesson.scenes
    begins = np.cumsum([0.0, *(s.duration for s in scenes)])
    taught = [(s, t) for s, t in zip(scenes, begins[:-1], strict=True) if s.image >= 0]
    of_input = [s.teacher for s, _ in taught if s.learning.get("input")]
    strengths = [next(iter(t.values())) for t in of_input]
    assert strengths[:16] == [0.25] * 16
    assert all(a > b > 0 for a, b in pairwise(strengths[16:]))
    names = [next(iter(t)) for t in of_input]
    assert names == [f"input_{'ABXY'[p.unit]}" for p in shown]
    # probes: nothing learns, nobody helps
    onsets = {round(p.onset, 6) for p in course.of_kind("probe")}
    probed = [s for s, t in taught if round(float(t), 6) in onsets]
    assert len(probed) == 5 * 8
    assert not any(s.learning or s.teacher or s.training for s in probed)
    cues = course.of_kind("train-memory")
    assert np.bincount([p.unit for p in cues]).tolist() == [4, 4]
    assert course.lesson.duration == pytest.approx(begins[-1])


def test_without_a_teacher_nobody_shows_what_belongs_where():
    course = training(MEMORY, Syllabus(presentations=2, trials=1, teacher=False))
    helped = [name for s in course.lesson.scenes for name in s.teacher]
    assert {n.partition("_")[0] for n in helped} == {"memory"}


def test_one_image_may_be_more_frequent():
    course = training(MEMORY, Syllabus(presentations=50, share=0.7))
    each = np.bincount([p.unit for p in course.of_kind("train")])
    assert each[0] / each.sum() == pytest.approx(0.7, abs=0.01)


def test_examinations_flip_pixels_and_never_those_of_another():
    one, other = (examination(MEMORY, seed, [("test", 0.2, 50)]) for seed in (1, 2))
    template = one.lesson.images[:4]
    flipped = [
        (course.lesson.images[p.image] != template[p.unit])
        for course in (one, other)
        for p in course.of_kind("test")
    ]
    assert np.mean(flipped) == pytest.approx(0.2, abs=0.02)
    assert not np.array_equal(one.lesson.images[4:], other.lesson.images[4:])
    assert not any(s.learning or s.teacher or s.training for s in one.lesson.scenes)


# ---------------------------------------------------------------------- what spikes say
def test_counts_are_those_while_an_image_is_shown():
    onsets = np.array([0.5, 1.0])
    time = np.array([0.49, 0.5, 0.7999, 0.8, 0.9, 1.1, 1.2999, 1.31])
    neuron = np.array([5, 5, 6, 5, 5, 6, 6, 6], np.int32)
    counts = identification.spike_counts(time, neuron, onsets, SHOWN, range(5, 7))
    assert counts.tolist() == [[1, 1], [0, 2]]
    assert identification.spike_counts(time, neuron, onsets[:0], SHOWN, range(2)).shape == (0, 2)


def test_units_get_the_images_for_which_they_fire():
    image = np.array([0, 1, 2, 0, 1, 2])
    counts = np.array([[1, 9, 0], [0, 2, 8], [7, 3, 1]] * 2)
    label = identification.labels(counts, image)
    assert label.tolist() == [2, 0, 1]
    assert identification.winners(counts, label).tolist() == image.tolist()
    # silence and a draw are no answer
    assert identification.winners(np.array([[0, 0, 0], [4, 4, 1]]), label).tolist() == [-1, -1]
    neurons = np.repeat(counts, 2, axis=1)
    neurons[:, 3] = 0
    chosen = identification.selective(neurons, image, label)
    assert chosen.tolist() == [True, True, True, False, True, True]


def test_other_readers_read_pixels():
    templates = np.eye(4, dtype=bool)
    image = np.tile(np.arange(4), 10)
    assert (identification.nearest_template(templates[image], templates) == image).all()
    read = identification.linear_classifier(templates[image], image, templates)
    assert read.tolist() == [0, 1, 2, 3]


# --------------------------------------------------------------------------------- weights
def learned(label=(0, 1, 2, 3)):
    """Random synapses as if they were learned, and means in the order of what units stand for."""
    return in_order(initial_weights(MEMORY, Syllabus()), np.array(label), MEMORY)


def test_means_are_those_of_the_synapses():
    weights = learned()
    w = weights.synapses["input"]
    np.testing.assert_allclose(weights.pixels["B"][7], w[70:80, 10:20].mean())
    onto = weights.synapses["memory"][20:30, :10]
    np.testing.assert_allclose(weights.projections["input_X", "memory_A"], onto.sum(0).mean())


def test_units_move_to_where_their_images_belong():
    plain, moved = learned(), learned((2, 0, 1, 3))
    for to, origin in (("X", "A"), ("A", "B"), ("B", "X"), ("Y", "Y")):
        np.testing.assert_array_equal(moved.pixels[to], plain.pixels[origin])
        assert (
            moved.projections[f"input_{to}", "memory_B"]
            == (plain.projections[f"input_{origin}", "memory_B"])
        )
    np.testing.assert_array_equal(
        moved.synapses["input"][:, 20:30], plain.synapses["input"][:, :10]
    )


def test_means_serve_any_size_and_reach_every_memory():
    larger = with_values(P, {"network.n_per_unit": 40})
    points = deal(larger, learned())
    chosen = with_values(larger, fit(larger, points))
    assert chosen.network.full_memory
    names = [p.name for p in population_table(chosen)]
    at = names.index("input_Y"), names.index("memory_A")
    assert connection_mask(chosen)[0][at]
    gated = weight_tables(chosen, learned()).gated
    total = learned().projections["input_Y", "memory_A"]
    np.testing.assert_allclose(gated[at] * 40 * 1e9, total)
    # and nothing changes for weights by hand
    assert not with_values(P, fit(P, deal(P))).network.full_memory


def test_synapses_are_used_exactly_where_they_can_be():
    fixed = with_values(P, {"network.learning_rule": "fixed", "network.batch": 1})
    (point,) = [replace(p, weights=learned()) for p in deal(fixed)[:1]]
    begin = plastic.initial_weights(point)
    np.testing.assert_array_equal(begin["input"], learned().synapses["input"])
    np.testing.assert_array_equal(begin["memory"], learned().synapses["memory"])
    # means where there are no others: those by hand
    begin = plastic.initial_weights(replace(point, weights=Weights()))
    each = P.axcpt.input_to_memory / P.network.n_per_unit
    assert np.unique(begin["memory"]).tolist() == pytest.approx([0, each])
    with pytest.raises(ParameterError, match="250x40 synapses onto the input layer, this network "
                       "has 250x80: use --n-per-unit"):  # fmt: skip
        deal(with_values(fixed, {"network.n_per_unit": 20}), learned())


def test_learned_weights_come_back_from_their_file(tmp_path):
    weights = replace(learned(), thresholds={"input_A": 0.7})
    weights.save(tmp_path / "w.nc")
    read = Weights.load(tmp_path / "w.nc")
    assert read.as_dict() == weights.as_dict()
    assert Weights.from_dict(json.loads(json.dumps(weights.as_dict()))).as_dict() == read.as_dict()
    np.testing.assert_array_equal(read.synapses["memory"], weights.synapses["memory"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"synapses": {"input": np.full((250, 40), np.nan)}}, "synapse onto the input layer = nan"),
        ({"synapses": {"memory": -np.ones((40, 20))}}, "onto the memory layer = -1 nS, allowed"),
        ({"pixels": {"A": np.full(25, -2.0)}}, "pixels -> A = -2 nS, allowed are numbers from 0"),
        ({"projections": {("input_A", "memory_B"): np.nan}}, "input_A -> memory_B = nan nS"),
        ({"thresholds": {"input_A": np.nan}}, "threshold of input_A raised by nan mV, allowed are"),
    ],
)  # fmt: skip
def test_a_file_with_impossible_weights_is_one_sentence(tmp_path, change, message):
    replace(learned(), **change).save(tmp_path / "w.nc")
    with pytest.raises(ParameterError, match=message):
        Weights.load(tmp_path / "w.nc")


def test_weights_of_other_images_are_refused():
    images = {unit: list(rows) for unit, rows in P.network.task.images.items()}
    weights = replace(learned(), provenance={"images": json.dumps(images), "task": "ax-cpt"})
    deal(P, weights)
    other = with_values(P, {"network.task": str(LETTERS)})
    with pytest.raises(ParameterError, match="learned with other images than those of the task "
                       r"ax-cpt-letters-1 \(A, B, X, Y\): use the task"):  # fmt: skip
        deal(other, weights)


# -------------------------------------------------------------------------- own patterns
def test_patterns_replace_images_or_make_a_task(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '[images]\nH = ["101", "111", "101"]\nT = "111 010 010"\nL = ["100","100","111"]'
    )
    task = with_patterns(P.network.task, read_patterns(path))
    assert (task.units["input"], task.units["memory"]) == (("H", "T", "L"), ("H", "T"))
    assert task.memory_of_cue == {"H": "H", "T": "T"}
    # a task file has images too
    task = with_patterns(P.network.task, read_patterns(LETTERS))
    assert task.images == read_task(LETTERS).images
    assert task.projections == P.network.task.projections


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = ['1']", r"has no table \[images\]: give a line such as"),
        ("[images]\nA = 5", "has A = 5, allowed is a list of rows"),
        ("[images]\nA = ['101', '1']\nB = ['111', '010']", "rows of different length"),
        ("[images]\nA = ['10']\nB = ['10']", "nothing could tell them apart"),
        ("[images", "is not TOML"),
    ],
)
def test_patterns_that_cannot_be_used_are_one_sentence(tmp_path, text, message):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(TaskError, match=message):
        with_patterns(P.network.task, read_patterns(path))


# --------------------------------------------------------------------------- the command
def test_the_command_learns_and_says_what(tmp_path, capsys, monkeypatch):
    """Interrupted after training, and again when figures cannot be drawn: nothing is done twice."""
    output = tmp_path / "learned"
    words = f"--n-per-unit 10 --presentations 10 --cue-trials 4 --tests 20 --output {output}"

    def ends(error):
        def end(*arguments, **more):
            raise error

        return end

    with monkeypatch.context() as patch:
        patch.setattr(simulation_learn, "_learned_weights", ends(KeyboardInterrupt()))
        assert main([*words.split(), "--json"]) == 130
    way_on = f"go on with python -m pfc_standalone finish {output}"
    assert f"1 of 5 runs are done and kept: {way_on}" in capsys.readouterr().err
    trained = tmp_path / "learned.partial" / "runs" / "train"
    (before,) = {p.stat().st_mtime_ns for p in trained.rglob(NOTE)}
    with monkeypatch.context() as patch:
        patch.setattr(figures_of_learning, "save_learning_figures", ends(ValueError("no ink")))
        assert finish.main([str(output)]) == 1
    said = capsys.readouterr().err
    assert "their figures could not be drawn (no ink)" in said
    assert f"{way_on} (--no-figures leaves them out)" in said
    assert {p.stat().st_mtime_ns for p in trained.rglob(NOTE)} == {before}
    with monkeypatch.context() as patch:
        patch.setattr(Local, "run", ends(AssertionError("all runs are done")))
        assert finish.main([str(output), "--json"]) == 0
    assert not output.with_name("learned.partial").exists()
    assert finish.main([str(output)]) == 2
    out, err = capsys.readouterr()
    assert "is finished already" in err
    summary = json.loads(out)
    assert json.loads((output / "summary.json").read_text()) == summary
    assert set(summary["identification"]) == {"0", "0.1", "0.2"}
    clean = summary["identification"]["0"]
    # chance is 0.25; this is a small network that saw each image ten times
    assert clean["n"] == 20
    assert clean["low"] > 0.5
    assert summary["nearest_template"]["0"]["value"] == 1
    # a quarter at first; four trials of each cue begin to move it
    assert min(summary["memory_share"].values()) > 0.35
    row = runpy.run_path(str(LETTERS.parent / "learning_table.py"))["row"](summary)
    assert row[:4] == ["ax-cpt, covariance, teacher faded", "10", "1", f"{clean['value']:.3f}"]
    weights = Weights.load(output / "weights.nc")
    assert weights.provenance["rule"] == "covariance"
    assert weights.provenance["seed"] == "1"
    made = summary["provenance"]
    assert made["digest"] == weights.provenance["digest"]
    assert "-O3" in made["built_with"]["flags"]
    assert made["command"] == weights.provenance["command"]
    # pixels of the own image, against those of none: what was learned is the image
    images = P.network.task.images
    for unit, w in weights.pixels.items():
        on = np.array([c == "1" for c in "".join(images[unit])])
        assert w[on].mean() > 5 * w[~on].mean()
    figures = {"receptive_fields", "weights", "learning_curve", "selectivity", "memory_input"}
    assert {p.stem for p in output.glob("*.png")} == figures
    page = (output / "report.html").read_text()
    assert page.count("data:image/png;base64,") == len(figures)
    assert f"{clean['value']:.3f} ({clean['low']:.3f} to {clean['high']:.3f})" in page
    assert show.main([str(output), "--print"]) == 0
    assert f"Weights, summary and figures: {output}" in capsys.readouterr().out
    assert reproduce.main([str(output)]) == 2
    assert made["command"] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--presentations 0", 2, "--presentations is 0, allowed are 1 to 10000"),
        ("--flips 0.6", 2, "--flips is 0.6, allowed are 0 to 0.5"),
        ("--share 1", 2, "--share is 1, allowed are 0 to 0.95"),
        ("--set network.model=rate", 2, "the model is rate, which has no synapses that learn"),
        ("--patterns nothing.toml", 2, "the file of patterns nothing.toml cannot be read"),
    ],
)
def test_what_cannot_be_learned_is_one_sentence(words, code, message, capsys):
    assert main(words.split()) == code
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
