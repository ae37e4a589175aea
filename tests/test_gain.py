"""The gain experiment: its indices against formulas by hand, its verdicts against made-up answers."""

from __future__ import annotations

import numpy as np
from conftest import simulate

from pfc_standalone.experiment import schedule
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values


# ------------------------------------------------------------------------------- recording
def test_outputs_alone_are_recorded_as_they_are_among_all():
    values = {"network.n_per_unit": 10, "network.batch": 2, "build.strict_math": True}
    every = with_values(Parameters(), values)
    alone = with_values(every, {"network.record_outputs_only": True})
    trials = [schedule(every, [(c, "0.2")]) for c in every.network.task.conditions[:2]]
    wanted, found = (simulate(p, trials, duration=2.2) for p in (every, alone))
    outputs = [p for p in population_table(every) if p.layer == "output" and p.unit]
    neuron = wanted["spike_neuron"]
    mine = (neuron >= outputs[0].start) & (neuron < outputs[-1].stop)
    assert 20 < mine.sum() < mine.size / 2
    for column, values in found.items():
        assert np.array_equal(values, wanted[column][mine]), column
