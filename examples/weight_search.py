"""Which weight answers the task best?
===================================

Several values of one weight, side by side, on one build::

    uv run python examples/weight_search.py

Prints, for each value of axcpt.x_to_t, the fraction of trials that were answered right.
"""

from __future__ import annotations

from pfc_standalone import Parameters, deal, simulate, with_values


def main(n_per_unit: int = 25, trials: int = 2, tried: tuple[float, ...] = (40, 58.4, 80)) -> None:
    """Simulate every weight and print its accuracy."""
    size = {"network.n_per_unit": n_per_unit, "experiment.trials": trials}
    base = with_values(Parameters(), size | {"experiment.delays": "0.75"})
    networks = [with_values(base, {"axcpt.x_to_t": weight}) for weight in tried]
    data = simulate([point for network in networks for point in deal(network)])
    for weight, part in data.groupby("axcpt.x_to_t"):
        correct = part["trial_correct"].where(part["trial_condition"] != "")
        print(f"x_to_t {weight:g} nS: {float(correct.mean()):.0%} correct")


if __name__ == "__main__":
    main()
