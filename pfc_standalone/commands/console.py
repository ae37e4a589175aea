"""Consoles on which what users and machines are called is text, never markup."""

from __future__ import annotations

from rich.console import Console


def console(stderr: bool = False, width: int | None = None) -> Console:
    """A console that prints "[bold]" and ":snake:" as they stand, in tables too."""
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)
