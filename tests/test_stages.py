"""Building up: a stage has its layers and no more, and says what does not hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import dataset_of_spikes

from pfc_standalone.analysis.activity import output_contest
from pfc_standalone.analysis.stages import STAGES
from pfc_standalone.commands.verbs.build_up import main
from pfc_standalone.experiment import one_of_each
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.tables import connection_mask, weight_tables
from pfc_standalone.parameters import Parameters, with_values

P = with_values(
    Parameters(),
    {"network.n_per_unit": 10, "network.layers": "input", "experiment.delays": "2"},
)
TRIALS = one_of_each(P)


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("input", {"input"}),
        ("memory", {"input", "memory"}),
        ("output", {"input", "memory", "output"}),
    ],
)
def test_what_comes_after_a_stage_is_not_there(layers, names):
    parameters = with_values(P, {"network.layers": layers})
    populations = population_table(parameters)
    assert {p.layer for p in populations} == names
    tables, (recurrent, afferent) = weight_tables(parameters), connection_mask(parameters)
    assert tables.ampa.shape == recurrent.shape == (len(populations),) * 2
    assert afferent[-1].any() == tables.fibre[-1].any() == (layers != "input")
    # those that are there are connected as in the whole network
    whole = with_values(P, {"network.layers": "output"})
    index = [[p.name for p in population_table(whole)].index(p.name) for p in populations]
    np.testing.assert_array_equal(tables.gated, weight_tables(whole).gated[np.ix_(index, index)])


def spikes(own=25.0, other=2.0, rest=1.0, inh=8.0, stay=1.0):
    """Regular spikes of every neuron at these rates, Hz: while the own and another's image is
    shown, else (of all excitatory neurons), of inhibitory neurons, and shortly after an image.
    """
    shown = [(t.cue, t.onset) for t in TRIALS] + [(t.probe, t.probe_onset) for t in TRIALS]
    time, neuron = [], []
    for p in population_table(P):
        parts = [(0.0, TRIALS[-1].end, inh if p.type == "inh" else rest)]
        if p.unit:
            for image, onset in shown:
                parts.append((onset, onset + 0.3, own if image == p.unit else other))
                parts.append((onset + 0.4, onset + 0.6, stay))
        for first, stop, rate in parts:
            for k in range(p.size):
                t = np.arange(first + k / (p.size * rate), stop, 1 / rate) if rate else []
                time.extend(t)
                neuron.extend([p.start + k] * len(t))
    order = np.argsort(time, kind="stable")
    return {
        "spike_time": np.array(time)[order],
        "spike_neuron": np.array(neuron, np.int32)[order],
        "spike_replicate": np.zeros(order.size, np.int32),
    }


@pytest.mark.parametrize(
    ("made", "failing"),
    [
        ({}, set()),
        ({"own": 0.0, "other": 0.0, "rest": 0.0, "stay": 0.0},
         {"rate at the own image", "spontaneous excitatory rate"}),
        ({"other": 20.0}, {"largest rate at another's image, of the own"}),
        ({"own": 200.0}, {"rate at the own image", "largest 50 ms rate"}),
        ({"rest": 30.0}, {"rate in the first 100 ms", "spontaneous excitatory rate",
                          "rate 150 to 300 ms after an image",
                          "largest rate at another's image, of the own"}),
        ({"stay": 25.0}, {"rate 150 to 300 ms after an image"}),
        ({"inh": 1.0}, {"spontaneous inhibitory rate"}),
    ],
)  # fmt: skip
def test_a_stage_says_what_does_not_hold(made, failing):
    data = dataset_of_spikes(P, [TRIALS], spikes(**made))
    verdicts = STAGES["input"].judge(data, 10)
    of_units = {v.where for v in verdicts if v.bound.name == "rate at the own image"}
    assert of_units == {f"input_{u}" for u in "ABXY"}
    assert {v.bound.name for v in verdicts if not v.holds} == failing


def test_the_output_that_answered_is_compared_with_the_others():
    whole = with_values(P, {"network.layers": "output"})
    end, names = TRIALS[-1].end, {"output_T": 40.0, "output_N": 10.0}
    time, neuron = [], []
    for p in population_table(whole):
        for k in range(p.size if p.name in names else 0):
            t = np.arange(k / (p.size * names[p.name]), end, 1 / names[p.name])
            time.extend(t)
            neuron.extend([p.start + k] * t.size)
    order = np.argsort(time, kind="stable")
    data = dataset_of_spikes(whole, [TRIALS], {
        "spike_time": np.array(time)[order],
        "spike_neuron": np.array(neuron, np.int32)[order],
        "spike_replicate": np.zeros(order.size, np.int32),
    })  # fmt: skip
    said = {"AX": ("T", 0.1), "AY": ("N", 0.1), "BX": ("T", np.nan), "BY": ("", np.nan)}
    answers = [said[t.condition] for t in TRIALS]
    where = ("replicate", "trial")
    data["trial_response"] = (where, np.array([[a for a, _ in answers]]))
    data["trial_reaction_time"] = (where, np.array([[t for _, t in answers]]))
    found = output_contest(data)
    assert found["AX"] == pytest.approx({"winner": 40, "loser": 10}, rel=0.05)
    assert found["AY"] == pytest.approx({"winner": 10, "loser": 40}, rel=0.05)
    for none in ("BX", "BY"):  # premature, and no answer
        assert np.isnan([*found[none].values()]).all()


def test_every_named_row_exists():
    from pfc_standalone.analysis.bounds import BOUNDS

    known = {b.name for b in BOUNDS}
    for name, stage in STAGES.items():
        assert name == "learning" or set(stage.names) <= known


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--stage input --set recurrent.gaba_exc=-250", 2, "gaba_exc is -250.0, allowed"),
        (
            "--stage input --set network.layers=output",
            2,
            "network.layers is set, allowed is",
        ),
        ("--stage learning --weights nothing.nc", 2, "--weights is given with --stage learning"),
    ],
)
def test_what_cannot_be_built_up_is_one_sentence(words, code, message, capsys):
    assert main([*words.split(), "--no-figures"]) == code
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_verdicts_are_kept_without_figures_too(tmp_path, capsys, build_cache):
    out = tmp_path / "stage"
    small = "--stage input --n-per-unit 10 --trials 1 --replicates 1 --delay 0.1 --no-figures"
    assert main([*small.split(), "--output", str(out)]) in (0, 4)
    assert {p.name for p in out.iterdir()} == {"summary.json", "report.html"}
    verdicts = json.loads((out / "summary.json").read_text())["verdicts"]
    assert len(verdicts) > 20
    assert {"rate at the own image", "spontaneous excitatory rate"} <= {v["name"] for v in verdicts}
    assert f"Verdicts and page: {out}" in capsys.readouterr().out
