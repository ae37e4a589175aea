"""A wheel carries CMakeLists.txt, which lies at the project's root: everything else is in
pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCMakeLists(build_py):
    """Copies CMakeLists.txt to where `build_targets.building.cache.cmake_lists` looks for it."""

    def run(self) -> None:
        """Build the packages, then copy."""
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib) / "build_targets" / "cmake"
            folder.mkdir(parents=True, exist_ok=True)
            self.copy_file("CMakeLists.txt", str(folder / "CMakeLists.txt"))


setup(cmdclass={"build_py": BuildWithCMakeLists})
