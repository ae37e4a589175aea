"""Other simulators with the same network, each a script in this folder: ``--peers``."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from benchmarks.outside import Program, Run
from pfc_standalone.parameters import Parameters

#: Biological time of the run from which another's time is foreseen, s.
_TRIAL = 0.02


@dataclass(frozen=True)
class Peer:
    """A way to simulate the network elsewhere.

    Attributes
    ----------
    name : str
        What tables call it.
    package : str
        What must be installed, as it is imported.
    script : str
        The module of this folder that simulates.
    options : tuple of str
        What the script is given beside parameters, folder, duration and seed.
    threads : int
        How many simulate.
    """

    name: str
    package: str
    script: str
    options: tuple[str, ...] = ()
    threads: int = 1

    @property
    def missing(self) -> str:
        """Why this machine cannot run it; "" if it can."""
        if importlib.util.find_spec(self.package):
            return ""
        return f"{self.name}: the package {self.package} is not installed (docs/benchmarking.md)"


PEERS = (
    Peer("NEST", "nest", "nest"),
    Peer("NEST, 2 threads", "nest", "nest", ("--threads", "2"), 2),
    Peer("NEST, exact NMDA", "nest", "nest", ("--model", "iaf_bw_2001_exact")),
    Peer("GeNN", "pygenn", "genn"),
)


class PeerProgram(Program):
    """The network in another simulator."""

    def __init__(self, peer: Peer, parameters: Parameters, folder: Path, duration: float) -> None:
        super().__init__(peer.name, parameters, folder, duration)
        self.built = {"generate": 0.0, "compile": 0.0}
        self.threads = peer.threads
        self._script, self._given = f"benchmarks.peers.{peer.script}", peer.options

    def run(self, seed: int) -> Run:
        """Simulate once."""
        return self._scripted(self._script, seed, *self._given)

    def foresee(self) -> float:
        """Seconds that one run will take."""
        phases = self._python(self._script, *self._given, "--duration", _TRIAL)[0]
        once = sum(seconds for phase, seconds in phases.items() if phase != "simulate")
        return once + phases["simulate"] * self._duration / _TRIAL
