"""How long does memory last when its gain falls?
==============================================

One build, several values of one parameter::

    uv run python examples/gain_curve.py

Prints, for each value of memory.gain, the fraction of trials at whose delay's end the memory
layer still held the cue.
"""

from __future__ import annotations

from pfc_standalone import Parameters, simulate, study, with_values
from pfc_standalone.analysis.activity import memory_held


def main(n_per_unit: int = 25, trials: int = 1, gains: tuple[float, ...] = (1.0, 0.9, 0.8)) -> None:
    """Run the experiment at each gain and print what memory held."""
    size = {"network.n_per_unit": n_per_unit, "experiment.trials": trials}
    base = with_values(Parameters(), size | {"experiment.replicates": 2})
    data = simulate(study(base, over={"memory.gain": gains}))
    for gain, part in data.groupby("memory.gain"):
        held = memory_held(part).items()
        shown = ", ".join(f"{h['value']:.0%} of {h['n']} after {d} s" for d, h in held)
        print(f"gain {gain:g}: memory held {shown}")


if __name__ == "__main__":
    main()
