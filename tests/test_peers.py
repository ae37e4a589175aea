"""The network in other simulators does what it does here."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measure import Case, Settings
from benchmarks.peers import PEERS, Peer, PeerProgram
from pfc_standalone.models.spiking.populations import population_table

ONE = {peer.name: peer for peer in PEERS if peer.threads == 1 and "--model" not in peer.options}


@pytest.mark.parametrize("peer", ONE.values(), ids=list(ONE))
def test_a_peer_holds_the_cue(peer, tmp_path):
    if peer.missing:
        pytest.skip(peer.missing)
    settings = Settings(duration=0.8, seeds=10, rounds=1, limit=1e3, values={})
    parameters = settings.parameters(Case("cpp", 10))
    program = PeerProgram(peer, parameters, tmp_path, 1.5)
    run = program.run(1)
    assert run.phases["simulate"] > 0
    assert run.memory > 1e7
    assert run.index.size == run.time.size
    assert run.time.max() <= 1.5 + 1e-9

    def rate(name, start, stop):
        (q,) = (q for q in population_table(parameters) if q.name == name)
        mine = (run.index >= q.start) & (run.index < q.stop)
        return np.sum((run.time[mine] >= start) & (run.time[mine] < stop)) / q.size / (stop - start)

    assert 2 < rate("input_inh", 0.2, 0.5) < 10  # 4 to 5 Hz (docs/model.md)
    assert 5 < rate("input_A", 0.5, 0.8) < 60
    assert rate("input_X", 0.5, 0.8) < 0.4 * rate("input_A", 0.5, 0.8)
    assert 15 < rate("memory_A", 1.0, 1.5) < 70
    assert rate("memory_B", 1.0, 1.5) < 5
    again = program.run(1)
    assert np.array_equal(again.time, run.time)


def test_a_peer_that_is_not_installed_says_so():
    peer = Peer("Nobody", "no_such_simulator", "nobody")
    assert peer.missing.startswith("Nobody: the package no_such_simulator is not installed")
    assert {peer.package for peer in PEERS} == {"nest", "pygenn"}
