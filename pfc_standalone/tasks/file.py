"""A task from a text file (TOML): ``docs/tasks.md`` has the format."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pfc_standalone.errors import TaskError
from pfc_standalone.tasks.task import Task

#: Larger files are something else.
MAX_BYTES = 2**20


def read_task(path: Path) -> Task:
    """The task that a file describes.

    Raises
    ------
    TaskError
        If the file cannot be read, is not TOML, or does not describe a task.
    """
    raw = read_toml(path, "the task file")
    try:
        return Task.from_dict(raw)
    except TaskError as error:
        raise TaskError(f"the task file {path} cannot be used: {error}") from None


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a text file; raises `TaskError`, which calls it ``what``."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TaskError(f"{what} {path} is larger than 1 MiB: is it one?")
        raw_text = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, TaskError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise TaskError(f"{what} {path!s} cannot be read: {reason}") from error
    try:
        return tomllib.loads(raw_text.decode("utf-8"))
    except UnicodeDecodeError:
        raise TaskError(f"{what} {path} is not text in UTF-8") from None
    except (ValueError, RecursionError) as error:  # broken, or beyond what a reader takes
        reason = " ".join(str(error).split())
        raise TaskError(f"{what} {path} is not TOML: {reason}") from None
