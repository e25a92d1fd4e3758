"""Which instructions kernels may use here: chosen from the CPU once, or forced by TINYLITE_CPU.

One source serves every target; a target says how wide vectors are and how 8-bit products are summed.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

__all__ = ["TARGETS", "Target", "available", "host", "target"]


@dataclass(frozen=True)
class Target:
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


@functools.cache
def host() -> tuple[str, frozenset[str], str]:
    """The CPU as LLVM knows it: its name, its features, and the features as LLVM's option text."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    return llvm.get_host_cpu_name(), frozenset(name for name, on in features.items() if on), features.flatten()


def available() -> list[Target]:
    """The targets that this CPU can run, best first."""
    features = host()[1]
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


def llvm_cpu() -> tuple[str, str]:
    """The CPU name and feature text to compile for."""
    name, _, features = host()
    if target() is available()[0]:
        return name, features
    if target().name == "portable":
        import llvmlite.binding as llvm

        return ("x86-64" if llvm.get_default_triple().startswith("x86_64") else "generic"), ""
    return _GENERIC_CPU[target().name], "+avxvnni" if target().name == "avxvnni" else ""
