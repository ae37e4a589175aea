"""Parameters are checked where they are made, and say what is wrong in one sentence."""

from __future__ import annotations

import dataclasses
import re

import pytest

from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters import Parameters, parameter_fields, with_values
from pfc_standalone.parameters.groups import NeuronParameters

BAD = {
    ("network.n_per_unit", "0"): "network.n_per_unit is 0, allowed is a whole number from 10",
    ("network.n_per_unit", "-1"): "is -1, allowed is a whole number from 10 to 100000 neurons",
    ("network.n_per_unit", "1e9"): "is 1000000000, allowed is",
    ("network.n_per_unit", "abc"): "is abc, allowed is",
    ("network.n_per_unit", "10.5"): "is 10.5, allowed is",
    ("network.n_per_unit", ""): "is , allowed is",
    ("network.task", "chess"): "the task is chess, allowed is one of: ax-cpt, shapes",
    ("network.traces", "maybe"): "is maybe, allowed is true or false",
    ("network.synaptic_delay", "3"): "at most exc.t_ref|at most inh.t_ref",
    ("network.delay", "0.55"): "a multiple of network.dt",
    ("memory.w_plus", "nan"): "is nan, allowed is a number from 1 to 10",
    ("memory.w_plus", "inf"): "is inf, allowed is",
    ("output.w_plus", "8"): "output.w_plus is 8, allowed is at most 7, one over a unit's share",
    ("membrane.V_th", "-60"): "raise it",
    ("timing.cue", "0.305"): "a multiple of network.stimulus_dt",
    ("timing.interval", "0.3"): "the reset must end before the next trial",
    ("experiment.delays", "-0.75"): "is -0.75, allowed is a number from 0 to 60 s",
    ("experiment.delays", "nan"): "is nan, allowed is",
    ("experiment.delays", "0.75,x"): "is x, allowed is",
    ("experiment.delays", "5,5.0"): "different values",
    ("memory.gian", "1"): "did you mean memory.gain",
    ("gain", "1"): "is not a parameter",
}


@pytest.mark.parametrize(("name", "text"), BAD)
def test_bad_values_are_refused(name, text):
    with pytest.raises(ParameterError, match=BAD[name, text]) as caught:
        with_values(Parameters(), {name: text})
    assert "\n" not in str(caught.value)


def test_construction_checks_too():
    with pytest.raises(ParameterError, match="C_m is -1"):
        NeuronParameters(C_m=-1.0)
    with pytest.raises(ParameterError, match="C_m is True"):
        NeuronParameters(C_m=True)


def test_every_parameter_survives_its_text():
    defaults = Parameters()
    for name, f in parameter_fields():
        value = defaults[name]
        text = ",".join(value) if isinstance(value, tuple) else str(getattr(value, "name", value))
        assert with_values(defaults, {name: text})[name] == value, name
        assert f.metadata["doc"]
        assert f.metadata["source"]


def test_values_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Parameters().memory.gain = 2.0


def test_shown_name_replaces_the_dotted_one():
    with pytest.raises(ParameterError, match=re.escape("--seed is x")):
        with_values(Parameters(), {"experiment.seed": "x"}, {"experiment.seed": "--seed"})


def test_build_and_run_parameters_are_apart():
    p = Parameters()
    build, run = p.bound_at("build"), p.bound_at("run")
    assert build.keys().isdisjoint(run)
    assert {"network.n_per_unit", "receptors.tau_nmda"} <= build.keys()
    assert {"memory.gain", "experiment.seed", "axcpt.x_to_t", "timing.cue"} <= run.keys()
