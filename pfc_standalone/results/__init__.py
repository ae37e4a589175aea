"""What an experiment leaves: raw runs, one dataset, and the folder that holds them."""

from pfc_standalone.results.dataset import (
    load_results,
    parameter_values,
    parameters_of,
    points_of,
    task_of,
    write_dataset,
)

__all__ = [
    "load_results",
    "parameter_values",
    "parameters_of",
    "points_of",
    "task_of",
    "write_dataset",
]
