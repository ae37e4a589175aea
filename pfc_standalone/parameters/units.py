"""The units of parameters and results: what one of each is in SI. Nothing else knows factors."""

from __future__ import annotations

#: From a unit's name to its value in SI. Counts and pure numbers have the factor 1.
SI = {
    "": 1.0,
    "mV": 1e-3,
    "nF": 1e-9,
    "nS": 1e-9,
    "ms": 1e-3,
    "s": 1.0,
    "1/ms": 1e3,
    "mM": 1.0,  # mol/m3
    "Hz": 1.0,
    "kHz": 1e3,
    **dict.fromkeys(("neurons", "replicates", "trials", "fibres", "n_per_unit"), 1.0),
}
