"""The reduced gain of memory at which the effect of the published model is looked for.

The published model lowers its gain from 1 to 0.8 [1]_. In the spiking network the gain is a factor
on memory's NMDA; what matters is where memory stops to hold, just below which activity lingers:
long enough for a short delay, not for a long one. Where that is falls with the network's size.

References
----------
.. [1] Braver TS, Cohen JD, Servan-Schreiber D (1995). A computational model of prefrontal cortex
   function. NIPS 7:141-148.
"""

from __future__ import annotations

import numpy as np

from pfc_standalone.parameters import Parameters

#: Of the published model.
PUBLISHED = 0.8
#: Neurons of a unit, and the gain that spares the short delay and loses most of what was held
#: within 5 s, or as much as it can where few neurons lose some in the short delay too
#: (docs/model.md).
_FOUND = {25: 0.962, 50: 0.93, 100: 0.913, 400: 0.902}


def reduced_gain(parameters: Parameters) -> float:
    """The default reduced gain of a model and size.

    Parameters
    ----------
    parameters : Parameters
        Their model and ``network.n_per_unit`` count.

    Returns
    -------
    float
        0.8 for the rate model; of the spiking network interpolated linearly in log(n) between the
        sizes at which it was found, and that of the nearest such size beyond them.
    """
    if parameters.network.model == "rate":
        return PUBLISHED
    sizes, gains = zip(*sorted(_FOUND.items()), strict=True)
    return round(float(np.interp(np.log(parameters.network.n_per_unit), np.log(sizes), gains)), 4)
