"""Targets: the ways in which the network becomes something that runs."""
