"""Published networks on our device and on Brian2's: ``python -m benchmarks.own_network``.

The scripts of ``examples/published`` run on both devices in turn, a few times; a table is printed
and written as Markdown: seconds of simulation and of compilation (medians), how many times as
fast ours is (median of neighbouring runs, lowest and highest), and what the neurons did.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pfc_standalone.files import write_whole

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLES = ("cuba", "cobahh", "brunel_wang")
DEVICES = ("cpp_standalone", "pfc_cpp_standalone")


def measure(example: str, device: str, seconds: float | None) -> dict[str, Any]:
    """What one run of a script says of itself.

    Parameters
    ----------
    example, device : str
        Of `EXAMPLES` and `DEVICES`.
    seconds : float or None
        Biological time; None for what the script chooses.
    """
    script = PROJECT / "examples" / "published" / f"{example}.py"
    command = [sys.executable, str(script), device]
    command += ["--seconds", str(seconds)] if seconds else []
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{example} on {device} failed: {done.stderr.strip().splitlines()[-1]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said | {"example": example}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each network.

    Parameters
    ----------
    runs : DataFrame
        Rows as `measure` gives them, with ``round``.
    """
    rows = []
    for example, mine in runs.groupby("example", sort=False):
        times = mine.pivot(index="round", columns="device", values="simulate")
        ratio = times[DEVICES[0]] / times[DEVICES[1]]
        median = mine.groupby("device")[["simulate", "compile", "rate", "isi_cv"]].median()
        theirs, ours = (median.loc[device] for device in DEVICES)
        rows.append({
            "network": example,
            "Brian2 [s]": f"{theirs.simulate:.2f}",
            "ours [s]": f"{ours.simulate:.2f}",
            "times as fast": f"{np.median(ratio):.2f} ({ratio.min():.2f}-{ratio.max():.2f})",
            "compile, Brian2 / ours [s]": f"{theirs['compile']:.1f} / {ours['compile']:.1f}",
            "rate [Hz]": f"{theirs.rate:.2f} / {ours.rate:.2f}",
            "ISI CV": f"{theirs.isi_cv:.3f} / {ours.isi_cv:.3f}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def markdown(rows: pd.DataFrame) -> str:
    """A table of texts in Markdown."""
    lines = [list(rows.columns), ["---"] * rows.shape[1], *rows.to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(argv: list[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("examples", nargs="*", metavar="NETWORK", help=f"of {', '.join(EXAMPLES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="biological time (default: each its own)")
    parser.add_argument("--output", type=Path, default=Path("own_network.md"))
    chosen = parser.parse_args(argv)
    if unknown := sorted(set(chosen.examples) - set(EXAMPLES)):
        parser.error(f"there is no network {unknown[0]}, allowed are {', '.join(EXAMPLES)}")
    if chosen.rounds < 1:
        parser.error(f"--rounds is {chosen.rounds}, allowed is 1 or more")
    runs = [
        measure(example, device, chosen.seconds) | {"round": number}
        for number in range(chosen.rounds)
        for example in chosen.examples or EXAMPLES
        for device in DEVICES
    ]
    text = markdown(table(pd.DataFrame(runs)))
    print(text, end="")
    write_whole(chosen.output, text.encode())


if __name__ == "__main__":
    main()
