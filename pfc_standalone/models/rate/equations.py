"""The published model's equations, in Brian2's language: one neuron is a network of eight units.

A unit j has an internal state I and an activity y = 1/(1 + exp(-I)); at every update

    I_j += (gain sum_i w_ij y_i + bias + noise - I_j) leak

for all units at once, from the activities before it. The units are variables and no neurons of
their own, so that sums are written out and added in one order on every target; as a Brian2
summed variable they would be added in whatever order threads of a GPU come.
"""

from __future__ import annotations

from pfc_standalone.models.rate.units import FREE, INPUTS, MEMORIES, SIGNS, sources, weight_name

#: Values that a run takes for each network, beside its weights.
CONSTANTS = ("gain", "bias", "noise", "leak")
KEYS = ("rng_seed", "noise_replicate")


def equations() -> str:
    """Variables of a network."""
    return "\n".join(
        [
            *(f"I_{unit} : 1" for unit in FREE),
            *(f"y_{unit} : 1" for unit in (*INPUTS, *FREE)),
            *(f"{weight_name(*pair)} : 1 (constant)" for pair in SIGNS),
            *(f"{name} : 1 (constant)" for name in CONSTANTS),
            *(f"{name} : integer (constant)" for name in (*KEYS, "replicate")),
            "begins : 1",
            "change : integer",
            "pattern : integer",
            "first_step : integer (shared, constant)",
            "n_steps : integer (shared, constant)",
        ]
    )


def update() -> str:
    """What happens at every update, a statement a line: what is shown, activities, states.

    A trial begins at rest: a pattern's number is twice the number of the unit that is shown
    (0: none), and 1 more at the first update of a trial.
    """
    return "\n".join(
        [
            "change = change + int(t_in_timesteps >= change_frame((change + 1)*second, replicate))",
            "pattern = int(change_pattern(change*second, replicate))",
            "begins = 1.0*(pattern % 2)",
            *(f"I_{u} = I_{u}*(1 - begins) + bias*begins" for u in FREE),
            *(f"y_{u} = 1.0*int(pattern // 2 == {k})" for k, u in enumerate(INPUTS, start=1)),
            *(f"y_{u} = 1/(1 + exp_portable(-I_{u}))" for u in FREE),
            *(_step(u, k) for k, u in enumerate(FREE)),
        ]
    )


def _step(unit: str, number: int) -> str:
    total = " + ".join(f"{weight_name(source, unit)}*y_{source}" for source in sources(unit))
    net = f"gain*({total})" if unit in MEMORIES else total
    uniform = f"counter_uniform(rng_seed, noise_replicate, STREAM_UNIT, {number}, t_in_timesteps)"
    return (
        f"I_{unit} = I_{unit} + ({net} + bias + noise*normal_quantile({uniform}) - I_{unit})*leak"
    )
