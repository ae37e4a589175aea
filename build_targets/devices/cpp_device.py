"""Brian2's C++ standalone device, whose loops over neurons carry ``#pragma omp simd``.

The template is ``templates/stateupdate.cpp``.
"""

from __future__ import annotations

from typing import Any

from brian2.codegen.targets import codegen_targets
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import all_devices

from build_targets.devices.native_device import NativeDevice
from build_targets.devices.synaptic_code import SynapticCodeGenerator


class SimdCodeObject(CPPStandaloneCodeObject):
    """Code object whose templates come from this package first."""

    templater = CPPStandaloneCodeObject.templater.derive("build_targets.devices")
    generator_class = SynapticCodeGenerator


class PFCCPPDevice(NativeDevice):
    """The device; set ``simd`` to False to generate from Brian2's own templates."""

    device_name = "pfc_cpp_standalone"
    simd = True

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Code-object class, with our templates or Brian2's."""
        if codeobj_class is not None:
            return codeobj_class
        return SimdCodeObject if self.simd else CPPStandaloneCodeObject


codegen_targets.add(SimdCodeObject)
device = PFCCPPDevice()
all_devices[device.device_name] = device
