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
    shown = " ".join(name.split()) or "empty"
    try:
        path = Path(name).expanduser()
        is_file = bool(name) and (bool(path.suffix) or "/" in name or path.exists())
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TaskError(f"the task file {shown!r} cannot be read: {reason}") from None
    if is_file:
        return read_task(path)
    raise TaskError(f"{TASKS.not_found(shown)}; or a task file, such as {shown}.toml")
