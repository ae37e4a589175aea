"""Results in the forms of other programs."""

from pfc_standalone.exports.neo_block import to_neo
from pfc_standalone.exports.nwb_file import to_nwb

__all__ = ["to_neo", "to_nwb"]
