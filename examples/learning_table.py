"""What networks learned, as a table
=================================

From the folders that ``learn`` made::

    for n in 25 50 100; do for s in 1 2 3 4 5; do
      python -m pfc_standalone learn --n-per-unit $n --seed $s --no-figures --output learned/$n-$s
    done; done
    python examples/learning_table.py learned/*

One row a folder: identification at each fraction of flipped pixels, neurons that prefer their
unit's image, the smallest share of a memory's input that comes from its own image, and trials that
memory held.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def row(summary: dict[str, object]) -> list[str]:
    """Cells of one row."""

    def values(name: str) -> list[float]:
        found = summary[name]
        assert isinstance(found, dict)
        return [e["value"] if isinstance(e, dict) else e for e in found.values()]

    chosen = summary["neurons_selective"]
    assert isinstance(chosen, dict)
    where = f"{summary['task']}, {summary['rule']}, teacher {summary['teacher']}"
    cells = [where, str(summary["n_per_unit"]), str(summary["seed"])]
    cells += [f"{v:.3f}" for v in (*values("identification"), chosen["value"])]
    for name in ("memory_share", "memory_held"):
        found = values(name)
        cells.append(f"{min(found):.3f}" if found else "-")
    return cells


def main(folders: list[str]) -> None:
    """Print the table."""
    summaries = [json.loads((Path(f) / "summary.json").read_text()) for f in folders]
    flips = [f"{float(f):.0%} flipped" for f in summaries[0]["identification"]]
    head = ["what", "n", "seed", *flips, "neurons", "memory's share", "held"]
    for cells in (head, ["---"] * len(head), *map(row, summaries)):
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
