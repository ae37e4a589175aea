"""Running experiments: the verb, the engines and targets it runs on, and whether targets agree."""

from pfc_standalone.simulation.engines import Engine
from pfc_standalone.simulation.engines.local import Local
from pfc_standalone.simulation.simulate import Job, prepare, simulate

__all__ = ["Engine", "Job", "Local", "prepare", "simulate"]
