"""What a dataset says of where it comes from."""

from __future__ import annotations

from typing import Any

from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import parameter_values

#: Attributes of a dataset that say what its programs were built with begin so.
BUILT_WITH = "built_with_"


def provenance(dataset: Labelled) -> dict[str, Any]:
    """Where a dataset comes from, ready for JSON.

    Returns
    -------
    dict
        ``command``, ``date`` (UTC), ``target``, ``digest`` of the build, ``seed`` (a list where
        several were used), ``version`` of this package, ``processor``, ``system``, and
        ``built_with``: compiler, its flags, and versions of Python and packages; "" for what the
        dataset does not say.
    """
    attrs = dataset.attrs
    seeds = sorted(set(parameter_values(dataset, "experiment.seed").tolist()))
    names = ("command", "date", "target", "digest", "version", "processor", "system")
    return {
        **{name: attrs.get(name, "") for name in names},
        "seed": seeds[0] if len(seeds) == 1 else seeds,
        "built_with": {
            name.removeprefix(BUILT_WITH): value
            for name, value in attrs.items()
            if name.startswith(BUILT_WITH)
        },
    }
