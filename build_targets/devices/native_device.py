"""What our variants of Brian2's standalone devices share: what a finished binary takes and says.

- the first time step and the duration of the run are read from variables when the binary starts,
  so that one binary serves any trial list;
- clocks of different dt coincide where their time steps do, for as long as a run lasts;
- the binary reports the time of each phase and its peak memory on standard output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import brian2 as b2
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

_CLOCK = "std::chrono::steady_clock::now()"
# Its time step, of its own dt, from the network's time; and its time from that step.
_SET_CLOCK = "{0}.set_interval({1}.t, {1}.t); {0}.t[0] = {0}.timestep[0]*{0}.dt[0];"
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
    #: Arrays that hold the number of the first time step and how many to simulate; "" to run
    #: from 0 and as long as the script says.
    start_array = ""
    duration_array = ""

    def network_run(self, net: Any, duration: Any, *args: Any, **kwds: Any) -> None:
        """Generate the run, with its start and duration read from variables, its phases timed."""
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
        dt = repr(float(b2.defaultclock.dt))
        lines[at] = lines[at].replace(call, f"{net.name}.run({self.duration_array}[0]*{dt},")
        lines[at:at] = [
            f"{net.name}.t = {self.start_array}[0]*{dt};",
            *(_SET_CLOCK.format(c.name, net.name) for c in sorted(net._clocks, key=_by_name)),
        ]

    def generate_network_source(self, writer: Any, *args: Any, **kwds: Any) -> None:
        """The loop over time steps, in which clocks coincide if they do within half a step.

        Brian2 asks for 1e-14 s, which the rounding of times exceeds from 64 s on: a clock of a
        longer dt is then found late, in an iteration of its own. (In Python it asks for a part of
        the time step.)
        """
        super().generate_network_source(writer, *args, **kwds)
        (path,) = Path(writer.project_dir).glob("network.c*")
        text, strict = path.read_text(), "#define Clock_epsilon 1e-14"
        if text.count(strict) != 1:
            raise RuntimeError("Brian2 no longer compares clocks by 1e-14 s: drop this change")
        step = repr(float(b2.defaultclock.dt))
        path.write_text(text.replace(strict, f"#define Clock_epsilon (0.5*{step})"))


def _by_name(clock: Any) -> str:
    name: str = clock.name
    return name
