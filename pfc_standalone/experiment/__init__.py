"""What is to be simulated: trials, weights, and points, the columns of an experiment."""

from pfc_standalone.experiment.points import Point, deal, study
from pfc_standalone.experiment.trials import Trial, schedule
from pfc_standalone.experiment.weights import Weights

__all__ = ["Point", "Trial", "Weights", "deal", "schedule", "study"]
