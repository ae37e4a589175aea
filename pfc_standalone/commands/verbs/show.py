"""Show what a results folder holds: its page in the browser, or its summary in the terminal."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.experiments import KIND, SWEEP, TASK, experiment_of
from pfc_standalone.commands.options import Parser, path
from pfc_standalone.commands.pages.results import PAGE_FILE
from pfc_standalone.commands.progress import report_errors
from pfc_standalone.errors import ResultsError
from pfc_standalone.results.folder import SUMMARIES, SUMMARY_FILE, read_json


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone show",
        description="Open the page of a results folder in the browser. Without a display, or with "
        "--print, print the summary as the command that made the folder did.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", type=path, help="a folder that a command printed")
    parser.add_argument("--print", action="store_true", help="print the summary; open nothing")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments.folder, arguments.print))


def _main(folder: Path, only_print: bool) -> int:
    page = folder / PAGE_FILE
    if not only_print and page.is_file() and _opened(page):
        print(f"Opened {page}")
        return 0
    summary = _summary(folder)
    try:
        _printer(summary)(summary, folder)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ResultsError(
            f"the summary in {folder} is not as this version of the program writes it "
            f"({type(error).__name__}: {error}): use the version that made it"
        ) from None
    return 0


def _opened(page: Path) -> bool:
    """Whether a browser was told to show a page; never one in a terminal."""
    desktop = sys.platform in ("darwin", "win32")
    if not desktop and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return webbrowser.open(page.absolute().as_uri())


def _summary(folder: Path) -> dict[str, Any]:
    found = next((folder / n for n in SUMMARIES if (folder / n).is_file()), folder / SUMMARY_FILE)
    return read_json(found)


def _printer(summary: dict[str, Any]) -> Callable[..., None]:
    """What prints a summary, as the command that made it does."""
    kind = summary.get(KIND, TASK)
    if kind == "learn":
        from pfc_standalone.commands.learning import print_learning

        return print_learning
    if kind == "check-model":
        from pfc_standalone.commands.verbs.check_model import print_check

        return print_check
    if kind == "build-up":
        from pfc_standalone.commands.verbs.build_up import print_stage

        return lambda said, _: print_stage(said)
    if kind == SWEEP:
        from pfc_standalone.commands.sweeping import print_sweep

        return print_sweep
    return experiment_of(kind).show


COMMAND = main
