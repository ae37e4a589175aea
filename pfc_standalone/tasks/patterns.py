"""A user's own images, learned instead of a task's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pfc_standalone.errors import TaskError
from pfc_standalone.tasks.file import read_toml
from pfc_standalone.tasks.task import Condition, Projection, Task

#: Of images that are no task's, so many are held by memory: the first ones.
HELD = 2


def read_patterns(path: Path) -> dict[str, tuple[str, ...]]:
    """Images of a text file (TOML): a line ``NAME = ["00100", ...]`` each, under ``[images]``.

    Raises
    ------
    TaskError
        If the file cannot be read, or holds something else.
    """
    raw = read_toml(path, "the file of patterns")
    found = raw.get("images")
    if not isinstance(found, dict) or not found:
        raise TaskError(
            f"the file of patterns {path} has no table [images]: give a line such as "
            'A = ["00100", "01010", "11111", "10001", "10001"] for each below [images]'
        )
    images = {}
    for name, rows in found.items():
        rows = rows.split() if isinstance(rows, str) else rows
        if not (isinstance(rows, list) and rows and all(isinstance(r, str) for r in rows)):
            raise TaskError(
                f"the file of patterns {path} has {name} = {rows!r}, allowed is a list of rows of "
                "0 and 1, as texts"
            )
        images[str(name)] = tuple(rows)
    return images


def with_patterns(task: Task, images: dict[str, tuple[str, ...]], name: str = "patterns") -> Task:
    """The task with these images; if they are not called as its input units are, a task that only
    shows them, with the first two held by memory.

    Raises
    ------
    TaskError
        If the images make no task: see `Task`.
    """
    if set(images) == set(task.units["input"]):
        return replace(task, images={unit: images[unit] for unit in task.units["input"]})
    held = tuple(images)[:HELD]
    return Task(
        name=name,
        units={"input": tuple(images), "memory": held, "output": held},
        images=images,
        projections=tuple(
            Projection(f"input_{unit}", f"memory_{unit}", "axcpt.input_to_memory", gated=True)
            for unit in held
        ),
        conditions=tuple(Condition(unit, cue=unit) for unit in images),
    )
