"""What simulators and synthesis read: lines of hexadecimal digits, layout.json and params.svh."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ..format import File, Held, Settings
from ..vector import Vector, VectorSet
from ._layouts import in_order, restored

__all__ = ["array_of", "hardware_files", "lines_of"]

_MOST_IN_A_VECTOR = 1024  # multipliers in one parameter of params.svh: every tool takes vectors of 2^16 bits
_INT32 = range(-(2**31), 2**31)


def lines_of(vector: Vector, settings: Settings) -> tuple[list[str], dict[str, Any]]:
    """The lines of an array, each of lower-case digits, two's complement, most significant first; and what the manifest says of them.

    With a bus, a line holds as many elements as fit, and the last one is filled up with zeros.
    """
    elements, where = in_order(vector.values, settings.layout)
    bits = vector.bits
    wide = settings.bus or bits
    if wide % bits:
        raise UnsupportedError(
            f"{vector.role} {vector.tensor!r} is {vector.type}, and a line of {wide} bits does not hold whole elements of {bits}",
            f"Give --bus {max(bits, 128)}, or leave it out",
        )
    lanes = wide // bits
    filled = np.zeros(-(-elements.size // lanes) * lanes, elements.dtype)
    filled[: elements.size] = elements
    found = filled.view(np.uint8).reshape(-1, lanes, bits // 8)[:, :, ::-1]
    if settings.lanes == "lsb-first":
        found = found[:, ::-1]
    text, digits = found.tobytes().hex(), wide // 4
    lines = [text[start : start + digits] for start in range(0, len(text), digits)]
    return lines, {
        **where, "bits_per_line": wide, "bits": bits, "lanes": settings.lanes, "lines": len(lines), "fill": filled.size - elements.size,
    }  # fmt: skip


def array_of(lines: list[bytes], held: dict[str, Any]) -> np.ndarray:
    """The array of lines that `lines_of` has made. Raises ValueError for others."""
    dtype = np.dtype(held["dtype"]).newbyteorder("<")
    width, count, wide = dtype.itemsize, math.prod(held["shape"]), held.get("bits_per_line")
    if not isinstance(wide, int) or not 0 < wide <= 1 << 20 or wide % (8 * width):
        raise ValueError(f"a line of it has {wide!r} bits")
    lanes = wide // (8 * width)
    if any(len(line) != wide // 4 for line in lines) or len(lines) != -(-count // lanes):
        raise ValueError(f"it should have {-(-count // lanes)} lines of {wide // 4} digits")
    found = np.frombuffer(bytes.fromhex(b"".join(lines).decode("ascii")), np.uint8).reshape(-1, lanes, width)[:, :, ::-1]
    if held.get("lanes") == "lsb-first":
        found = found[:, ::-1]
    return restored(np.ascontiguousarray(found).reshape(-1).view(dtype)[:count], held)


def hardware_files(made: VectorSet, settings: Settings, extension: str, joined: Any) -> list[File]:
    """A file for each array, of its lines by `joined`, then layout.json and params.svh."""
    files, entries = [], []
    for stem, vector in made.stems():
        lines, where = lines_of(vector, settings)
        path = f"{stem}.{extension}"
        files.append(File(path, joined(lines), (Held(vector, where),)))
        entries.append((stem, vector, {"file": path, **where}))
    layout = {
        "name": made.name, "op": made.op, "operator": made.code, "layout": settings.layout, "bus": settings.bus,
        "arrays": [
            {
                "file": where["file"], "role": vector.role, "tensor": vector.tensor, "run": vector.case, "type": vector.type,
                "dims": list(vector.values.shape), "axes": where["order"], "bits": where["bits"], "bits_per_line": where["bits_per_line"],
                "lines": where["lines"], "lanes": settings.lanes, "fill": where["fill"], "scale": list(vector.scale),
                "zero_point": list(vector.zero_point), "quantized_dimension": vector.quantized_dimension,
            }
            for _, vector, where in entries
        ],
        "parameters": made.parameters,
    }  # fmt: skip
    files.append(File("layout.json", (json.dumps(layout, indent=1) + "\n").encode()))
    return [*files, File("params.svh", _parameters(made, settings, entries).encode())]


def _parameters(made: VectorSet, settings: Settings, entries: list[tuple[str, Vector, dict[str, Any]]]) -> str:
    """Everything a module needs to know, as localparams that it includes."""
    prefix = made.name.upper()
    lines = [f"// {line}" for line in settings.said]

    def number(name: str, value: int) -> None:
        lines.append(f"localparam {'int' if value in _INT32 else 'longint'} {prefix}_{name.upper()} = {value};")

    for stem, vector, where in entries:
        lines += ["", f'localparam {prefix}_{stem.upper()}_FILE = "{where["file"]}";']
        number(f"{stem}_rank", vector.values.ndim)
        for axis, size in enumerate(vector.values.shape):
            number(f"{stem}_dim_{axis}", size)
        number(f"{stem}_elements", vector.values.size)
        number(f"{stem}_bits", where["bits"])
        number(f"{stem}_signed", int(vector.values.dtype.kind == "i"))
        number(f"{stem}_lines", where["lines"])
        number(f"{stem}_line_bits", where["bits_per_line"])
        if len(vector.zero_point) == 1:
            number(f"{stem}_zero_point", vector.zero_point[0])
    if made.parameters:
        lines.append("")
    for name, value in made.parameters.items():
        if isinstance(value, int):
            number(name, value)
        elif isinstance(value, str):
            lines.append(f'localparam {prefix}_{name.upper()} = "{value}";')
        elif len(value) <= _MOST_IN_A_VECTOR:
            # Unpacked arrays of parameters are not for every tool: element i is [32 * i +: 32].
            words = ", ".join(f"32'h{number & 0xFFFFFFFF:08x}" for number in reversed(value))
            lines.append(f"localparam logic [{32 * len(value) - 1}:0] {prefix}_{name.upper()} = {{{words}}};")
    return "\n".join([*lines, ""])
