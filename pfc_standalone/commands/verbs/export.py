"""Write the results of a run in the form of other programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pfc_standalone.commands.options import Parser, path
from pfc_standalone.commands.progress import report_errors
from pfc_standalone.results.dataset import load_results


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone export",
        description="Write the results of a run as Neurodata Without Borders: units with "
        "population and replicate, trials, and traces where they were recorded (docs/results.md).",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", type=path, help="a folder that a run printed")
    parser.add_argument(
        "--to", choices=("nwb",), default="nwb", help="the form (default: nwb, the only one)"
    )
    parser.add_argument("file", metavar="FILE", type=path, help="a new file")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    from pfc_standalone.exports import to_nwb

    to_nwb(load_results(arguments.folder), arguments.file)
    print(f"Written to {arguments.file}")
    return 0


COMMAND = main
