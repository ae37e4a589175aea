"""``python -m pfc_standalone COMMAND``: what lies in `pfc_standalone.commands.verbs`."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__" and not sys.flags.safe_path:
    # -m puts the current folder first, where a random.py would be taken for Python's own
    sys.path[0] = str(Path(__file__).parent.parent)

if __name__ == "__main__":  # importing all the rest takes a while
    from pfc_standalone.starting import start

    start()

from pfc_standalone.commands import COMMANDS
from pfc_standalone.errors import ParameterError


def _usage() -> str:
    lines = ["usage: python -m pfc_standalone COMMAND [options]   (--help lists them)", ""]
    commands = COMMANDS.all()
    width = max(map(len, commands))
    for name, command in commands.items():
        module = sys.modules[command.__module__]
        lines.append(f"  {name:<{width}} {(module.__doc__ or '').partition(chr(10))[0]}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run one of the commands; return its exit code."""
    if arguments and not arguments[0].startswith("-"):
        try:
            command = COMMANDS.get(arguments[0])
        except ParameterError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        code: int = command(arguments[1:])
        return code
    asked = arguments[:1] in (["-h"], ["--help"])
    print(_usage(), file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
