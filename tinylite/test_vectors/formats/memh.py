"""Text that $readmemh reads: an element or a bus-wide line of them a line, in hexadecimal digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Settings
from ..vector import VectorSet
from ._hardware import array_of, hardware_files

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ("bus", "layout")


def write(made: VectorSet, settings: Settings) -> list[File]:
    return hardware_files(made, settings, "memh", lambda lines: "".join(f"{line}\n" for line in lines).encode())


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return array_of(bytes(content).split(), held)
