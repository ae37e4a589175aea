"""A build on its way to a machine that shares no files with this one.

Both entries of the cache, as they were sealed, in one compressed file that is named by its digest.
"""

from __future__ import annotations

import hashlib
import io
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build_targets.building import cache
from build_targets.building.manifest import Manifest
from build_targets.building.seal import is_whole
from build_targets.building.sources import program_digest
from pfc_standalone.errors import RequirementError, TargetError

if TYPE_CHECKING:
    from build_targets.building.target import CachedBuild


@dataclass(frozen=True)
class Parcel:
    """A packed build.

    Attributes
    ----------
    build : CachedBuild
        As it is where it was packed.
    machine : str
        Architecture of that machine.
    program : str
        Digest of this program's own text there.
    digest : str
        Of the content.
    content : bytes
        Compressed tar file.
    """

    build: CachedBuild
    machine: str
    program: str
    digest: str
    content: bytes

    @classmethod
    def pack(cls, build: CachedBuild) -> Parcel:
        """Pack a build."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as tar:
            for folder in (build.source, build.compiled):
                tar.add(folder, folder.name)
        content = packed.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        return cls(build, platform.machine(), program_digest(), digest, content)

    def unpack(self, root: Path) -> CachedBuild:
        """The build, in a folder below ``root``; if it lies there whole, nothing is written.

        Raises
        ------
        RequirementError
            If this machine is of another kind, or has another version of this program.
        TargetError
            If the build is not as it was packed.
        """
        from build_targets.building.target import CachedBuild

        here = platform.node()
        if self.program != program_digest():
            raise RequirementError(
                f"the machine {here} has another version of this program than the one where the "
                "command was given: install the same on both"
            )
        if self.machine != platform.machine():
            raise RequirementError(
                f"the build {self.build.digest} is for {self.machine}, and the machine {here} is "
                f"{platform.machine()}: use machines of one kind"
            )
        folder, _ = cache.entry(self.digest[:16], self._write, root)
        source, compiled = (folder / f.name for f in (self.build.source, self.build.compiled))
        return CachedBuild(self.build.target, source, compiled, Manifest.read(source), {})

    def _write(self, folder: Path) -> None:
        damaged = TargetError(
            f"the build {self.build.digest} arrived damaged at {platform.node()}: its digest is "
            "not that of what was sent"
        )
        if hashlib.sha256(self.content).hexdigest() != self.digest:
            raise damaged
        with tarfile.open(fileobj=io.BytesIO(self.content)) as tar:
            tar.extractall(folder, filter="data")
        if not all(map(is_whole, folder.iterdir())):
            raise damaged
