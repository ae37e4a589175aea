"""What can go wrong, in one sentence each, and the exit code that a command ends with."""

from __future__ import annotations


class PFCError(Exception):
    """Base of all errors of this project; the message is one sentence for the user.

    Attributes
    ----------
    exit_code : int
        1: the machine or a program failed; 2: the request is not possible; 3: the machine lacks
        something; 4 is left to verdicts.
    """

    exit_code = 1


class ParameterError(PFCError, ValueError):
    """A value that is not allowed; the message names what, the value, and what is allowed."""

    exit_code = 2


class TaskError(ParameterError):
    """A task that contradicts itself or a task file that cannot be read."""


class ResultsError(PFCError, RuntimeError):
    """Results cannot be written or read; the message says which and why."""

    exit_code = 2


class TargetError(PFCError, RuntimeError):
    """A target cannot build or run; the message says what is missing or went wrong."""


class RequirementError(TargetError):
    """A target did what it could do on this machine, which lacks something for the rest."""

    exit_code = 3


class LostError(TargetError):
    """Machines that simulated a run died, so often that it is given up."""


class UnfinishedError(PFCError):
    """Runs are done and safe, what comes after them is not; the message says how to go on."""
