"""Initial contents of memories, as Vivado reads them: the lines of memh, between commas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Settings
from ..vector import VectorSet
from ._hardware import array_of, hardware_files

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ("bus", "layout")

_START = "memory_initialization_radix=16;\nmemory_initialization_vector=\n"


def write(made: VectorSet, settings: Settings) -> list[File]:
    said = "".join(f"; {line}\n" for line in settings.said)

    def joined(lines: list[str]) -> bytes:
        return (said + _START + ",\n".join(lines) + ";\n").encode()

    return hardware_files(made, settings, "coe", joined)


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    _, found, lines = bytes(content).partition(_START.encode())
    if not found or not lines.rstrip().endswith(b";"):
        raise ValueError("it does not start with a radix of 16 and a vector, or the vector has no end")
    return array_of(lines.rstrip()[:-1].replace(b",", b" ").split(), held)
