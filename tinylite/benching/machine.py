"""What figures were measured on: they say little without it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass, field

from ..golden.cpu import cpu_name
from ..kernels.cpu import cores, target

__all__ = ["Machine"]

_PACKAGES = ("tinylite", "ai-edge-litert", "tflite-micro", "numpy", "numba", "llvmlite")


@dataclass
class Machine:
    """The CPU, how many of its cores this process may use, the target of tinylite's kernels, and versions of packages by name.

    threads_per_core  that a core runs at once; None where the system does not say
    governor          of the clock's frequency, on Linux: "performance", "powersave", ...; "" where the system does not say
    turbo             whether the clock may rise above its nominal frequency for a while; None where the system does not say
    virtual           whether it is a virtual machine, whose host may give its cores to others; None where the system does not say
    kernel            the release of the operating system
    """

    cpu: str
    cores: int
    usable_cores: int
    target: str
    system: str
    python: str
    versions: dict[str, str] = field(default_factory=dict)
    threads_per_core: int | None = None
    governor: str = ""
    turbo: bool | None = None
    virtual: bool | None = None
    kernel: str = ""

    @classmethod
    def here(cls, root: str | os.PathLike[str] = "/", cpu: str = "") -> Machine:
        """This machine, and this process on it. `root` is where /proc and /sys are, `cpu` a target that was chosen for the kernels."""
        versions = {}
        for name in _PACKAGES:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        system = f"{platform.system()} {platform.machine()}"
        return cls(
            cpu_name(), os.cpu_count() or 1, cores(), cpu or target().name, system, platform.python_version(), versions,
            _threads_per_core(root), _read(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), _turbo(root), _virtual(root),
            platform.release(),
        )  # fmt: skip

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        each = self.threads_per_core or 1
        parts = [
            self.cpu,
            f"{self.usable_cores} of {self.cores} {'cores' if each == 1 else f'threads, {each} a core'}",
            self.target,
            "virtual machine" if self.virtual else "",
            f"governor {self.governor}" if self.governor else "",
            "" if self.turbo is None else f"turbo {'on' if self.turbo else 'off'}",
        ]
        return f"{', '.join(filter(None, parts))}; {packages}, Python {self.python}"

    def differences(self, other: Machine) -> list[str]:
        """What makes figures of the two incomparable: the CPU, its system, and the target of the kernels, a phrase for each."""
        named = (("CPU", self.cpu, other.cpu), ("system", self.system, other.system), ("target", self.target, other.target))
        return [f"the {name} was {mine} and is {theirs}" for name, mine, theirs in named if mine != theirs]

    def conditions(self, other: Machine) -> list[str]:
        """What else differs and may move figures, a phrase for each; ratios to a baseline of the same run suffer less."""
        named = (
            ("number of usable cores", "usable_cores"), ("number of cores", "cores"), ("number of threads per core", "threads_per_core"),
            ("governor", "governor"), ("turbo", "turbo"), ("kernel", "kernel"), ("Python", "python"),
        )  # fmt: skip
        pairs = [(name, getattr(self, field), getattr(other, field)) for name, field in named]
        packages = [
            (name, self.versions.get(name, "absent"), other.versions.get(name, "absent"))
            for name in dict.fromkeys([*self.versions, *other.versions]) if name != "tinylite"
        ]  # fmt: skip
        return [f"{name} was {mine} and is {theirs}" for name, mine, theirs in [*pairs, *packages] if mine != theirs]


def _read(root: str | os.PathLike[str], path: str) -> str:
    """The first line of a file of the system's; "" where there is none."""
    try:
        with open(os.path.join(root, path)) as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _threads_per_core(root: str | os.PathLike[str]) -> int | None:
    """From a list such as "0,4" or "0-1": the CPUs, as the system counts them, that share a core with the first."""
    listed = _read(root, "sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    count = 0
    for part in listed.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            return None
        count += int(last or first) - int(first) + 1
    return count


def _turbo(root: str | os.PathLike[str]) -> bool | None:
    boost, off = _read(root, "sys/devices/system/cpu/cpufreq/boost"), _read(root, "sys/devices/system/cpu/intel_pstate/no_turbo")
    if off in ("0", "1"):
        return off == "0"
    return boost == "1" if boost in ("0", "1") else None


def _virtual(root: str | os.PathLike[str]) -> bool | None:
    """The CPU's own flag on x86; elsewhere a type of hypervisor says it, and its absence says nothing."""
    try:
        with open(os.path.join(root, "proc/cpuinfo")) as file:
            flags = next((line.split(":", 1)[1].split() for line in file if line.startswith("flags")), None)
    except (OSError, UnicodeDecodeError):
        flags = None
    if flags is not None:
        return "hypervisor" in flags
    return True if _read(root, "sys/hypervisor/type") else None
