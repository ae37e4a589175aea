"""From a model to the source of a program, by one of Brian2's standalone devices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from build_targets.building.manifest import Manifest, describe
from pfc_standalone.models import get_model
from pfc_standalone.parameters import Parameters

if TYPE_CHECKING:
    from build_targets.devices.native_device import NativeDevice

#: Body of Brian2's progress function: a line a launcher can read.
_REPORT = 'std::cout << "progress " << completed << std::endl;'


def write_network(
    device: NativeDevice,
    target: str,
    parameters: Parameters,
    folder: Path,
    packages: tuple[str, ...] = (),
) -> Manifest:
    """Write the source of the network into a folder; describe it.

    Parameters
    ----------
    packages : tuple of str
        Whose versions decide what is generated, beside Brian2 and what it stands on.
    """
    import brian2 as b2

    b2.set_device(device.device_name, build_on_run=False)
    b2.prefs.core.stop_on_keyboard_interrupt = False  # an interrupt must not look like an end
    model = get_model(parameters).create(parameters)
    device.read_run_from(model.takes[model.start], model.takes[model.duration])
    device.report_phases()
    device.apply_run_args()
    model.initialise()
    model.network.run(
        1 * b2.second,  # replaced by what the duration's array says
        report=_REPORT,
        report_period=0.2 * b2.second,
        namespace=model.namespace,
        profile=parameters.build.profile,
    )
    device.build(directory=str(folder), compile=False, run=False)
    return describe(target, parameters, model, lambda _, v: device.get_array_filename(v), packages)
