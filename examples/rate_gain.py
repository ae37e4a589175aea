"""The paper's figure, in seconds
==============================

Four of the trained networks of the published model, 25 trials of each kind, at normal and at
reduced gain of memory::

    uv run python examples/rate_gain.py

With all 24 networks and 1000 trials of each kind it is ``python -m pfc_standalone gain --model
rate``, which also judges what was found.
"""

from __future__ import annotations

from pfc_standalone import Parameters, draw, simulate, study, with_values

# %%
# Networks and gains are points of one call, which one build serves; a process simulates all.
values = {"network.model": "rate", "experiment.trials": 25, "experiment.replicates": 1}
base = with_values(Parameters(), values | {"network.batch": 8})
points = study(base, over={"memory.gain": (1.0, 0.8), "rate.training_seed": range(4)})
data = simulate(points)

# %%
# After a long delay, a reduced gain spoils BX, where memory must overrule the habit that X asks for
# the target, and spares AY, where memory is what misleads.
gain = draw(data, "gain")["gain"]

# %%
# Labels are coordinates of the dataset.
for value, part in data.groupby("memory.gain"):
    bx = (part["trial_condition"] == "BX") & (part["trial_delay_text"] == "5")
    errors = 1 - float(part["trial_correct"].where(bx).mean())
    print(f"gain {value:g}: {errors:.0%} errors on BX after 5 s")
