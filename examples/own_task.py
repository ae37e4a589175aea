"""A task of your own
==================

Two arrows, and an output for each: no memory, and an answer from the cue's onset on::

    uv run python examples/own_task.py

The same can stand in a text file (`docs/tasks.md`), which every command takes as ``--task FILE``.
"""

from __future__ import annotations

from pfc_standalone import (
    Condition,
    Parameters,
    Projection,
    Task,
    deal,
    draw,
    simulate,
    with_values,
)

# %%
# Units, images, projections and conditions; what contradicts itself is refused here. A projection's
# conductance is summed over its source unit, in nS.
arrows = Task(
    name="arrows",
    units={"input": ("L", "R"), "memory": ("L", "R"), "output": ("L", "R")},
    images={
        "L": ("00100", "01000", "11111", "01000", "00100"),
        "R": ("00100", "00010", "11111", "00010", "00100"),
    },
    projections=tuple(Projection(f"input_{u}", f"output_{u}", 52.0) for u in "LR"),
    conditions=tuple(Condition(u, cue=u, correct=u) for u in "LR"),
)

# %%
# Sizes, trials and delays are parameters, as for the tasks that come along.
values = {"network.task": arrows, "network.n_per_unit": 25, "experiment.delays": "0.5"}
data = simulate(deal(with_values(Parameters(), values | {"experiment.trials": 4})))
print(f"{float(data['trial_correct'].mean()):.0%} of {data['trial_correct'].size} answered right")

# %%
behaviour = draw(data, "behaviour")["behaviour"]
