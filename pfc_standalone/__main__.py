"""``python -m pfc_standalone doctor`` and ``python -m pfc_standalone verify``."""

from __future__ import annotations

import sys

from pfc_standalone import doctor, verify_command

_COMMANDS = {"doctor": doctor.main, "verify": verify_command.main}
_USAGE = """\
usage: python -m pfc_standalone doctor|verify [options]   (--help lists them)

  doctor   what this machine has, and what each target can do here
  verify   do the targets compute the same?
"""


def main(arguments: list[str]) -> int:
    """Run one of the commands; return its exit code."""
    if arguments and arguments[0] in _COMMANDS:
        return _COMMANDS[arguments[0]](arguments[1:])
    asked = arguments[:1] in (["-h"], ["--help"])
    print(_USAGE, end="", file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
