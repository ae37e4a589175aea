"""What this machine has, and what each target could do here."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from pfc_standalone.machine import machine, versions
from pfc_standalone.simulation.targets import STAGES, get_target, stages_possible, target_names


def examine() -> dict[str, Any]:
    """Everything that the report shows, ready for JSON.

    Returns
    -------
    dict
        ``machine``; ``packages`` by name, "" where missing; ``targets`` by name: the ``stages``
        that are possible, and its ``requirements`` (``name found stage remedy``).
    """
    targets = {}
    for name in target_names():
        target = get_target(name)
        targets[name] = {
            "stages": list(stages_possible(target)),
            "requirements": [vars(r) for r in target.requirements()],
        }
    return {"machine": machine(), "packages": versions(), "targets": targets}


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m pfc_standalone doctor``; returns 0."""
    parser = argparse.ArgumentParser(
        prog="python -m pfc_standalone doctor", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    found = examine()
    if parser.parse_args(argv).json:
        print(json.dumps(found, indent=1))
    else:
        _print(found)
    return 0


def _print(found: dict[str, Any]) -> None:
    from rich.table import Column, Table

    from pfc_standalone.commands.console import console

    out = console()
    table = Table("this machine", "", show_header=True, box=None)
    for name, value in found["machine"].items():
        if not name.endswith("_limited_by"):
            why = found["machine"].get(f"{name.removesuffix('_gb')}_limited_by")
            said = f"{value} (limited by {why})" if why else str(value)
            table.add_row(name.replace("_gb", ", GB").replace("_", " "), said)
    for name, version in found["packages"].items():
        table.add_row(name, version or "not installed")
    out.print(table)

    needed: dict[str, tuple[dict[str, str], list[str]]] = {}
    for target, facts in found["targets"].items():
        for requirement in facts["requirements"]:
            needed.setdefault(requirement["name"], (requirement, []))[1].append(target)
    found_here = Column("found here", overflow="fold")
    table = Table("needed", "by", "to", found_here, title="What targets need beside packages")
    for name, (requirement, targets) in needed.items():
        said = requirement["found"] or f"no: {requirement['remedy']}"
        table.add_row(name, ", ".join(targets), requirement["stage"], said)
    out.print(table)

    table = Table("target", *STAGES, title="What each target can do here")
    for target, facts in found["targets"].items():
        table.add_row(target, *("yes" if s in facts["stages"] else "no" for s in STAGES))
    out.print(table)


COMMAND = main
