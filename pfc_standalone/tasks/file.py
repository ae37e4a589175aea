"""A task from a text file (TOML): ``docs/tasks.md`` has the format."""

from __future__ import annotations

import tomllib
from pathlib import Path

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
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TaskError(f"the task file {path} is larger than 1 MiB: is it one?")
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TaskError(f"the task file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise TaskError(f"the task file {path} is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise TaskError(f"the task file {path} is not TOML: {error}") from None
    try:
        return Task.from_dict(raw)
    except TaskError as error:
        raise TaskError(f"the task file {path} cannot be used: {error}") from None
