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
    ends: dict[tuple[str, int], Vector] = {}
    for vector in made.vectors:
        place = made.place(vector)
        if place is not None:
            ends.setdefault(place, vector)
    names = file_names([vector.tensor for vector in ends.values()])
    folders = {place: f"{_FOLDERS[place[0]]}/{name}" for place, name in zip(ends, names, strict=True)}
    held: dict[str, list[Vector]] = {}
    for vector in made.vectors:
        place = made.place(vector)
        folder = f"testing_data/{vector.stem}" if place is None else folders[place]
        held.setdefault(f"{folder}/{vector.case or 0}.npy", []).append(vector)  # an input that an op reads twice is one file
    files = [File(path, npy_bytes(vectors[0].values), tuple(map(Held, vectors))) for path, vectors in held.items()]
    model = f"{made.name}.tflite"
    said = "".join(f"# {line}\n" for line in settings.said)
    definition = _definition(made, model, {folders[place]: (place[0], ends[place]) for place in sorted(ends)})
    return [*files, File(model, made.content), File("definition.yaml", (said + definition).encode())]


def _definition(made: VectorSet, model: str, folders: dict[str, tuple[str, Vector]]) -> str:
    """In YAML, with texts and lists as JSON has them, which are YAML, too. `folders` have the inputs and outputs, each with a run of it."""
    lines = [
        "network:", f"  file_size_bytes: {len(made.content)}", f"  filename: {json.dumps(model)}", "  framework: TensorFlow Lite",
        "  hash:", "    algorithm: sha256", f"    value: {hashlib.sha256(made.content).hexdigest()}", "network_parameters:",
    ]  # fmt: skip
    for end in _FOLDERS:
        lines.append(f"  {end}_nodes:")
        for folder, (side, vector) in folders.items():
            if side == end:
                lines += _node(vector, end, folder)
    codes = sorted({op.code for graph in made.model.graphs for op in graph.ops})
    return "\n".join([*lines, "operators:", "  TensorFlow Lite:", *(f"  - {code}" for code in codes), ""])


def _node(vector: Vector, role: str, folder: str) -> list[str]:
    shape = json.dumps(list(vector.values.shape))
    return [
        f"  - name: {json.dumps(vector.tensor or '')}", f"    shape: {shape}", f"    {role}_datatype: {vector.values.dtype.name}",
        f"    example_{role}:", f"      path: {json.dumps(folder)}", f"      shape: {shape}", f"      type: {vector.values.dtype.name}",
    ]  # fmt: skip
