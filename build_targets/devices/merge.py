"""Few large source files instead of many small ones.

Every file that Brian2 generates includes the same headers and defines the same helper functions,
which takes a compiler longer than the rest of it. Here the files of a build are included by a few
others, each code object with a namespace of its own for its helpers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

#: The list of what is to be compiled, for a build by other means than Brian2's makefile.
LIST = "sources.txt"
#: Code objects in one file: compiling them takes as long as compiling objects.cpp.
_BATCH = 32
#: What a program has beside code objects and may be compiled with them.
_OTHERS = {"aligned_new", "main", "network", "rand", "run", "spikequeue", "synapses_classes"}
_SUPPORT = re.compile(r"^namespace \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
# brian2cuda lets that of what is done before a run stand in no namespace.
_BARE = re.compile(
    r"^///// Support code /////\n(.*?)(?=^void _before_run_)", re.MULTILINE | re.DOTALL
)
_SCOPE = "using namespace brian;"
_INCLUDE = re.compile(r"^\s*#\s*include\s*(\S+)", re.MULTILINE)
_DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)", re.MULTILINE)
_HARMLESS_INCLUDE = re.compile(
    r'"(cuda_profiler_api|brianlib/\w+|code_objects/\w+|loops|objects|network|run|rand|spikequeue|synapses_classes)\.h"'
    r"|<(brianlib/\w+\.h|thrust/\w+\.h|curand(_kernel)?\.h|cuda_profiler_api\.h|[a-z]+"
    r"|(assert|limits|math|omp|stdint|stdio|stdlib|string|time)\.h)>"
)


def merge_sources(writer: Any) -> None:
    """Let the sources that can share a file share one; write the list of what is left to compile.

    Parameters
    ----------
    writer : brian2.devices.cpp_standalone.device.CPPWriter
        Knows the folder and the files that were written into it; knows the new ones afterwards.
        Files that are not compiled themselves any more count as headers.
    """
    code_objects, others = {}, {}
    for name in sorted(writer.source_files):
        place = Path(name)
        generated = place.parent.name == "code_objects" or place.stem in _OTHERS
        if place.is_absolute() or not generated:
            continue
        text = (writer.project_dir / place).read_text()
        if place.parent.name == "code_objects":
            if isolated := isolate(text, place.stem):
                code_objects[name] = f'#line 1 "{name}"\n{isolated}'
        elif _is_harmless(text):
            others[name] = f'#include "{name}"\n'
    count = max(1, -(-len(code_objects) // _BATCH))
    extension = max((Path(name).suffix for name in others), default=".cpp")
    for number in range(count):
        names = [*sorted(code_objects)[number::count], *(() if number else others)]
        merged = f"merged_{number}{extension}"
        writer.write(merged, "".join((code_objects | others)[name] for name in names))
        writer.header_files.update(names)
        writer.source_files.difference_update(names)
        writer.source_files.add(merged)
    writer.write(LIST, "".join(f"{name}\n" for name in sorted(writer.source_files)))
    writer.header_files.add(LIST)  # so that the device deletes it, too


def isolate(text: str, name: str) -> str | None:
    """A code object's source that can be compiled in one file with others; None if it cannot.

    Its helpers, which stand in a namespace without a name, get one with the code object's, and
    its macros end with it.
    """
    if not _is_harmless(text) or len(_SUPPORT.findall(text)) > 1 or text.count("namespace {") > 1:
        return None
    own = rf"namespace {name}_support {{ namespace {{\n\1}} }}\n"
    named = _BARE.sub(own, _SUPPORT.sub(own, text))
    if named != text:
        scope = f"{_SCOPE}\n    using namespace {name}_support;"
        named = named.replace(_SCOPE, scope)
    macros = dict.fromkeys(_DEFINE.findall(text))
    return "\n".join([named, *(f"#undef {macro}" for macro in macros), ""])


def _is_harmless(text: str) -> bool:
    """Whether all that a source includes may be seen by another one."""
    return all(_HARMLESS_INCLUDE.fullmatch(file) for file in _INCLUDE.findall(text))
