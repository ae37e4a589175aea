"""The gain experiment and the checks of a model: indices by hand, verdicts on made-up answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from conftest import simulate
from scipy import stats

from pfc_standalone import Parameters, load_results, with_values
from pfc_standalone.analysis import gain_effect as effects
from pfc_standalone.analysis.answers import Cell, d_context, pbi_errors, pbi_reaction_times
from pfc_standalone.analysis.bounds import BOUNDS, Bound, Verdict, as_row, verdicts
from pfc_standalone.analysis.checks import rate, sizes, spiking
from pfc_standalone.analysis.gain_effect import GainEffect, dissociates, findings
from pfc_standalone.analysis.intervals import (
    difference_of_means,
    difference_of_proportions,
    mean_interval,
)
from pfc_standalone.analysis.sources import SOURCES
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.commands.verbs import check_model, gain, show
from pfc_standalone.commands.verbs.finish import main as finish
from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.experiment import check_points, schedule
from pfc_standalone.experiment.gain_points import both_gains, gain_points
from pfc_standalone.models import get_model
from pfc_standalone.models.spiking.populations import population_table

ROWS = (
    *BOUNDS, *spiking.TASK, *spiking.QUIET_ROWS, *spiking.REDUCED_ROWS, *sizes.OVER_SIZES,
    *effects.DISSOCIATION, *effects.PUBLISHED, *effects.ADULTS, *rate.SHARES,
)  # fmt: skip


def cell(n, wrong, correct_ms=(400, 420), wrong_ms=(), target=0):
    times = (np.array(t, dtype=float) / 1e3 for t in (correct_ms, wrong_ms))
    return Cell(n, wrong, target, *times)


# ------------------------------------------------------------------------------- intervals
def test_a_mean_and_a_difference_of_means_are_those_of_scipy():
    rng = np.random.default_rng(2)
    a, b = rng.normal(3.0, 1.0, 20), rng.normal(2.5, 4.0, 7)
    expected = stats.ttest_1samp(a, 0).confidence_interval()
    assert mean_interval([*a, nan]) == pytest.approx((a.mean(), *expected))
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert difference_of_means(a, [nan, *b]) == pytest.approx((a.mean() - b.mean(), *expected))


def test_means_of_few_or_equal_values():
    assert np.isnan(mean_interval([])).all()
    assert np.isnan(difference_of_means([1.0], [1.0, 2.0])).all()
    assert mean_interval([2.0, 2.0]) == (2.0, 2.0, 2.0)
    assert difference_of_means([2.0, 2.0], [1.5, 1.5]) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [  # Newcombe (1998), table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ],
)
def test_differences_of_proportions_are_those_of_the_paper(counts, interval):
    k, n, other_k, other_n = counts
    value, *bounds = difference_of_proportions(*counts)
    assert value == pytest.approx(k / n - other_k / other_n)
    assert bounds == pytest.approx(interval, abs=5e-5)


# --------------------------------------------------------------------------------- indices
def test_pbi_is_the_formula():
    value, low, high = pbi_errors({"AY": cell(100, 12), "BX": cell(50, 3)})
    assert value == pytest.approx((0.12 - 0.06) / (0.12 + 0.06))
    assert low < value < high
    # zero cells: (e + 0.5)/(n + 1)
    value, _, _ = pbi_errors({"AY": cell(100, 12), "BX": cell(50, 0)})
    assert value == pytest.approx((0.12 - 0.5 / 51) / (0.12 + 0.5 / 51))
    value, low, high = pbi_errors({"AY": cell(40, 0), "BX": cell(40, 0)})
    assert low <= value == 0 <= high
    times = {"AY": cell(2, 0, (500, 520)), "BX": cell(2, 0, (400, 390))}
    assert pbi_reaction_times(times)[0] == pytest.approx((510 - 395) / (510 + 395))
    assert np.isnan(pbi_reaction_times({**times, "BX": cell(1, 1, ())})).all()


def test_adults_have_the_indices_of_their_means():
    """The published table and the formulas agree where the formulas take means."""
    ay, bx = (effects.ADULT_TIMES_MS[c][0] for c in ("AY", "BX"))
    assert pytest.approx((ay - bx) / (ay + bx), abs=5e-4) == effects.ADULT_PBI_TIMES
    cells = {"AX": cell(1000, 54), "BX": cell(1000, 45, target=45)}
    assert pytest.approx(d_context(cells)[0], abs=5e-3) == effects.ADULT_D_CONTEXT


def test_d_context_is_the_formula():
    cells = {"AX": cell(100, 10), "BX": cell(100, 30, target=25)}  # 5 BX had no answer
    value, low, high = d_context(cells)
    assert value == pytest.approx(stats.norm.ppf(0.9) - stats.norm.ppf(0.25))
    assert low < value < high
    perfect = {"AX": cell(20, 0), "BX": cell(20, 0)}
    assert d_context(perfect)[0] == pytest.approx(2 * stats.norm.ppf(1 - 0.5 / 21))
    none = {"AX": cell(20, 20), "BX": cell(20, 20, target=20)}
    assert d_context(none)[0] == pytest.approx(2 * stats.norm.ppf(0.5 / 21))


def test_intervals_cover_what_repetition_gives():
    """Of 100 experiments, as many as 95 % intervals should."""
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(100):
        a, b = rng.binomial(200, 0.12), rng.binomial(200, 0.06)
        _, low, high = pbi_errors({"AY": cell(200, a), "BX": cell(200, b)})
        inside += low <= 1 / 3 <= high
    assert 88 <= inside <= 99


# -------------------------------------------------------------------------------- verdicts
def as_the_paper():
    """Answers with everything that the paper and adults have."""
    normal = {
        "AX": cell(200, 8, (400, 410), (390, 400)), "AY": cell(200, 20, (500, 510), (380, 390)),
        "BX": cell(200, 8, (380, 385), (500, 520), 8), "BY": cell(200, 4, (370, 375)),
    }  # fmt: skip
    longer = normal | {"AY": cell(200, 24, (500, 510), (380, 390))}
    lost = {
        "AX": cell(200, 20, (420, 430)), "AY": cell(200, 4, (430, 440)),
        "BX": cell(200, 120, (430, 440), (420, 440), 120), "BY": cell(200, 6, (380, 390)),
    }  # fmt: skip
    return GainEffect(
        {"normal": 1.0, "reduced": 0.8}, {"0.75": normal, "5": longer}, {"0.75": normal, "5": lost}
    )


def changed(which, delay, condition, new):
    effect = as_the_paper()
    answers = {**getattr(effect, which)}
    answers[delay] = answers[delay] | {condition: new}
    return replace(effect, **{which: answers})


def failing(effect):
    return {v.bound.name for v in findings(effect) if v.holds is False}


def test_what_the_paper_shows_holds():
    effect = as_the_paper()
    assert dissociates(effect) is True
    assert failing(effect) == set()
    assert all(v.holds for v in findings(effect))


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (("reduced", "5", "BX", cell(200, 60, target=60)), "rise of BX errors at a long delay"),
        (("reduced", "5", "AY", cell(200, 25)), "rise of AY errors at a long delay"),
        (("reduced", "5", "BY", cell(200, 20)), "rise of BY errors at a long delay"),
        (("reduced", "0.75", "AX", cell(200, 30)), "rise of errors at a short delay"),
        (
            ("normal", "5", "AY", cell(200, 24, (370, 375), (300, 310))),
            "AY correct less BX correct, normal gain",
        ),
        (
            ("normal", "5", "BX", cell(200, 8, (380, 385), (300, 310), 8)),
            "BX wrong less BX correct, normal gain",
        ),
        (
            ("normal", "5", "AY", cell(200, 18, (500, 510), (380, 390))),
            "change of AY errors with delay, normal gain",
        ),
        (("normal", "5", "BY", cell(200, 40)), "errors beside adults, normal gain"),
    ],
)
def test_each_finding_can_fail(change, broken):
    effect = changed(*change)
    assert broken in failing(effect)
    assert dissociates(effect) is not broken.startswith("rise")


def test_a_verdict_says_whether_chance_may_have_decided_it():
    row = Bound("x", lambda source: source, 0.0, inf, "", "B1995", "", strict=True)
    for value, holds, beyond in (
        ((1.0, 0.5, 1.5), True, True),
        ((1.0, -0.5, 1.5), True, False),
        ((0.0, -0.5, 0.5), False, False),
        ((-1.0, -2.0, -0.5), False, True),
        ((1.0, nan, nan), True, None),
        ((nan, nan, nan), None, None),
        (2.0, True, None),
    ):
        (verdict,) = verdicts({"here": value}, [row])
        assert (verdict.holds, verdict.beyond_chance) == (holds, beyond), value
    assert row.allowed == "above 0"
    assert as_row(Verdict(row, "here", 1.0))["allowed_high"] is None


def test_delays_between_those_of_the_paper_are_reported_without_a_verdict():
    effect = as_the_paper()
    between = GainEffect(effect.gains, {"2": effect.normal["5"]}, {"2": effect.reduced["5"]})
    assert dissociates(between) is None
    assert not any(v.bound.name.startswith("rise") for v in findings(between))


def test_bounds_come_from_papers():
    assert len(ROWS) > 35
    for row in ROWS:
        assert re.search(r"doi:10\.|Processing Systems", SOURCES[row.source]), row.name
        assert row.why
        assert row.low < row.high or row.low == row.high == 1.0
    assert {row.source for row in ROWS} == set(SOURCES)
    names = Counter(row.name for row in ROWS)
    assert max(names.values()) == 1


def test_sizes_are_compared_with_the_next():
    def size(rate, cv, correlation):
        values = {"rate": rate, "isi_cv": cv, "count_correlation": correlation}
        return {name: {"memory_A": v} for name, v in values.items()}

    same = {25: size(50.0, 0.6, 0.2), 100: size(55.0, 0.5, 0.05)}
    assert [v.holds for v in sizes.check_sizes(same)] == [True] * 3
    other = {25: size(40.0, 0.8, 0.02), 100: size(55.0, 0.5, 0.05)}
    assert [v.holds for v in sizes.check_sizes(other)] == [False] * 3
    assert [v.value for v in sizes.check_sizes(other)] == pytest.approx([0.375, -0.3, 0.03])
    assert sizes.check_sizes({25: size(50.0, 0.6, 0.2)}) == []


# ---------------------------------------------------------------------------------- points
def test_networks_have_noise_of_their_own_and_gains_the_same():
    parameters = with_values(
        Parameters(),
        {"network.model": "rate", "experiment.trials": 2, "experiment.replicates": 2},
    )
    points = gain_points(parameters, (1.0, 0.8), (3, 5))
    keys = {(p.labels["memory.gain"], p.labels["rate.training_seed"], p.replicate) for p in points}
    assert keys == {
        (g, s, r + 2 * k) for g in (1.0, 0.8) for k, s in enumerate((3, 5)) for r in (0, 1)
    }
    normal, reduced = points[0], points[4]
    assert normal.trials == reduced.trials
    assert (normal.parameters.memory.gain, reduced.parameters.memory.gain) == (1.0, 0.8)


def test_the_reduced_gain_is_the_lower():
    assert both_gains(with_values(Parameters(), {"network.model": "rate"})) == (1.0, 0.8)
    for n in (25, 100, 1000):
        normal, reduced = both_gains(with_values(Parameters(), {"network.n_per_unit": n}))
        assert 0.5 < reduced < normal == 1.0
    with pytest.raises(ParameterError, match="--gain is 1, allowed is from 0 to less than"):
        both_gains(Parameters(), 1.0)


# -------------------------------------------------------------------------------- commands
def test_gain_of_the_rate_model(tmp_path, capsys, monkeypatch):
    """End to end with all networks, and again by finish after labelling failed."""
    arguments = ["--model", "rate", "--strict-math", "--trials", "60", "--replicates", "2"]
    output = tmp_path / "gain"
    with monkeypatch.context() as broken:
        broken.setattr("pfc_standalone.commands.conclude.write_dataset", lambda *a: 1 / 0)
        assert gain.main([*arguments, "--output", str(output)]) == 1
    assert "finish" in capsys.readouterr().err
    assert finish([str(output), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["dissociates"] is True
    assert summary["gains"] == {"normal": 1.0, "reduced": 0.8}
    assert set(summary["errors"]) == {"normal", "reduced"}
    for by_delay in summary["errors"].values():
        assert list(by_delay) == ["0.75", "5"]
        for cells in by_delay.values():
            assert list(cells) == ["AX", "AY", "BX", "BY"]
            assert {c["n"] for c in cells.values()} == {24 * 60}
    # the same from the trials themselves
    data = load_results(output)
    assert not {"activity", "spike_time"} & set(data)
    low = np.broadcast_to(data["memory.gain"].values[:, None], data["trial_correct"].shape) < 1
    mine = low & (data["trial_condition"].values == "BX") & (data["trial_delay_text"].values == "5")
    wrong = int((~data["trial_correct"].values[mine]).sum())
    found = summary["errors"]["reduced"]["5"]["BX"]
    wilson = stats.binomtest(wrong, 1440).proportion_ci(method="wilson")
    assert [found[k] for k in ("value", "low", "high")] == pytest.approx([wrong / 1440, *wilson])
    assert found["value"] > 0.5
    assert summary["networks"]["dissociate"]["n"] == 24
    assert summary["early_crossings"]["normal"]["n"] == 24 * 60 * 8
    assert summary["networks"]["ay_slower_than_bx"]["value"] > 0.9
    assert summary["pbi_errors"]["normal"]["0.75"]["value"] > 0.3
    assert summary["pbi_errors"]["reduced"]["5"]["value"] < -0.9
    assert {p.name for p in output.iterdir()} == {
        "summary.json", "results.nc", "gain.png", "report.html"
    }  # fmt: skip
    assert finish([str(output)]) == 2


def test_check_of_the_rate_model(tmp_path, capsys):
    arguments = ["--model", "rate", "--strict-math", "--trials", "40", "--output"]
    assert check_model.main([*arguments, str(tmp_path / "good"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["fail"] == found["not_measured"] == 0
    rows = {(r["name"], r["where"]): r for r in found["verdicts"]}
    assert rows["networks without an error, no noise, normal gain", "5 s"]["value"] == 1
    assert rows["networks with the double dissociation", "all networks"]["value"] >= 0.8
    page = (tmp_path / "good" / "report.html").read_text()
    assert page.count('class="agree"') == len(found["verdicts"])
    assert "src=" not in page
    assert "href=" not in page
    # a gain at which nothing is lost, in one network
    arguments += [str(tmp_path / "bad"), "--gain", "0.99", "--set", "rate.training_seed=3"]
    assert check_model.main(arguments) == 4
    said = capsys.readouterr().out
    assert "DOES NOT do all that it must" in said
    assert show.main([str(tmp_path / "bad"), "--print"]) == 0
    assert capsys.readouterr().out == said
    broken = json.loads((tmp_path / "bad" / "check.json").read_text())
    assert "rise of BX errors at a long delay" in {
        r["name"] for r in broken["verdicts"] if r["holds"] is False
    }


def test_gain_and_check_of_the_spiking_network(tmp_path, capsys, monkeypatch):
    """Small, at a gain at which memory is lost at once, without a short delay."""
    monkeypatch.setattr(check_points, "_QUIET_TRIALS", 2)  # all runs last as long as the longest
    common = ["--strict-math", "--trials", "1", "--gain", "0.5", "--delay", "5"]
    common += ["--replicates", "1"]
    arguments = [*common, "--n-per-unit", "25"]
    assert gain.main([*arguments, "--output", str(tmp_path / "gain"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["n_per_unit"] == 25
    assert summary["dissociates"] is None  # no short delay
    assert summary["premature_responses"]["normal"]["n"] == 4
    assert summary["errors"]["normal"]["5"]["BY"]["n"] == 1
    assert "networks" not in summary
    arguments = [*common, "--sizes", "25", "--output", str(tmp_path / "check")]
    assert check_model.main(arguments) in (0, 4)
    found = json.loads((tmp_path / "check" / "check.json").read_text())
    names = {r["name"] for r in found["verdicts"]}
    wanted = (*BOUNDS, *spiking.TASK, *spiking.QUIET_ROWS, *spiking.REDUCED_ROWS[1:])
    assert {b.name for b in wanted if b.n_from <= 25} <= names
    by_name = {r["name"]: r for r in found["verdicts"]}
    assert by_name["memory held at reduced gain, long delay"]["value"] == 0
    assert by_name["memory without a cue"]["holds"]
    assert 0.6 < by_name["spontaneous ISI CV"]["value"] < 1.2


RATE = "--model rate "
REFUSED = [
    (
        gain,
        RATE + "--n-per-unit 50",
        "--n-per-unit is given, and the model rate makes no use of it",
    ),
    (gain, RATE + "--connectivity explicit", "--connectivity is given, and the model rate makes"),
    (
        gain,
        RATE + "--set output.feedback=1",
        "output.exc_to_inh is given, and the model rate makes",
    ),
    (gain, "--set rate.noise=1", "rate.noise is given, and the model spiking makes no use of it"),
    (gain, "--gain 1.2", "--gain is 1.2, allowed is from 0 to less than the normal gain"),
    (gain, "--gain nan", "--gain is nan, allowed is"),
    (gain, "--set network.task=shapes", "the task is shapes, allowed here is one with the"),
    (gain, "--target fortran", "the target is fortran, allowed is one of"),
    (check_model, "--sizes 25,x", "--sizes is 25,x, allowed are different whole numbers"),
    (check_model, "--sizes 25,25", "--sizes is 25,25, allowed are different"),
    (check_model, "--sizes 5", "network.n_per_unit is 5, allowed is"),
    (check_model, RATE + "--sizes 25", "--sizes is given, and the model rate makes no use of it"),
    (check_model, "--set network.n_per_unit=50", "allowed is --sizes in its place"),
]


@pytest.mark.parametrize(("command", "options", "said"), REFUSED, ids=lambda x: str(x)[:40])
def test_what_cannot_be_done_is_one_sentence(command, options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.main(options.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_every_parameter_is_used_by_a_model():
    """And the rate model takes none that only neurons have."""
    models = [
        get_model(with_values(Parameters(), {"network.model": name}))
        for name in ("spiking", "rate")
    ]
    for name in Parameters().as_dict():
        assert any(model.uses(name) for model in models), name
    assert not any(models[1].uses(f"exc.{leaf}") for leaf in ("C_m", "g_L", "t_ref"))


# ------------------------------------------------------------------------------- recording
def test_outputs_alone_are_recorded_as_they_are_among_all():
    # the builds of the test above
    every = with_values(Parameters(), {"network.n_per_unit": 25, "build.strict_math": True})
    alone = with_values(every, {"network.record_outputs_only": True})
    trials = [schedule(every, [(c, "0.2")]) for c in every.network.task.conditions[:2]]
    wanted, found = (simulate(p, trials, duration=2.2) for p in (every, alone))
    outputs = [p for p in population_table(every) if p.layer == "output" and p.unit]
    neuron = wanted["spike_neuron"]
    mine = (neuron >= outputs[0].start) & (neuron < outputs[-1].stop)
    assert 20 < mine.sum() < mine.size / 2
    assert len(np.unique(wanted["spike_replicate"][mine])) == 2
    for column, values in found.items():
        assert np.array_equal(values, wanted[column][mine]), column


def test_what_was_not_recorded_is_no_silence():
    from conftest import dataset_of_spikes

    alone = with_values(
        Parameters(), {"network.n_per_unit": 10, "network.record_outputs_only": True}
    )
    trials = schedule(alone, [(alone.network.task.conditions[0], "0.75")])
    empty = {n: np.array([], t) for n, t in (("spike_time", float), ("spike_neuron", np.int32))}
    data = dataset_of_spikes(alone, [trials], empty | {"spike_replicate": np.array([], np.int32)})
    table = SpikeTable(data)
    assert table.rates("output_T", [(0, 0.0, 1.0)]).tolist() == [0.0]
    with pytest.raises(ResultsError, match="spikes of memory_A were not recorded, only those of"):
        table.rates("memory_A", [(0, 0.0, 1.0)])
