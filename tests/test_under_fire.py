"""A small version of `under_fire`, whose full run is a command of its own."""

from __future__ import annotations

import random
import signal

import pytest
from under_fire import SIGNALS, Range


@pytest.fixture(scope="module")
def place(tmp_path_factory, build_cache):
    return Range(tmp_path_factory.mktemp("fire"), built=build_cache)


@pytest.mark.parametrize(("kind", "after"), [("cold", 6.0), ("warm", 1.0)])
def test_a_killed_command_leaves_nothing_in_the_way(place, kind, after):
    """While it compiles, or runs."""
    place.disturb(kind, signal.SIGKILL, after)


@pytest.mark.parametrize("number", list(SIGNALS), ids=lambda n: n.name)
def test_a_signal_ends_a_command_with_all_that_it_started(place, number):
    place.disturb("warm", number, random.Random(int(number)).uniform(0, 0.8))
