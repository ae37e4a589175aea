"""How long does memory last when its gain falls? One build, several values of one parameter.

    uv run python examples/gain_and_memory.py

Prints, for each value of memory.gain, the fraction of trials at whose delay's end the memory
layer still held the cue.
"""

from __future__ import annotations

from build_targets.cpp import CppTarget
from pfc_standalone.activity import memory_held
from pfc_standalone.experiment import run_experiment
from pfc_standalone.parameters import Parameters, with_values


def main(n_per_unit: int = 50, trials: int = 4, gains: tuple[float, ...] = (1.0, 0.9, 0.8)) -> None:
    """Run the experiment at each gain and print what memory held."""
    for gain in gains:
        parameters = with_values(
            Parameters(),
            {
                "network.n_per_unit": n_per_unit,
                "experiment.trials": trials,
                "experiment.replicates": 2,
                "memory.gain": gain,
            },
        )
        experiment = run_experiment(parameters, CppTarget())
        held = memory_held(experiment.dataset, parameters)
        shown = ", ".join(f"{h['value']:.0%} of {h['n']} after {d} s" for d, h in held.items())
        print(f"gain {gain:g}: memory held {shown}")


if __name__ == "__main__":
    main()
