"""Two readings of the paper's time step
=====================================

One memory unit of the published model by itself, at both readings::

    uv run python examples/rate_time_step.py

Prints between which weights it holds either state, and how long it stays on at reduced gain.
"""

from __future__ import annotations

import numpy as np

from pfc_standalone import Parameters

P = Parameters()
#: What an update of `rate.leak` may be, ms: all of the paper's tau, or a tenth of it.
READINGS = {"one update each 50 ms (leak 500 ms)": 50.0, "ten updates each 50 ms (leak 50 ms)": 5.0}
WEIGHTS = (4.9, 5.2, 5.4, 5.6)


def bistable(bias: float) -> tuple[float, float]:
    """Weights between which a unit that excites itself has two stable states.

    A state I holds itself with the weight (I - bias)/y; the window lies between the smallest and
    largest of it where the curve turns, at (I - bias)(1 - y) = 1.
    """
    state = np.linspace(bias + 0.01, 6.0, 2_000_000)
    y = 1 / (1 + np.exp(-state))
    turns = np.flatnonzero(np.diff(np.sign((state - bias) * (1 - y) - 1)))
    high, low = ((state[t] - bias) / y[t] for t in turns)
    return float(low), float(high)


def stays_on(weight: float, gain: float, update: float) -> float:
    """Seconds until the activity of a unit that was on at full gain falls to a half."""
    state = 5.0
    for _ in range(10_000):
        state += (weight / (1 + np.exp(-state)) + P.rate.bias - state) * P.rate.leak
    steps = 0
    while state > 0 and steps < 10_000:
        state += (gain * weight / (1 + np.exp(-state)) + P.rate.bias - state) * P.rate.leak
        steps += 1
    return steps * update / 1e3


def main() -> None:
    """Entry point."""
    low, high = bistable(P.rate.bias)
    print(f"two stable states for weights of {low:.2f} to {high:.2f}, times 1/gain")
    print(f"\n| at gain 0.8, on for, s | {' | '.join(f'w {w:g}' for w in WEIGHTS)} |")
    print("| --- | --- | --- | --- | --- |")
    for reading, update in READINGS.items():
        cells = [f"{stays_on(w, 0.8, update):.3g}" for w in WEIGHTS]
        print(f"| {reading} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
