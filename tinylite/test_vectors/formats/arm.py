"""The tree of Arm's model zoo: the model, its definition.yaml, testing_input/TENSOR/0.npy and testing_output/TENSOR/0.npy, a file a run.

What an op has beside inputs and outputs is in testing_data/TENSOR/, as 0.npy, or under its role where it is a stage.
"""

from __future__ import annotations

import hashlib
import json

from ..format import File, Held, Settings
from ..names import file_names
from ..vector import Vector, VectorSet
from .npy import npy_bytes, read

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()

_FOLDERS = {"input": "testing_input", "output": "testing_output"}


def write(made: VectorSet, settings: Settings) -> list[File]:
    tensors = list(dict.fromkeys((vector.tensor, vector.position, vector.role) for vector in made.vectors if vector.role in _FOLDERS))
    ends = dict(zip(tensors, file_names([tensor for tensor, _, _ in tensors]), strict=True))
    files = []
    for vector in made.vectors:
        key = (vector.tensor, vector.position, vector.role)
        folder = f"{_FOLDERS[vector.role]}/{ends[key]}" if key in ends else f"testing_data/{vector.stem}"
        files.append(File(f"{folder}/{vector.case or 0}.npy", npy_bytes(vector.values), (Held(vector),)))
    model = f"{made.name}.tflite"
    definition = _definition(made, model, {key: f"{_FOLDERS[key[2]]}/{name}" for key, name in ends.items()})
    said = "".join(f"# {line}\n" for line in settings.said)
    return [*files, File(model, made.content), File("definition.yaml", (said + definition).encode())]


def _definition(made: VectorSet, model: str, folders: dict[tuple[str | None, int | None, str], str]) -> str:
    """In YAML, with texts and lists as JSON has them, which are YAML, too."""
    lines = [
        "network:", f"  file_size_bytes: {len(made.content)}", f"  filename: {json.dumps(model)}", "  framework: TensorFlow Lite",
        "  hash:", "    algorithm: sha256", f"    value: {hashlib.sha256(made.content).hexdigest()}", "network_parameters:",
    ]  # fmt: skip
    for role in _FOLDERS:
        lines.append(f"  {role}_nodes:")
        for (tensor, position, kind), folder in folders.items():
            if kind == role:
                first = next(v for v in made.vectors if (v.tensor, v.position, v.role) == (tensor, position, kind))
                lines += _node(first, role, folder)
    codes = sorted({op.code for graph in made.model.graphs for op in graph.ops})
    return "\n".join([*lines, "operators:", "  TensorFlow Lite:", *(f"  - {code}" for code in codes), ""])


def _node(vector: Vector, role: str, folder: str) -> list[str]:
    shape = json.dumps(list(vector.values.shape))
    return [
        f"  - name: {json.dumps(vector.tensor or '')}", f"    shape: {shape}", f"    {role}_datatype: {vector.values.dtype.name}",
        f"    example_{role}:", f"      path: {json.dumps(folder)}", f"      shape: {shape}", f"      type: {vector.values.dtype.name}",
    ]  # fmt: skip
