"""Tasks: what is shown, what should be remembered, and which response is right."""

from pathlib import Path

from pfc_standalone.errors import TaskError
from pfc_standalone.registry import Registry
from pfc_standalone.tasks.file import read_task
from pfc_standalone.tasks.task import LAYERS, Condition, Projection, Task

__all__ = ["LAYERS", "TASKS", "Condition", "Projection", "Task", "find_task", "read_task"]

TASKS = Registry("task", "pfc_standalone.tasks.builtin", "TASK", "pfc_standalone.tasks")


def find_task(name: str) -> Task:
    """The task of that name, or in the file of that path.

    Raises
    ------
    TaskError
        If there is neither, or the file describes no task.
    """
    if name in TASKS.names():
        task = TASKS.get(name)
        if not isinstance(task, Task):
            raise TaskError(f"the task {name} is not one: its entry point gives {task!r}")
        return task
    path = Path(name).expanduser()
    if path.suffix or path.exists() or "/" in name:
        return read_task(path)
    raise TaskError(f"{TASKS.not_found(name)}; or a task file, such as {name}.toml")
