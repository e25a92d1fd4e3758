"""What figures were measured on: they say little without it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass, field

from ..kernels.cpu import cores, target

__all__ = ["Machine"]

_PACKAGES = ("tinylite", "ai-edge-litert", "tflite-micro", "numpy", "numba", "llvmlite")


@dataclass
class Machine:
    """The CPU, how many of its cores this process may use, the target of tinylite's kernels, and versions of packages by name."""

    cpu: str
    cores: int
    usable_cores: int
    target: str
    system: str
    python: str
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def here(cls) -> Machine:
        """This machine, and this process on it."""
        versions = {}
        for name in _PACKAGES:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        system = f"{platform.system()} {platform.machine()}"
        return cls(_cpu_name(), os.cpu_count() or 1, cores(), target().name, system, platform.python_version(), versions)

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{self.cpu}, {self.usable_cores} of {self.cores} cores, {self.target}; {packages}, Python {self.python}"


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
