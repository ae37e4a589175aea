"""How the published model learns its weights: back-propagation through time, in numpy."""

from pfc_standalone.models.rate.training.recipe import Recipe
from pfc_standalone.models.rate.training.train import Trained, train

__all__ = ["Recipe", "Trained", "train"]
