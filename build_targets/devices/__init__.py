"""Our variants of Brian2's standalone devices; they know no model.

Importing this package registers them, so that any script may name them in ``set_device``:
``pfc_cpp_standalone`` and, where brian2cuda is installed, ``pfc_cuda_standalone``.
"""

import contextlib

from build_targets.devices import cpp_device

__all__ = ["cpp_device"]

with contextlib.suppress(ImportError):
    from build_targets.devices import cuda_device

    __all__ += ["cuda_device"]
