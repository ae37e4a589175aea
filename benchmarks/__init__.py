"""Benchmarks of the targets, their report, and what a change did."""

from pfc_standalone.figures.backend import import_matplotlib

import_matplotlib()  # before any file of this folder does: $MPLBACKEND may name no backend
