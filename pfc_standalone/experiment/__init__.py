"""What is to be simulated: trials, weights, and points, the columns of an experiment."""

from pfc_standalone.experiment.lessons import Lesson, Scene
from pfc_standalone.experiment.points import Point, deal, study
from pfc_standalone.experiment.trials import Trial, one_of_each, schedule
from pfc_standalone.experiment.weights import Weights

__all__ = [
    "Lesson",
    "Point",
    "Scene",
    "Trial",
    "Weights",
    "deal",
    "one_of_each",
    "schedule",
    "study",
]
