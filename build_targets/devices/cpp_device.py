"""Brian2's C++ standalone device, whose loops over neurons are made of vector instructions.

The templates are in ``templates``; `simd` decides where they may be used. A script that names the
device gets Brian2's own flags for the compiler and what the vector loops need beside them; the
preferences ``devices.pfc_cpp_standalone`` change that.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import brian2 as b2
from brian2.core.preferences import BrianPreference
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import all_devices

from build_targets.devices.code_object import SimdCodeObject
from build_targets.devices.merge import merge_sources
from build_targets.devices.native_device import NativeDevice

b2.prefs.register_preferences(
    "devices.pfc_cpp_standalone",
    "C++ standalone, with loops of vector instructions",
    simd=BrianPreference(
        default=True,
        docs="Vector loops where they are allowed; False: Brian2's own templates.",
    ),
    strict_math=BrianPreference(
        default=False,
        docs="""
        No optimisation that changes values: sums in the order that is written, no fused
        multiply-add, the C library's own functions; the same bits on every machine.
        """,
    ),
)

#: Last on the compiler's line, and so stronger than Brian2's flags. Floating-point exceptions and
#: errno are not values: dropping them lets loops vectorise.
_STRICT = "-fno-fast-math -ffp-contract=off -fno-math-errno -fno-trapping-math"
#: Vector versions of exp and others, which differ in the last bits (templates/vector_math.h).
_FAST = "-DPFC_VECTOR_MATH"
#: What is compiled with each program.
_NATIVE = Path(__file__).parent / "native"


class PFCCPPDevice(NativeDevice):
    """The device."""

    device_name = "pfc_cpp_standalone"

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Code-object class, with our templates or Brian2's."""
        if codeobj_class is not None:
            return codeobj_class
        simd = b2.prefs.devices.pfc_cpp_standalone.simd
        return SimdCodeObject if simd else CPPStandaloneCodeObject

    def generate_makefile(
        self,
        writer: Any,
        compiler: str,
        compiler_flags: str,
        linker_flags: str,
        nb_threads: int,
        debug: bool,
    ) -> None:
        """Brian2's makefile, with the flags of vector loops, for few and large files."""
        ours = b2.prefs.devices.pfc_cpp_standalone
        if compiler == "unix":
            merge_sources(writer)
            more = [_STRICT if ours.strict_math else _FAST if ours.simd else ""]
            more += ["-fopenmp-simd"] if ours.simd else []
            compiler_flags = " ".join(filter(None, [compiler_flags, *more]))
        super().generate_makefile(writer, compiler, compiler_flags, linker_flags, nb_threads, debug)

    def copy_source_files(self, writer: Any, directory: str) -> None:
        """Brian2's files that are the same for all programs, and ours."""
        super().copy_source_files(writer, directory)
        for file in _NATIVE.iterdir():
            shutil.copy(file, directory)
            files = writer.source_files if file.suffix == ".cpp" else writer.header_files
            files.add(file.name)  # for `device.delete`, too


device = PFCCPPDevice()
all_devices[device.device_name] = device
