"""Every number of the model: how one is declared, what they are, and the tree that holds them."""

from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters.fields import allowed_range
from pfc_standalone.parameters.tree import (
    RENAMED,
    Parameters,
    parameter_field,
    parameter_fields,
    with_values,
)
from pfc_standalone.parameters.units import SI

__all__ = [
    "RENAMED",
    "SI",
    "ParameterError",
    "Parameters",
    "allowed_range",
    "parameter_field",
    "parameter_fields",
    "with_values",
]
