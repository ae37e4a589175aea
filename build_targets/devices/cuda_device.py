"""brian2cuda's standalone device, as this project uses it.

Random numbers come from `noise`, so no cuRAND stream decides a spike. With strict math, spikes
are sorted within a time step and their effects applied one after the other, so that sums are
added in the same order as on the other targets.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import brian2 as b2
import brian2cuda
from brian2.codegen.targets import codegen_targets
from brian2.devices.device import all_devices
from brian2cuda.codeobject import CUDAStandaloneAtomicsCodeObject, CUDAStandaloneCodeObject
from brian2cuda.device import CUDAStandaloneDevice
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from build_targets.devices.merge import merge_sources
from build_targets.devices.native_device import NativeDevice


class PFCCUDACodeObject(CUDAStandaloneCodeObject):
    """Code object whose templates come from this package first."""

    templater = CUDAStandaloneCodeObject.templater.derive("build_targets.devices")
    # so that a template of ours can extend the one that it replaces
    templater.env.loader = ChoiceLoader(
        [
            templater.env.loader,
            PrefixLoader({"brian2cuda": PackageLoader("brian2cuda", "templates")}),
        ]
    )


class PFCAtomicsCodeObject(CUDAStandaloneAtomicsCodeObject):
    """The same for what brian2cuda writes with atomic operations."""

    templater = PFCCUDACodeObject.templater


class PFCCUDADevice(NativeDevice, CUDAStandaloneDevice):
    """The device; without atomics, it adds in the order of the other targets."""

    device_name = "pfc_cuda_standalone"
    # Kernels are launched and not waited for.
    synchronise = "CUDA_SAFE_CALL(cudaDeviceSynchronize());"

    def set_preferences(self, strict: bool) -> None:
        """brian2cuda's preferences that matter here, each with its reason."""
        b2.prefs.logging.console_log_level = "WARNING"  # it would list all of them
        prefs = b2.prefs.devices.cuda_standalone
        # A spike's synapses are served by this many blocks. A source has at most one synapse a
        # population when pooled, and connectivity is stored once for each block.
        prefs.parallel_blocks = 1
        # Spikes act in parallel, in no order; without, one after the other.
        prefs.use_atomics = not strict
        # Bundles of synapses (push_synapse_bundles, threads_per_synapse_bundle) exist for delays
        # that differ between synapses; ours are one constant, which needs no queue: the defaults
        # stay, and so does most of the device heap (MB), which only such queues use.
        prefs.cuda_backend.gpu_heap_size = 8
        # Generation looks for no GPU and no toolkit: the build knows them, and the GPU's number
        # is always 0 since the launcher shows the binary one GPU only.
        prefs.cuda_backend.detect_gpus = False
        prefs.cuda_backend.detect_cuda = False
        prefs.cuda_backend.gpu_id = 0
        prefs.cuda_backend.compute_capability = 9.0
        prefs.cuda_backend.cuda_path = "/usr/local/cuda"
        prefs.cuda_backend.cuda_runtime_version = 12.0

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Code-object class: ours, unless another is asked for."""
        if codeobj_class is CUDAStandaloneAtomicsCodeObject:
            return PFCAtomicsCodeObject
        return codeobj_class or PFCCUDACodeObject

    def code_object(self, *args: Any, template_kwds: Any = None, **kwds: Any) -> Any:
        """Code object; its template learns whether to sort spikes."""
        sort_spikes = not b2.prefs.devices.cuda_standalone.use_atomics
        template_kwds = dict(template_kwds or {}, sort_spikes=sort_spikes)
        return super().code_object(*args, template_kwds=template_kwds, **kwds)

    def report_phases(self) -> None:
        """The phases, and the device memory in use at the end."""
        super().report_phases()
        self.insert_code(
            "before_end",
            "size_t _pfc_free, _pfc_total; cudaMemGetInfo(&_pfc_free, &_pfc_total); "
            'std::cout << "memory device " << _pfc_total - _pfc_free << std::endl;',
        )

    def copy_source_files(self, writer: Any, directory: str) -> None:
        """brian2cuda's headers, whichever class generates."""
        shutil.copytree(
            Path(brian2cuda.__file__).parent / "brianlib",
            f"{directory}/brianlib",
            dirs_exist_ok=True,
        )

    def generate_makefile(self, writer: Any, *args: Any, **kwds: Any) -> None:
        """brian2cuda's makefile, for few and large files."""
        merge_sources(writer)
        super().generate_makefile(writer, *args, **kwds)

    def generate_objects_source(self, writer: Any, *args: Any, **kwds: Any) -> None:
        """Arrays; the names of the files that set them keep their capital letters."""
        super().generate_objects_source(writer, *args, **kwds)
        path = Path(writer.project_dir) / "objects.cu"
        lower_case = r"std::for_each\(s_value\.begin\(\).*?\}\);"
        text, found = re.subn(lower_case, "", path.read_text(), flags=re.DOTALL)
        if found != 1:
            raise RuntimeError("brian2cuda no longer lower-cases arguments: drop this change")
        path.write_text(text)


codegen_targets.update({PFCCUDACodeObject, PFCAtomicsCodeObject})
device = PFCCUDADevice()
all_devices[device.device_name] = device
