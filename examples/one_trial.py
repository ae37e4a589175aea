"""One trial of each condition
===========================

Simulates AX, AY, BX and BY with 25 neurons a unit, and draws what every population did::

    uv run python examples/one_trial.py [FOLDER]

An existing FOLDER gets the figures as PNG.
"""

from __future__ import annotations

import sys

from pfc_standalone import Parameters, deal, draw, simulate, with_values

# %%
# What to simulate is a value. `deal` deals its trials out over replicates; here there is one.
values = {"network.n_per_unit": 25, "experiment.trials": 1, "experiment.delays": "0.75"}
parameters = with_values(Parameters(), values | {"experiment.replicates": 1})
data = simulate(deal(parameters))
conditions, responses = (data[f"trial_{n}"].values[0] for n in ("condition", "response"))
for condition, response in zip(conditions, responses, strict=True):
    print(f"{condition}: {response or 'no response'}")

# %%
# The spikes of two of the trials. The input layer follows the images, memory holds the cue, and
# the outputs compete when the probe is shown.
raster = draw(data, "raster")["raster"]

# %%
# The rates of the selective populations, and the threshold at which an output answers.
rates = draw(data, "rates")["rates"]

# %%
for folder in sys.argv[1:]:
    raster.savefig(f"{folder}/raster.png", dpi=150)
    rates.savefig(f"{folder}/rates.png", dpi=150)
