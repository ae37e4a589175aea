"""Processors: what this one has, and what compiled code needs of one."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Levels of x86-64 that compilers know by name, the highest first, and what a processor must have
#: for each, beside what the lower ones need.
LEVELS: dict[str, set[str]] = {
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "x86-64-v3": {"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"},
    "x86-64-v2": {"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"},
}
#: Of what a processor says that it has, the instructions that compilers make of plain code; the
#: others (encryption, matrices, the system's own) nobody asks for here.
_INSTRUCTIONS = re.compile(
    r"abm|avx\w*|bmi\d|f16c|fma4?|movbe|pni|popcnt|sse\w*|ssse3|asimd\w*|sve\w*"
)


def processor() -> str:
    """What a binary compiled for this processor depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def lacking(toolchain: Mapping[str, Any]) -> set[str]:
    """Instructions that what a toolchain compiled may use, and this processor does not have.

    Parameters
    ----------
    toolchain : mapping
        Of a build, with ``march`` (a compiler's flag) and ``processor`` (what was `processor` where
        it was compiled) if the binary is not for any.
    """
    march = toolchain.get("march", "")
    level = march.removeprefix("-march=")
    if not march:
        return set()
    if level in LEVELS:
        names = list(LEVELS)
        needed = set().union(*(LEVELS[n] for n in names[names.index(level) :]))
    else:
        needed = set(filter(_INSTRUCTIONS.fullmatch, toolchain["processor"].split()))
    return needed - set(processor().split())
