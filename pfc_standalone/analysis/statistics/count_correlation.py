"""Correlation of spike counts in 100 ms of each pair of at most 50 neurons."""

from pfc_standalone.analysis.spike_statistics import count_correlations

STATISTIC = count_correlations
