"""Results in the forms of other programs."""

from pfc_standalone.exports.to_neo import to_neo
from pfc_standalone.exports.to_nwb import to_nwb

__all__ = ["to_neo", "to_nwb"]
