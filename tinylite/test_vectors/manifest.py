"""manifest.json: what is in a folder of test vectors, of which model, and by which arithmetic."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any, cast

import numpy as np

from ..errors import FileError, quoted
from ..tensor_types import DTYPES, shape_problem
from .format import File
from .vector import BITS, VectorSet

__all__ = ["FORMAT", "MANIFEST", "VERSION", "checked", "entry", "parse", "set_entry", "to_json"]

MANIFEST = "manifest.json"
FORMAT = "tinylite test vectors"
VERSION = 1

_MOST_FILES = 1 << 20
_LARGEST = 1 << 63
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_REMEDY = "Write the test vectors again"


def entry(made: VectorSet, file: File) -> dict[str, Any]:
    """What the manifest says of a file and of the arrays in it."""
    vectors = [
        {
            "role": vector.role, "tensor": vector.tensor, "op": made.op, "position": vector.position, "case": vector.case,
            "type": vector.type, "dtype": vector.values.dtype.name, "shape": list(vector.values.shape), "scale": list(vector.scale),
            "zero_point": list(vector.zero_point), "quantized_dimension": vector.quantized_dimension, "stem": vector.stem, **where,
        }
        for vector, where in file.held
    ]  # fmt: skip
    content = file.content
    return {
        "path": made.folder + file.path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "vectors": vectors,
    }  # fmt: skip


def set_entry(made: VectorSet) -> dict[str, Any]:
    """What it says of an op, or of the whole model."""
    return {"name": made.name, "op": made.op, "operator": made.code, "folder": made.folder, "parameters": made.parameters}


def to_json(manifest: dict[str, Any]) -> bytes:
    """The content of manifest.json, in ASCII."""
    return (json.dumps(_finite(manifest), indent=1, allow_nan=False) + "\n").encode("ascii")


def _finite(data: Any) -> Any:
    """With texts for floats that are not numbers, which JSON does not know."""
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    return [_finite(value) for value in data] if isinstance(data, (list, tuple)) else data


def parse(content: bytes | memoryview) -> dict[str, Any]:
    """The manifest that bytes hold, checked. Raises FileError for what is not one, or asks for what no folder of vectors has."""
    try:
        found = json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise FileError(f"it is not JSON: {error}", _REMEDY) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise FileError("it is not the manifest of test vectors", "Give a folder that tinylite vectors has written")
    version = found.get("format_version")
    if not isinstance(version, int) or version > VERSION:
        raise FileError(f"it is of version {quoted(version)} of the format, and {VERSION} is the last that is known", "Update tinylite")
    return checked(found)


def checked(found: dict[str, Any]) -> dict[str, Any]:
    """A manifest whose files and arrays have all that reading them looks at. Raises FileError."""
    _require(isinstance(found.get("vector_format"), str), "it does not say its format")
    _require(isinstance(found.get("arithmetic"), dict) and isinstance(found.get("model"), dict), "it names no arithmetic or no model")
    files = found.get("files")
    if not isinstance(files, list) or len(files) > _MOST_FILES:
        raise FileError("it has no list of files", _REMEDY)
    paths = [_file(number, given) for number, given in enumerate(files)]
    if len({path.lower() for path in paths}) < len(paths):
        raise FileError("it lists a file twice", _REMEDY)
    return found


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise FileError(problem, _REMEDY)


def _file(number: int, given: Any) -> str:
    """The path of a file that the manifest lists."""
    _require(isinstance(given, dict), f"its file {number} is {quoted(given)}")
    path = given.get("path")
    if not isinstance(path, str) or len(path) > 400 or not _PATH.fullmatch(path):
        raise FileError(f"its file {number} is {quoted(path)}, which is not a path within its folder", _REMEDY)
    _require(_is_count(given.get("bytes")), f"it does not say how many bytes {path} has")
    _require(isinstance(given.get("sha256"), str), f"it has no SHA-256 of {path}")
    vectors = given.get("vectors")
    _require(isinstance(vectors, list), f"it does not list the arrays in {path}")
    for vector in vectors:
        _vector(path, vector)
    return path


def _vector(path: str, given: Any) -> None:
    _require(isinstance(given, dict), f"an array in {path} is {quoted(given)}")
    kind = given.get("type")
    known = isinstance(kind, str) and kind in DTYPES and (kind in BITS or kind.startswith("COMPLEX"))
    _require(
        known and given.get("dtype") == np.dtype(DTYPES[kind]).name, f"an array in {path} is {quoted(kind)} {quoted(given.get('dtype'))}"
    )
    shape = given.get("shape")
    _require(isinstance(shape, list) and all(map(_is_count, shape)), f"an array in {path} has the shape {quoted(shape)}")
    problem = shape_problem(shape)
    _require(problem is None, f"of an array in {path}, {problem}")
    _require(isinstance(given.get("role"), str) and isinstance(given.get("stem"), str), f"an array in {path} has no role or name")
    _require(given.get("tensor", 0) is None or isinstance(given.get("tensor"), str), f"an array in {path} has no name of a tensor")
    for name in ("op", "case", "position"):
        number = given.get(name, "")
        _require(number is None or _is_count(number), f"an array in {path} has the {name} {quoted(number)}")
    _require(_is_count(given.get("quantized_dimension")), f"an array in {path} has no quantized dimension")
    for name, kinds in (("scale", (int, float)), ("zero_point", (int,))):
        values = given.get(name)
        _require(_are(values, kinds), f"an array in {path} has the {name} {quoted(values)}")


def _is_count(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 1 << 62


def _are(given: Any, kinds: tuple[type, ...]) -> bool:
    """Whether it is a list of numbers of these types, none of which is out of all bounds."""
    if not isinstance(given, list):
        return False
    return all(isinstance(value, kinds) and not isinstance(value, bool) and abs(cast(Any, value)) < _LARGEST for value in given)
