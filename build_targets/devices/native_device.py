"""What our variants of Brian2's standalone devices share: what a finished binary takes and says.

- the duration of the run is read from a variable when the binary starts, so that one binary
  serves any trial list;
- the binary reports the time of each phase and its peak memory on standard output.
"""

from __future__ import annotations

from typing import Any

import brian2 as b2
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

_CLOCK = "std::chrono::steady_clock::now()"
_SECONDS = "std::chrono::duration<double>({} - {}).count()"

# Linux tells the peak resident memory of this program alone; getrusage would count its parent's.
_PEAK_MEMORY = """
#ifdef __linux__
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, 6, "VmHWM:") == 0)
            std::cout << "memory process " << 1024*std::stoll(line.substr(6)) << std::endl;
}
#endif
"""


class NativeDevice(CPPStandaloneDevice):
    """What both devices are, registered in ``all_devices`` as `device_name`."""

    device_name: str
    #: Statement that waits for the device to finish, before a clock is read.
    synchronise = ""
    #: Array that holds the number of time steps to simulate; "" to run as long as the script says.
    duration_array = ""

    def network_run(self, net: Any, duration: Any, *args: Any, **kwds: Any) -> None:
        """Generate the run, with its duration read from a variable and its phases timed."""
        self.insert_code(
            "before_start",
            f"const auto _pfc_begin = {_CLOCK}; auto _pfc_run = _pfc_begin, _pfc_end = _pfc_begin;",
        )
        self.insert_code("before_network_run", f"{self.synchronise} _pfc_run = {_CLOCK};")
        self.insert_code("after_network_run", f"{self.synchronise} _pfc_end = {_CLOCK};")
        self.insert_code(
            "after_end",
            f'std::cout << "phase start " << {_SECONDS.format("_pfc_run", "_pfc_begin")} << "\\n"'
            f' << "phase simulate " << {_SECONDS.format("_pfc_end", "_pfc_run")} << "\\n"'
            f' << "phase write " << {_SECONDS.format(_CLOCK, "_pfc_end")} << std::endl;'
            + _PEAK_MEMORY,
        )
        super().network_run(net, duration, *args, **kwds)
        if not self.duration_array:
            return
        lines = next(args[1] for kind, args in reversed(self.main_queue) if kind == "run_network")
        call = f"{net.name}.run({float(duration)!r},"
        at = next(i for i, line in enumerate(lines) if line.startswith(call))
        lines[at] = lines[at].replace(
            call, f"{net.name}.run({self.duration_array}[0]*{float(b2.defaultclock.dt)!r},"
        )
