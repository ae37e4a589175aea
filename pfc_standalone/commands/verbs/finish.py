"""Finish a results folder that a command could not."""

from pfc_standalone.commands.finish import main

COMMAND = main
