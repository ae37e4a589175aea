"""Random combinations of parameters: a run with finite results, or one sentence.

``python -m tests.sweep_parameters`` tries every bound and many more combinations.
"""

from __future__ import annotations

import numpy as np
import pytest
import sweep_parameters as sweep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point, schedule
from pfc_standalone.models import RunRequest, get_model
from pfc_standalone.models.spiking.tables import weight_tables
from pfc_standalone.parameters import Parameters, parameter_field, with_values

#: Intervals of a trial in a test, at most, s.
LONGEST = 0.6
#: The same ones each time: a test that fails now and then tells nobody what he broke.
HARD = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def value(name):
    """Any value that is allowed for one parameter by itself, its bounds often among them."""
    f, (low, high) = parameter_field(name), sweep.bounds(name).values()
    if f.type == "int":
        return st.sampled_from([low, high]) | st.integers(low, high)
    if f.metadata["unit"] == "s" and not name.startswith("decision."):
        high = min(float(high), LONGEST)
        numbers = st.sampled_from([float(low), high]) | st.integers(
            round(float(low) * 100), round(high * 100)
        ).map(lambda n: n / 100)  # most are multiples of 10 ms
        return numbers.map(str) if f.type == "tuple[str, ...]" else numbers
    return st.sampled_from([low, high]) | st.floats(low, high)


def combinations(names, most):
    """Values of one to so many of these parameters."""
    return st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: value(name) for name in chosen})
    )


SMALL = [n for n in sweep.numeric() if n not in {name for name, _ in sweep.LARGE}]
RUN_BOUND = [n for n in SMALL if parameter_field(n).metadata["binding"] == "run"]


@settings(HARD, max_examples=150)
@given(combinations(SMALL, 12))
def test_what_a_run_is_given_is_finite(values):
    """Or the values do not go together, and the sentence names one of them."""
    try:
        parameters = with_values(Parameters(), sweep.BASE | values)
    except ParameterError as error:
        said = str(error)
        assert "\n" not in said
        assert "allowed is" in said
        assert any(name.rpartition(".")[2] in said for name in values) or "--delay" in said
        return
    conditions = parameters.network.task.conditions
    trials = schedule(parameters, [(c, parameters.experiment.delays[0]) for c in conditions])
    assert np.isfinite([t.end for t in trials]).all()
    request = RunRequest((Point(parameters, trials),), trials[-1].end)
    for table in vars(weight_tables(parameters)).values():
        assert np.isfinite(table).all()
        assert (table >= 0).all()
    model = get_model(parameters)
    for name, given_values in model.values(request).items():
        assert np.isfinite(given_values).all(), name
    assert all(np.isfinite(x) for x in vars(model.footprint(parameters, request.duration)).values())


@settings(HARD, max_examples=8)
@given(combinations(RUN_BOUND, 6))
def test_a_run_has_finite_results(build_cache, values):
    outcome = sweep.attempt(values, figures=False)
    assert outcome.kind in ("ran", "refused"), outcome.said


@pytest.mark.parametrize(
    "values",
    [
        {"network.n_per_unit": 100_000},
        {"network.batch": 4096},
        {"network.stimulus_changes": 2**27},
        {"experiment.trials": 1_000_000},
        {"experiment.replicates": 65_536},
    ],
)
def test_what_is_too_large_for_a_test_fits_or_is_refused(values):
    assert sweep.attempt(values, large=True).kind in ("fits", "refused")


def test_every_number_has_bounds_that_are_tried():
    names = [name for name, _, _ in sweep.one_by_one()]
    assert len(names) == 2 * len(sweep.numeric()) > 150
    assert {"memory.gain low", "memory.gain high", "experiment.delays high"} <= set(names)
