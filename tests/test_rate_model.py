"""The published rate model: the same numbers on every target, and what the paper says."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import quiet
from scipy import stats

from pfc_standalone import Parameters, Weights, load_results, prepare, simulate, study, with_values
from pfc_standalone.commands.verbs.train_rate_model import main as train_command
from pfc_standalone.commands.verbs.verify import main as verify_command
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point, deal, schedule
from pfc_standalone.experiment.trained import read_trained
from pfc_standalone.models.rate.trained import SHIPPED, shipped
from pfc_standalone.models.rate.training import Recipe, train
from pfc_standalone.models.rate.training.gradient import forward, loss_and_gradient
from pfc_standalone.models.rate.training.recipe import logit, make_trials
from pfc_standalone.models.rate.training.train import all_right, first_weights, sign_mask
from pfc_standalone.models.rate.units import FREE, SIGNS, UNITS
from pfc_standalone.noise.functions.normal_quantile import normal_quantile
from pfc_standalone.simulation import verify_activities
from pfc_standalone.simulation.simulate import plan_runs
from pfc_standalone.simulation.targets import get_target

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "rate-model.md"
#: One build serves all tests here.
BUILT = {"network.model": "rate", "build.strict_math": True, "network.batch": 32}


def load(example):
    spec = importlib.util.spec_from_file_location(example, ROOT / "examples" / f"{example}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rate(**values):
    named = {name.replace("__", "."): value for name, value in values.items()}
    return with_values(Parameters(), BUILT | named)


def as_arrays(networks):
    """Weights as training has them: (n_networks, n_units, n_free)."""
    arrays = np.zeros((len(networks), len(UNITS), len(FREE)))
    for array, network in zip(arrays, networks, strict=True):
        for (source, destination), weight in network.items():
            array[UNITS.index(source), FREE.index(destination)] = weight
    return arrays


def raw(parameters, target, replicates=range(32)):
    """Activities of all units that one run left, all bits of them: (unit, update, network)."""
    trials = schedule(parameters, [(c, "0.75") for c in parameters.network.task.conditions])
    points = [Point(parameters, trials, replicate=k) for k in replicates]
    (run,) = prepare(points, target, quiet).run()
    n_times = run["activities.t"].size
    return np.stack([run[f"activities.y_{unit}"].reshape(n_times, -1) for unit in FREE])


# ------------------------------------------------------------------------------- numbers
def test_normal_quantile_is_the_normal_quantile():
    u = (np.arange(0, 2**32, 40_009) + 0.5) / 2**32
    u = np.concatenate([u, 2.0 ** -np.arange(1, 34), 1 - 2.0 ** -np.arange(1, 34)])
    z = normal_quantile(u)
    assert np.abs(z - stats.norm.ppf(u)).max() < 4e-15
    assert np.array_equal(normal_quantile(1 - u), -z)
    assert stats.kstest(z[:-66], "norm").pvalue > 0.01


@pytest.fixture(scope="module")
def reference():
    return raw(rate(), "numpy")


def test_targets_agree_bit_by_bit(target, reference):
    """The same numbers also wherever in a batch a replicate is."""
    found = raw(rate(), target, range(31, -1, -1))[:, :, ::-1]
    assert found.shape == reference.shape == (4, 200, 32)
    assert found[:, 25:].std() > 0.1  # units are at work
    assert len(np.unique(found[0, -1])) == 32  # each network has its own noise
    assert np.array_equal(found, reference)


# ------------------------------------------------------------------- Brian2 and the training
def test_brian2_and_the_training_agree_to_rounding_in_all_eight_kinds_of_trial():
    """An update that lags by one step would be seen at once, and nowhere else."""
    normal = rate(rate__noise=0.0)
    conditions, delays = normal.network.task.conditions, normal.experiment.delays
    kinds = [(c, delay) for delay in delays for c in conditions]
    points, expected = [], []
    shown = make_trials(normal, Recipe()).shown
    for gain in (1.0, 0.8):
        parameters = with_values(normal, {"memory.gain": gain})
        points += [Point(parameters, schedule(parameters, [kind])) for kind in kinds]
        expected.append(forward(parameters, as_arrays([shipped()[0]]), shown)[0][:, 0])
    (run,) = prepare(points, "numpy", quiet).run()
    trained = np.concatenate(expected, axis=1)
    settle = round(normal.timing.settle / normal.si("rate.update"))
    for k, unit in enumerate(FREE):
        found = run[f"activities.y_{unit}"].reshape(-1, 32)[settle:, :16]
        of_training = trained[: len(found), :, k]
        assert found.shape == of_training.shape
        assert np.abs(found - of_training).max() < 1e-14
        assert np.abs(found[1:] - of_training[:-1]).max() > 0.01


def test_the_gradient_is_that_of_finite_differences():
    parameters, recipe = rate(), Recipe(delays=(0.75,), self_decay=0.1)
    trials, rng = make_trials(parameters, recipe), np.random.default_rng(3)
    weights = np.stack([first_weights(np.random.default_rng(s)) for s in (1, 2)])
    noise = rng.standard_normal((len(trials.shown), 2, trials.shown.shape[1], len(FREE)))

    def losses(at):
        return loss_and_gradient(parameters, recipe, trials, at, noise)[0]

    _, gradient, _ = loss_and_gradient(parameters, recipe, trials, weights, noise)
    for i, j in np.argwhere(sign_mask()):
        step = np.zeros_like(weights)
        step[:, i, j] = 1e-5
        slope = (losses(weights + step) - losses(weights - step)) / 2e-5
        assert slope == pytest.approx(gradient[:, i, j], abs=1e-8), (UNITS[i], FREE[j])
    assert (np.abs(gradient[:, sign_mask() != 0]) > 1e-6).mean() > 0.9


def test_the_gradient_is_that_of_jax():
    """jax is 0.5 GB and no dependency: ``uv run --with "jax[cpu]==0.10.2" pytest -k jax``."""
    jax = pytest.importorskip("jax", reason="jax is not installed: see this test's docstring")
    jax.config.update("jax_enable_x64", True)
    jnp, parameters, recipe = jax.numpy, rate(), Recipe()
    trials, rng = make_trials(parameters, recipe), np.random.default_rng(1)
    weights = np.stack([first_weights(np.random.default_rng(s)) for s in range(3)])
    noise = rng.standard_normal((*trials.asked.shape[:1], 3, trials.asked.shape[1], len(FREE)))

    def total(w):
        def step(state, now):
            shown, xi = now
            y = jax.nn.sigmoid(state)
            fed = jnp.einsum("ki,sij->skj", shown, w[:, :4])
            net = fed + jnp.einsum("ski,sij->skj", y, w[:, 4:]) + parameters.rate.bias + xi
            state = state + (net - state) * parameters.rate.leak
            return state, state

        start = jnp.full(noise.shape[1:], parameters.rate.bias)
        state = jax.lax.scan(step, start, (jnp.array(trials.shown), jnp.array(noise)))[1][..., 2:]
        over = jnp.maximum(state - logit(recipe.prepared), 0.0)
        lost = (
            trials.asked[:, None, :, None] * (jnp.logaddexp(0.0, state) - trials.target * state)
            + trials.before[:, None, :, None] * over**2
        )
        losses = lost.sum((0, 2, 3)) + recipe.self_decay * (w[:, 4, 0] ** 2 + w[:, 5, 1] ** 2)
        return losses.sum(), losses

    (_, losses), expected = jax.value_and_grad(total, has_aux=True)(jnp.array(weights))
    found, gradient, _ = loss_and_gradient(parameters, recipe, trials, weights, noise)
    assert np.abs(found - losses).max() < 1e-14
    assert np.abs(gradient - expected)[:, sign_mask() != 0].max() < 1e-14


def test_training_keeps_the_signs_and_each_network_apart():
    recipe = Recipe(max_epochs=15, delays=(0.75,))
    pair = train(rate(), (4, 7), recipe)
    (alone,) = train(rate(), (7,), recipe)
    assert pair[1] == alone
    assert pair[0].weights != alone.weights
    assert not alone.learned
    first = as_arrays([alone.weights])[0] - first_weights(np.random.default_rng(7))
    assert np.abs(first).max() > 0.1
    for pair_of_units, sign in SIGNS.items():
        assert alone.weights[pair_of_units] * sign >= 0


# ----------------------------------------------------------------------- what comes along
def test_the_networks_that_come_along_know_the_task():
    networks = shipped()
    assert len(networks) >= 20
    _, facts = read_trained(SHIPPED)
    assert facts["command"].startswith("python -m pfc_standalone train-rate-model --seed 0")
    assert SHIPPED.stat().st_size < 20_000
    parameters = rate()
    trials = make_trials(parameters, Recipe())
    _, state = forward(parameters, as_arrays(networks.values()), trials.shown)
    assert all_right(trials, state, parameters.rate.threshold).all()
    for network in networks.values():
        for unit in ("memory_A", "memory_B"):
            # bistable at normal gain, not at 0.8
            assert 4.78 < network[unit, unit] < 5.62 < 4.78 / 0.8
    # what was trained is what runs: the file's parameters are the defaults
    recorded = json.loads(SHIPPED.read_text())["parameters"]
    assert {name: Parameters()[name] for name in recorded} == recorded


def test_reduced_gain_dissociates_bx_from_ay():
    """The headline of the paper, in direction, with the first four networks."""
    parameters = rate(experiment__trials=64, experiment__replicates=4)
    over = {"memory.gain": [1.0, 0.8], "rate.training_seed": range(4)}
    data = simulate(study(parameters, over=over), "cpp")
    gain = np.broadcast_to(data["memory.gain"].values[:, None], data["trial_correct"].shape)

    def errors(g, delay, condition):
        mine = (gain == g) & (data["trial_delay_text"].values == delay)
        mine &= data["trial_condition"].values == condition
        assert mine.sum() == 4 * 64
        return 1 - data["trial_correct"].values[mine].mean()

    rise = {
        (delay, c): errors(0.8, delay, c) - errors(1.0, delay, c)
        for delay in ("0.75", "5")
        for c in ("AX", "AY", "BX", "BY")
    }
    assert rise["5", "BX"] > 0.4
    assert rise["5", "AY"] < -0.01
    assert rise["5", "BY"] < 0.02
    assert max(abs(rise["0.75", c]) for c in ("AX", "AY", "BX", "BY")) < 0.08
    times = data["trial_reaction_time"].values
    normal = (gain == 1.0) & data["trial_correct"].values
    by = {c: times[normal & (data["trial_condition"].values == c)].mean() for c in ("AY", "BX")}
    assert by["AY"] > 1.5 * by["BX"]
    wrong = (gain == 1.0) & ~data["trial_correct"].values & ~np.isnan(times)
    slow = {c: times[wrong & (data["trial_condition"].values == c)].mean() for c in ("AY", "BX")}
    assert slow["AY"] < by["AY"]  # fast errors of A's preparation
    assert slow["BX"] > by["BX"]  # slow ones of X's habit


def test_the_examples_print_what_docs_show(capsys):
    load("rate_time_step").main()
    said = capsys.readouterr().out
    assert "two stable states for weights of 4.78 to 5.62" in said
    page = PAGE.read_text()
    assert all(line in page for line in said.splitlines() if line.startswith("|"))
    settings = ["experiment.replicates=4", *(f"{n}={v}" for n, v in BUILT.items())]
    load("rate_dissociation").main("20", "", *settings)
    said = capsys.readouterr().out
    assert "24 networks, 20 trials of each kind" in said
    (dissociating,) = re.findall(r"rise of BX errors at a long delay: (\d+) of 24", said)
    assert int(dissociating) >= 20


# --------------------------------------------------------------------------------- commands
def test_the_commands_take_the_model(tmp_path, capsys):
    from build_targets.cpp import CppTarget
    from pfc_standalone.commands.run import main

    arguments = ["--model", "rate", "--strict-math", "--set", "network.batch=32", "--json"]
    arguments += ["--trials", "8", "--replicates", "32", "--output", str(tmp_path / "run")]
    assert main("cpp", lambda chosen: CppTarget(), argv=arguments) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["model"] == "rate"
    assert summary["training_seeds"] == [0]
    assert min(c["value"] for d in summary["accuracy"].values() for c in d.values()) >= 0.5
    assert summary["memory_held"]["0.75"]["value"] > 0.8
    assert summary["premature_responses"]["value"] == 0 < summary["early_crossings"]["value"]
    assert summary["unit_activities"]["memory_A"]["delay"] > 0.6
    assert summary["unit_activities"]["memory_A"]["delay_other"] < 0.3
    assert not {"spikes", "population_rates_hz", "n_per_unit"} & summary.keys()
    data = load_results(tmp_path / "run")
    assert data["activity"].dtype == np.float32
    # reaction times are whole updates, the first at the earliest
    times = data["trial_reaction_time"].values / 0.05
    assert np.nanmin(times) >= 1 - 1e-9
    assert np.allclose(times, np.rint(times), equal_nan=True)
    drawn = {p.stem for p in (tmp_path / "run").glob("*.png")}
    assert drawn == {"behaviour", "activities", "activities_long"}


def test_training_is_a_command_whose_file_other_commands_take(tmp_path, capsys):
    file = tmp_path / "one.json"
    arguments = ["--seeds", "1", "--seed", "30", "--recipe", "noise=0", "--recipe", "patience=1"]
    assert train_command([*arguments, "--output", str(file)]) == 0
    assert "1 of 1 networks learned the task" in capsys.readouterr().out
    weights = Weights.load(file)
    parameters = rate(rate__training_seed=30, experiment__trials=1)
    (point, *_) = deal(parameters, weights)
    assert Weights.from_dict(json.loads(json.dumps(weights.as_dict()))) == weights
    weights.save(tmp_path / "again.json")
    assert Weights.load(tmp_path / "again.json").networks == weights.networks
    plan = plan_runs([point], get_target("numpy"))
    assert plan.points[0].weights.networks.keys() == {30}
    assert train_command([*arguments, "--output", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_training_that_fails_writes_nothing(tmp_path, capsys):
    arguments = ["--seeds", "1", "--recipe", "max_epochs=2", "--output", str(tmp_path / "none")]
    assert train_command(arguments) != 0
    said = capsys.readouterr()
    assert "none of 1 networks learned the task in 2 epochs" in said.err
    assert not list(tmp_path.iterdir())


REFUSED = {
    ("network.task", "shapes"): "the task is shapes, allowed with the model rate is ax-cpt",
    ("network.traces", True): "network.traces is true, allowed with the model rate is false",
    ("network.learning_rule", "pair-stdp"): "allowed with the model rate is none",
    ("experiment.delays", "0.76"): "--delay is 0.76 s, allowed is a multiple of rate.update",
    ("timing.cue", 0.32): "timing.cue is 0.32 s, allowed is a multiple of rate.update",
    ("rate.window", 1.0): "rate.window is 1 s, allowed is at most timing.probe + timing.interval",
    ("rate.training_seed", 999): "allowed is the seed of a trained network: 0, 1, 2",
}


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda x: str(x))
def test_what_the_model_cannot_do_is_refused(name, value):
    with pytest.raises(ParameterError, match=re.escape(REFUSED[name, value])) as caught:
        plan_runs(deal(rate(**{name: value})), get_target("numpy"))
    assert "\n" not in str(caught.value)


def test_weights_of_the_other_model_are_refused():
    of_rate, of_spiking = Weights(networks=shipped()), Weights({("input_A", "memory_A"): 30.0})
    with pytest.raises(ParameterError, match="the model is spiking: use --model rate"):
        deal(Parameters(), of_rate)
    with pytest.raises(ParameterError, match="the model is rate: use --model spiking"):
        deal(rate(), of_spiking)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(kind="x"), "is no file of trained networks"),
        (lambda raw: raw.update(format_version=9), "is of format version 9"),
        (lambda raw: raw["projections"].pop(), "lacks something"),
        (lambda raw: raw.pop("command"), "lacks something"),
        (lambda raw: raw["networks"].update({"0": {"weights": [float("nan")] * 22}}), "no number"),
        (lambda raw: raw["networks"]["0"]["weights"].__setitem__(0, -1.0), "one that excites"),
        (lambda raw: raw["projections"].__setitem__(0, ["input_Q", "memory_A"]), "disagree on"),
    ],
)
def test_a_broken_file_of_networks_is_one_sentence(tmp_path, change, said):
    raw = json.loads(SHIPPED.read_text())
    change(raw)
    (tmp_path / "file.json").write_text(json.dumps(raw))
    with pytest.raises(ParameterError, match=said) as caught:
        plan_runs(deal(rate(), Weights.load(tmp_path / "file.json")), get_target("numpy"))
    assert "\n" not in str(caught.value)
    (tmp_path / "file.json").write_text(json.dumps(raw)[:500])
    with pytest.raises(ParameterError, match="cannot be read"):
        Weights.load(tmp_path / "file.json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--recipe", "max_epochs=0"], "max_epochs is 0, allowed is 1 to 1e+06"),
        (["--recipe", "noise=nan"], "noise is nan, allowed is 0 to 20"),
        (["--recipe", "noise=x"], "noise is x, allowed is a number"),
        (["--recipe", "speed=1"], "--recipe has speed, allowed is one of"),
        (["--recipe", "target_to=0.1"], "target_to is 0.1 s, allowed is more than"),
        (["--recipe", "target_to=0.62"], "target_to is 0.62 s, allowed is a multiple of"),
        (["--recipe", "target_to=2"], "target_to is 2 s, allowed is at most rate.window"),
        (["--seeds", "0"], "--seeds is 0, allowed are 1 to 1000"),
        (["--seed", "-1"], "--seed is -1, allowed"),
        (["--set", "rate.update=7"], "timing.settle is 1 s, allowed is a multiple of rate.update"),
        (["--set", "rate.gain=1"], "rate.gain is not a parameter"),
    ],
)
def test_what_cannot_be_trained_is_refused(options, said, tmp_path, capsys):
    assert train_command(["--seeds", "1", *options, "--output", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert said in error
    assert not list(tmp_path.iterdir())


# ----------------------------------------------------------------------------------- verify
@pytest.mark.parametrize(
    ("error", "agree"), [(0.0, True), (1e-15, False), (1e-9, False), (1e-3, False)]
)
def test_verify_compares_activities(error, agree, tmp_path, capsys, monkeypatch):
    """With strict math every bit counts; the default build may round."""
    computed = []

    def activities(parameters, target, on_progress, weights, start):
        strict = parameters.build.strict_math
        computed.append((target.name, strict))
        off = error if target.name == "numpy" and (strict or error > 1e-6) else 0.0
        return np.linspace(0.0, 1.0, 40).reshape(4, 10) + 2 * off

    monkeypatch.setattr(verify_activities, "_activities", activities)
    file = tmp_path / "verdict.json"
    arguments = ["--model", "rate", "--targets", "cpp,numpy", "--output", str(file)]
    assert verify_command(arguments) == (0 if agree else 4)
    assert ("DO NOT AGREE" in capsys.readouterr().out) is not agree
    assert set(computed) == {(t, s) for t in ("cpp", "numpy") for s in (True, False)}
    strict, default = json.loads(file.read_text())["activities"]
    assert (strict["build"], strict["agrees"]) == ("strict", agree)
    assert default["agrees"] is (error < 1e-6)


def test_silence_is_no_agreement():
    still = np.full((4, 10), 0.0759)
    found = verify_activities._compare(("a", "b", "strict", 0.0), still, still)
    assert found.equal == found.compared == 40
    assert not found.agrees
