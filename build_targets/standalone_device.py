"""Brian2's C++ standalone device with three changes, all in what it generates.

- loops over neurons carry ``#pragma omp simd`` (template ``stateupdate.cpp`` beside this file);
- the duration of the run is read from a variable when the binary starts, so that one binary
  serves any trial list;
- the binary reports its progress and the time of each phase on standard output.
"""

from __future__ import annotations

from typing import Any

from brian2.codegen.targets import codegen_targets
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import all_devices

DEVICE_NAME = "pfc_cpp_standalone"

_CLOCK = "std::chrono::steady_clock::now()"
_SECONDS = "std::chrono::duration<double>({} - {}).count()"

#: Body of Brian2's progress function: a line a launcher can read.
REPORT = 'std::cout << "progress " << completed << std::endl;'


class SimdCodeObject(CPPStandaloneCodeObject):
    """Code object whose templates come from this package first."""

    templater = CPPStandaloneCodeObject.templater.derive("build_targets")


class PFCStandaloneDevice(CPPStandaloneDevice):
    """The device; set ``simd`` to False to generate from Brian2's own templates."""

    simd = True

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Code-object class, with our templates or Brian2's."""
        if codeobj_class is not None:
            return codeobj_class
        return SimdCodeObject if self.simd else CPPStandaloneCodeObject

    def network_run(self, net: Any, duration: Any, *args: Any, **kwds: Any) -> None:
        """Generate the run, with its duration read from a variable and its phases timed."""
        self.insert_code(
            "before_start",
            f"const auto _pfc_begin = {_CLOCK}; auto _pfc_run = _pfc_begin, _pfc_end = _pfc_begin;",
        )
        self.insert_code("before_network_run", f"_pfc_run = {_CLOCK};")
        self.insert_code("after_network_run", f"_pfc_end = {_CLOCK};")
        self.insert_code(
            "after_end",
            f'std::cout << "phase start " << {_SECONDS.format("_pfc_run", "_pfc_begin")} << "\\n"'
            f' << "phase simulate " << {_SECONDS.format("_pfc_end", "_pfc_run")} << "\\n"'
            f' << "phase write " << {_SECONDS.format(_CLOCK, "_pfc_end")} << std::endl;',
        )
        super().network_run(net, duration, *args, **kwds)
        lines = next(args[1] for kind, args in reversed(self.main_queue) if kind == "run_network")
        call = f"{net.name}.run({float(duration)!r},"
        at = next(i for i, line in enumerate(lines) if line.startswith(call))
        lines[at] = lines[at].replace(call, f"{net.name}.run({self.duration_array}[0],")

    #: Array that holds the duration in s.
    duration_array = "_array_neurons_run_duration"


codegen_targets.add(SimdCodeObject)
device = PFCStandaloneDevice()
all_devices[DEVICE_NAME] = device
