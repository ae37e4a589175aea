"""Commands: each a file with `COMMAND`, which takes arguments and gives an exit code."""

from pfc_standalone.registry import Registry

COMMANDS = Registry(
    "command", "pfc_standalone.commands.verbs", "COMMAND", "pfc_standalone.commands"
)
