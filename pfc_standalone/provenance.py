"""Where results come from: what every file of results says of the command that made it."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from pfc_standalone.machine import processor_name, version_of


def made_here() -> dict[str, str]:
    """What is known of a result before anything is built.

    Returns
    -------
    dict
        ``command`` as it was typed, ``date`` (UTC, ISO 8601), ``processor``, ``system``, and
        ``version`` of this package.
    """
    return {
        "command": command(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version_of("pfc-standalone"),
        "processor": processor_name(),
        "system": platform.platform(),
    }


def command() -> str:
    """The command that this process is, without the folder of its interpreter."""
    program, *words = sys.orig_argv
    return shlex.join([Path(program).name, *words])
