"""The summary of a gain experiment: what its ``summary.json`` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pfc_standalone.analysis import answers, behaviour, gain_effect
from pfc_standalone.analysis.bounds import as_row, verdicts
from pfc_standalone.analysis.gain_effect import GainEffect
from pfc_standalone.analysis.spike_statistics import proportion
from pfc_standalone.analysis.summary import cost_of, network_of, without_nan
from pfc_standalone.experiment.gain_points import GAIN
from pfc_standalone.results import parameter_values
from pfc_standalone.results.provenance import provenance

if TYPE_CHECKING:
    import xarray as xr

_SLOWER = gain_effect.PUBLISHED[0]


def summarise_gain(dataset: xr.Dataset) -> dict[str, Any]:
    """The summary of a dataset with normal and reduced gain, ready for JSON: NaN is null."""
    effect = gain_effect.gain_effect(dataset)
    by_gain = effect.by_gain
    summary = {
        "experiment": "gain",
        **network_of(dataset),
        "gains": dict(effect.gains),
        "errors": {g: answers.errors(a) for g, a in by_gain.items()},
        "reaction_times_s": {g: answers.reaction_times(a) for g, a in by_gain.items()},
        "reaction_times_wrong_s": {
            g: answers.reaction_times(a, correct=False) for g, a in by_gain.items()
        },
        "premature_responses": _early(dataset, effect, behaviour.premature_responses),
        "pbi_errors": _indices(effect, answers.pbi_errors),
        "pbi_reaction_times": _indices(effect, answers.pbi_reaction_times),
        "d_context": _indices(effect, answers.d_context),
        "adults": _adults(),
        "findings": [as_row(v) for v in gain_effect.findings(effect)],
        "dissociates": gain_effect.dissociates(effect),
    }
    networks = _networks(dataset)
    if networks:
        summary["networks"] = networks
        summary["early_crossings"] = _early(dataset, effect, behaviour.early_crossings)
    summary |= {**cost_of(dataset), "provenance": provenance(dataset)}
    return {key: without_nan(value) for key, value in summary.items()}


def _early(dataset: xr.Dataset, effect: GainEffect, fraction: Any) -> dict[str, Any]:
    values = parameter_values(dataset, GAIN)
    return {g: fraction(dataset.isel(replicate=values == v)) for g, v in effect.gains.items()}


def _indices(effect: GainEffect, index: Any) -> dict[str, dict[str, dict[str, float]]]:
    return {
        gain: {
            delay: dict(zip(("value", "low", "high"), index(cells), strict=True))
            for delay, cells in found.items()
        }
        for gain, found in effect.by_gain.items()
    }


def _adults() -> dict[str, Any]:
    """Healthy adults, as `gain_effect` has them."""

    def spread(mean: float, sd: float) -> dict[str, float]:
        return {"mean": mean, "sd": sd}

    return {
        "source": "Gonthier et al. 2016, doi:10.3389/fpsyg.2016.01822, baseline condition",
        "errors": {c: spread(*e) for c, e in gain_effect.ADULT_ERRORS.items()},
        "reaction_times_s": {
            c: spread(mean / 1e3, sd / 1e3) for c, (mean, sd) in gain_effect.ADULT_TIMES_MS.items()
        },
        "pbi_errors": spread(*gain_effect.ADULT_PBI_ERRORS),
        "pbi_reaction_times": {"mean": gain_effect.ADULT_PBI_TIMES},
        "d_context": {"mean": gain_effect.ADULT_D_CONTEXT},
    }


def _networks(dataset: xr.Dataset) -> dict[str, Any]:
    """Of several trained networks, how many show the effect, each by itself: fractions with their
    Wilson 95 % interval. Nothing of a model that is not trained.
    """
    if "trial_early_crossing" not in dataset:
        return {}
    seeds = parameter_values(dataset, "rate.training_seed")
    every = sorted(set(seeds.tolist()))
    effects = [gain_effect.gain_effect(dataset.isel(replicate=seeds == s)) for s in every]
    found: dict[str, Any] = {"training_seeds": every}
    dissociate = [gain_effect.dissociates(e) for e in effects]
    if None not in dissociate:
        found["dissociate"] = proportion(dissociate.count(True), len(every))
    slower = [all(v.holds for v in verdicts(e, [_SLOWER])) for e in effects]
    return found | {"ay_slower_than_bx": proportion(slower.count(True), len(every))}
