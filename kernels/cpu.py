"""Which instructions kernels may use here: chosen from the CPU once, or forced by TINYLITE_CPU.

One source serves every target; a target says how wide vectors are and how 8-bit products are summed.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import NamedTuple

__all__ = ["TARGETS", "Target", "available", "cores", "host", "target"]


class Target(NamedTuple):
    """`lanes` 32-bit numbers a vector; `dot`, how sums of 8-bit products are made:

    vnni  four u8 x s8 products a lane and instruction
    madd  two s16 x s16 products a lane and instruction
    mul   plain multiplication of 16-bit pairs, for any CPU
    """

    name: str
    lanes: int
    dot: str
    needs: tuple[str, ...]
    registers: int


# Best first. `needs` are LLVM's names of CPU features.
TARGETS = (
    Target("avx512vnni", 16, "vnni", ("avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512vnni"), 32),
    Target("avx512", 16, "madd", ("avx512f", "avx512bw", "avx512vl", "avx512dq"), 32),
    Target("avxvnni", 8, "vnni", ("avx2", "fma", "avxvnni"), 16),
    Target("avx2", 8, "madd", ("avx2", "fma"), 16),
    Target("portable", 4, "mul", (), 16),
)

# What LLVM is told when a target is forced that is not the CPU's best: a plain CPU of that generation.
_GENERIC_CPU = {"avx512vnni": "cascadelake", "avx512": "skylake-avx512", "avxvnni": "x86-64-v3", "avx2": "x86-64-v3"}


class Host(NamedTuple):
    """The CPU: `identity` is text that tells it from others, `features` are what it can do, by LLVM's names."""

    identity: str
    features: frozenset[str]


@functools.cache
def host() -> Host:
    """The CPU that this process runs on. On Linux on x86-64 as the system describes it, elsewhere as LLVM does."""
    if sys.platform.startswith("linux") and os.uname().machine == "x86_64":
        try:
            with open("/proc/cpuinfo") as file:
                described = dict(line.split(":", 1) for line in file.read(8192).split("\n\n")[0].splitlines() if ":" in line)
            fields = {name.strip(): value.strip() for name, value in described.items()}
            features = frozenset(fields["flags"].replace("_", "").split())
            return Host(" ".join([fields.get("model name", ""), *sorted(features)]), features)
        except (OSError, KeyError):
            pass
    import llvmlite.binding as llvm

    found = llvm.get_host_cpu_features()
    return Host(f"{llvm.get_host_cpu_name()} {found.flatten()}", frozenset(name for name, on in found.items() if on))


def available() -> list[Target]:
    """The targets that this CPU can run, best first."""
    features = host().features
    return [target for target in TARGETS if features.issuperset(target.needs)]


@functools.cache
def target() -> Target:
    """The target of this process. Raises ValueError if TINYLITE_CPU names one that is unknown or cannot run here."""
    wanted = os.environ.get("TINYLITE_CPU", "")
    usable = available()
    if not wanted:
        return usable[0]
    for candidate in usable:
        if candidate.name == wanted:
            return candidate
    names = ", ".join(candidate.name for candidate in usable)
    raise ValueError(f"TINYLITE_CPU={wanted} is not among the targets that this CPU runs: {names}")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def llvm_cpu() -> tuple[str, str]:
    """The CPU name and feature text to compile for, as LLVM takes them."""
    import llvmlite.binding as llvm

    if target() is available()[0]:
        return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    if target().name == "portable":
        return ("x86-64" if llvm.get_default_triple().startswith("x86_64") else "generic"), ""
    return _GENERIC_CPU[target().name], "+avxvnni" if target().name == "avxvnni" else ""
