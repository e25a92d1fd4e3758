"""What tests of TensorFlow Lite Micro take: the model, a line of comma-separated numbers for each array, and alignas(16) arrays in C++.

Names are those of its integration tests: NAME.tflite, NAME_input0_int8.csv, NAME_golden_int8.csv, and for each of them
NAME_..._model_data or NAME_..._test_data as .cc and .h, with the arrays g_NAME_... .
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Held, Settings
from ..vector import Vector, VectorSet
from ._c_text import array_text, c_type, comment
from ._numbers import from_text, to_text

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()


def write(made: VectorSet, settings: Settings) -> list[File]:
    files = [File(f"{made.name}.tflite", made.content)]
    model = Vector("model", "", np.frombuffer(made.content, np.uint8), "UINT8")
    files += _sources(f"{made.name}_model_data", model, settings, "unsigned char")
    outputs = len({vector.position for vector in made.vectors if vector.end == "output"})
    held: dict[str, list[Vector]] = {}
    for vector in made.vectors:
        run = f"_case{vector.case}" if made.cases > 1 and vector.case is not None else ""
        place = made.place(vector)
        if place is None:
            stem = vector.stem
        else:
            stem = f"input{place[1]}" if place[0] == "input" else "golden" if outputs == 1 else f"golden{place[1]}"
        held.setdefault(f"{made.name}{run}_{stem}_{vector.values.dtype.name}", []).append(vector)
    for name, vectors in held.items():
        # An input that an op reads twice is one file.
        files.append(File(f"{name}.csv", ",".join(to_text(vectors[0])).encode() + b"\n", tuple(map(Held, vectors))))
        if vectors[0].end is not None:
            files += _sources(f"{name}_test_data", vectors[0], settings)
    return files


def _sources(name: str, vector: Vector, settings: Settings, element: str = "") -> list[File]:
    """An array as C++ source and its header."""
    kind = element or c_type(vector)
    text = array_text(f"g_{name}", vector, "alignas(16) const", size=False).replace(f" {c_type(vector)} ", f" {kind} ", 1)
    header = f"#include <cstdint>\n\nextern const {kind} g_{name}[];\nextern const unsigned int g_{name}_size;\n"
    source = (
        f'#include <cmath>\n#include <cstdint>\n\n#include "{name}.h"\n\n{text}const unsigned int g_{name}_size = {vector.values.size};\n'
    )
    return [
        File(f"{name}.h", (comment(settings.said) + "#pragma once\n" + header).encode()),
        File(f"{name}.cc", (comment(settings.said) + source).encode()),
    ]


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return from_text(bytes(content), held)
