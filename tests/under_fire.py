"""Kill and interrupt the whole command at random moments, then see that nothing is lost or broken.

``python -m tests.under_fire`` does the full run: 50 kills and each signal at 12 moments, each once
with an empty cache and once with the build in it, and eight identical first builds at once. It
prints what it counted as JSON, and fails on the first thing that is not as promised.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pfc_standalone import load_results

PROJECT = Path(__file__).resolve().parent.parent
SMALL = ["--n-per-unit", "10", "--trials", "1", "--delay", "0.75", "--replicates", "1"]
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
#: How long the processes of a command that was ended may take to be gone, s.
PATIENCE = 5.0


@dataclass
class Range:
    """A temporary place for commands, and what an undisturbed one leaves there.

    Attributes
    ----------
    built : Path, optional
        Cache that commands which find their build use, in place; by default each a copy of one
        that is filled first.
    seconds : dict of float
        How long an undisturbed command takes, with an empty cache (``cold``) and with the build.
    """

    folder: Path
    built: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    expected: str = ""
    files: frozenset[str] = frozenset()
    count: int = 0

    def __post_init__(self) -> None:
        for kind in ("cold", "warm"):
            began = time.perf_counter()
            output = self.folder / kind
            self.start(self.built or self.folder / "undisturbed", output).check(0)
            self.seconds[kind] = time.perf_counter() - began
        self.expected, self.files = spikes(output), names(output)

    def start(self, cache: Path, output: Path) -> Command:
        """The command, started."""
        return Command(cache, output)

    def disturb(self, kind: str, number: signal.Signals, after: float) -> None:
        """Send a signal to a command after some seconds; then give the same command again."""
        self.count += 1
        cache, output = self.folder / f"cache-{self.count}", self.folder / f"run-{self.count}"
        if kind == "warm" and self.built:
            cache = self.built
        elif kind == "warm":
            shutil.copytree(self.folder / "undisturbed", cache)
        what = f"{number.name} after {after:.2f} s, {kind}"
        command = self.start(cache, output)
        code = command.disturb(number, after)
        if number != signal.SIGKILL:
            # it may have been done already; Python, when it ends, gives signals back to the system
            shell = code if code >= 0 else 128 - code
            assert shell in (0, SIGNALS[number]), f"{what}: exit {code}: {command.said()}"
            assert "Traceback" not in command.said(), f"{what}: {command.said()}"
            left = command.processes(PATIENCE)
            assert not left, f"{what}: left {left}"
        if output.exists():  # it has its name, so it is whole
            assert names(output) == self.files, what
            assert spikes(output) == self.expected, what
            shutil.rmtree(output)
        again = self.start(cache, output)
        again.check(0)
        assert spikes(output) == self.expected, f"{what}: other spikes afterwards"
        assert names(output) == self.files, f"{what}: {names(output) ^ self.files}"
        assert not output.with_name(f"{output.name}.partial").exists(), what
        shutil.rmtree(output)
        if cache != self.built:
            shutil.rmtree(cache)

    def build_at_once(self, n: int) -> None:
        """Some identical first commands at once: one build, equal results."""
        cache = self.folder / "together"
        outputs = [self.folder / f"together-{k}" for k in range(n)]
        for command in [self.start(cache, output) for output in outputs]:
            command.check(0)
        assert {spikes(output) for output in outputs} == {self.expected}
        built = [p for p in cache.iterdir() if p.is_dir() and not p.name.startswith(".")]
        # source, compiled, and what the compiler can do
        assert len(built) == 3, [p.name for p in cache.iterdir()]


class Command:
    """One command and all processes that it starts, found by a mark in their environment."""

    def __init__(self, cache: Path, output: Path) -> None:
        self.mark = f"{output}"
        self.errors = output.with_name(f"{output.name}.errors")
        environment = os.environ | {"PFC_CACHE_DIR": str(cache), "PFC_UNDER_FIRE": self.mark}
        script = PROJECT / "build_targets" / "cpp.py"
        with self.errors.open("wb") as errors:
            self.popen = subprocess.Popen(
                [sys.executable, str(script), *SMALL, "--output", str(output)],
                env=environment, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip

    def said(self) -> str:
        """What it said on standard error."""
        return self.errors.read_text(errors="replace")

    def check(self, code: int) -> None:
        """Wait for its end; the exit code must be this one."""
        assert self.popen.wait(timeout=300) == code, self.said()

    def disturb(self, number: signal.Signals, after: float) -> int:
        """Send a signal after some seconds; the exit code."""
        if number != signal.SIGKILL:
            self._wait_for_its_own_lines()
        try:
            return self.popen.wait(after)
        except subprocess.TimeoutExpired:
            self.popen.send_signal(number)
        return self.popen.wait(timeout=60)

    def _wait_for_its_own_lines(self) -> None:
        """Until Python has started up and the command looks after signals (Linux tells)."""
        status = Path(f"/proc/{self.popen.pid}/status")
        while self.popen.poll() is None:
            (caught,) = re.findall(r"SigCgt:\s*(\w+)", status.read_text())
            if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
                return
            time.sleep(0.002)

    def processes(self, patience: float) -> list[str]:
        """Its processes that are still there after some seconds."""
        end = time.monotonic() + patience
        while (left := self._alive()) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    def _alive(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                if (
                    process.environ().get("PFC_UNDER_FIRE") == self.mark
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    found.append(" ".join(process.cmdline()[:3]))
            except psutil.Error:
                continue
        return found


def spikes(output: Path) -> str:
    """Digest of the spikes in a results folder."""
    data = load_results(output)
    assert data.sizes["spike"] > 2000
    digest = hashlib.sha256()
    for name in ("spike_time", "spike_neuron", "spike_replicate"):
        digest.update(data[name].values.tobytes())
    return digest.hexdigest()


def names(output: Path) -> frozenset[str]:
    """Files of a results folder."""
    return frozenset(p.name for p in output.iterdir())


def fire(folder: Path, kills: int, moments: int, together: int, seed: int) -> dict[str, object]:
    """Do it all.

    Parameters
    ----------
    kills : int
        SIGKILLs at random moments.
    moments : int
        At which each of `SIGNALS` is sent.
    together : int
        Commands that build the same at once.
    """
    place, rng = Range(folder), random.Random(seed)
    kinds = ["cold", "warm"]
    for k in range(kills):
        kind = kinds[k % 2]
        place.disturb(kind, signal.SIGKILL, rng.uniform(0, place.seconds[kind]))
    for number in SIGNALS:
        for k in range(moments):
            kind = kinds[k % 2]
            # the first tenths of a second, while modules are imported, and then all phases
            early = k < moments / 3
            place.disturb(kind, number, rng.uniform(0, 0.5 if early else place.seconds[kind]))
    if together:
        place.build_at_once(together)
    return {
        "kills": kills,
        "signals": {number.name: moments for number in SIGNALS},
        "at once": together,
        "seed": seed,
        "undisturbed_s": {k: round(s, 2) for k, s in place.seconds.items()},
    }


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--moments", type=int, default=12)
    parser.add_argument("--together", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = fire(Path(folder), chosen.kills, chosen.moments, chosen.together, chosen.seed)
    print(json.dumps(found | {"seconds": round(time.perf_counter() - began)}, indent=1))


if __name__ == "__main__":
    main()
