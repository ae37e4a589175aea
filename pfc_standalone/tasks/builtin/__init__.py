"""The tasks that come with the project: a file each, which keeps its `TASK`."""
