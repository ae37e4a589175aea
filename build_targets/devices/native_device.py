"""What our variants of Brian2's standalone devices share: what a finished binary takes and says.

- clocks of different dt coincide where their time steps do, for as long as a run lasts;
- where a script asks for it (`NativeDevice.read_run_from`), the first time step and the duration
  of the run are read from variables when the binary starts, so that one binary serves any trial
  list;
- where it asks for that (`NativeDevice.report_phases`), the binary reports the time of each phase
  and its peak memory on standard output.

What a script asks for holds for one build: ``set_device`` and ``device.reinit`` forget it.
"""

from __future__ import annotations

from typing import Any

import brian2 as b2
from brian2.core.clocks import Clock
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

_NOW = "std::chrono::steady_clock::now()"
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

# Brian2's own test of whether clocks coincide, in Python and, word for word, in C++.
_SAME_TIME = f"""
// Seconds by which the times of two clocks may differ and be the same.
static double _tolerance(BaseClock* one, BaseClock* other)
{{
    const Clock *a = dynamic_cast<Clock*>(one), *b = dynamic_cast<Clock*>(other);
    if (!a || !b)
        return a ? {Clock.epsilon_dt}*a->dt[0] : b ? {Clock.epsilon_dt}*b->dt[0] : 1e-14;
    return {Clock.epsilon_dt}*(a->dt[0] < b->dt[0] ? a->dt[0] : b->dt[0]);
}}
"""
_DEFINED, _COMPARED = "#define Clock_epsilon 1e-14\n", "fabs(s-t)<=Clock_epsilon"


class NativeDevice(CPPStandaloneDevice):
    """What both devices are, registered in ``all_devices`` as `device_name`."""

    device_name: str
    #: Statement that waits for the device to finish, before a clock is read.
    synchronise = ""

    def __init__(self) -> None:
        super().__init__()
        #: Arrays of the number of the first time step and of how many to simulate, if not "".
        self._run_arrays = ("", "")

    def activate(self, *args: Any, **kwds: Any) -> None:
        """Become the current device; nothing is asked for yet."""
        super().activate(*args, **kwds)
        self._run_arrays = ("", "")

    def read_run_from(self, start: Any, duration: Any) -> None:
        """Let the binary read its first time step and their number from variables.

        Parameters
        ----------
        start, duration : brian2.core.variables.ArrayVariable
            Of integers, in time steps of ``defaultclock``.
        """
        self._run_arrays = (self.get_array_name(start), self.get_array_name(duration))

    def report_phases(self) -> None:
        """Let the binary print the seconds of its phases and its peak memory, in bytes."""
        self.insert_code(
            "before_start",
            f"const auto _pfc_begin = {_NOW}; auto _pfc_run = _pfc_begin, _pfc_end = _pfc_begin;",
        )
        self.insert_code("before_network_run", f"{self.synchronise} _pfc_run = {_NOW};")
        self.insert_code("after_network_run", f"{self.synchronise} _pfc_end = {_NOW};")
        self.insert_code(
            "after_end",
            f'std::cout << "phase start " << {_SECONDS.format("_pfc_run", "_pfc_begin")} << "\\n"'
            f' << "phase simulate " << {_SECONDS.format("_pfc_end", "_pfc_run")} << "\\n"'
            f' << "phase write " << {_SECONDS.format(_NOW, "_pfc_end")} << std::endl;'
            + _PEAK_MEMORY,
        )

    def generate_main_source(self, writer: Any) -> None:
        """The main program; its runs read their start and duration where that was asked for."""
        if any(self._run_arrays):
            for kind, arguments in self.main_queue:
                if kind == "run_network":
                    self._read_run(*arguments)
        super().generate_main_source(writer)

    def _read_run(self, net: Any, lines: list[str]) -> None:
        start, duration = self._run_arrays
        dt = repr(float(b2.defaultclock.dt))
        call = f"{net.name}.run("
        at = next(i for i, line in enumerate(lines) if line.startswith(call))
        _, _, others = lines[at].removeprefix(call).partition(",")
        lines[at : at + 1] = [
            f"{net.name}.t = {start}[0]*{dt};",
            *(_SET_CLOCK.format(name, net.name) for name in sorted(c.name for c in net._clocks)),
            f"{call}{duration}[0]*{dt},{others}",
        ]

    def generate_network_source(self, writer: Any, *args: Any, **kwds: Any) -> None:
        """The loop over time steps, in which clocks coincide if they do in Brian2's Python.

        Brian2's C++ asks for 1e-14 s, which the rounding of times exceeds from 64 s on: a clock
        of a longer dt is then found late, in an iteration of its own.
        """
        super().generate_network_source(_NetworkWriter(writer), *args, **kwds)


class _NetworkWriter:
    """Writes the loop over time steps with another test of whether clocks coincide."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, name: str, contents: Any) -> None:
        for extension in ("cpp", "cu", "h"):
            if text := getattr(contents, f"{extension}_file", ""):
                self._writer.write(
                    name.replace("*", extension), text if extension == "h" else self._change(text)
                )

    @staticmethod
    def _change(text: str) -> str:
        if (text.count(_DEFINED), text.count(_COMPARED)) != (1, 1):
            raise RuntimeError("Brian2 no longer compares clocks by 1e-14 s: drop this change")
        return text.replace(_DEFINED, _SAME_TIME).replace(
            _COMPARED, "fabs(s-t)<=_tolerance(clock, minclock)"
        )
