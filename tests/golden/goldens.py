"""Goldens that are made of arrays, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tinylite.golden import Golden, GoldenTensor, Record

__all__ = ["golden_of"]


def golden_of(
    outputs: Mapping[str, Sequence[np.ndarray]],
    *,
    inputs: Mapping[str, Sequence[np.ndarray]] | None = None,
    layers: Mapping[str, Sequence[np.ndarray]] | None = None,
    indices: Sequence[int] | None = None,
    keep: bool = True,
) -> Golden:
    """A golden of tensors by name, each with an array a case; integers have the scale 0.5. Indices are 10, 11, ... unless given."""
    tensors, values = [], []
    for role, named in (("input", inputs or {}), ("output", outputs), ("layer", layers or {})):
        for name, arrays in named.items():
            number = len(tensors)
            dtype = arrays[0].dtype
            scale, zero = ((0.5,), (0,)) if dtype.kind in "iu" else ((), ())
            index, op = indices[number] if indices else 10 + number, None if role == "input" else number
            tensors.append(GoldenTensor(name, index, role, "str" if dtype.kind == "O" else dtype.name, scale, zero, op=op))
            values.append([Record.of(array, keep=keep or role == "input") for array in arrays])
    cases = tuple(zip(*values, strict=True))
    return Golden("m.tflite", "0" * 64, "litert-reference", 1, "0", None, "", bool(layers), tuple(tensors), cases)
