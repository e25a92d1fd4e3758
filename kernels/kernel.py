"""What a kernel is, described without compiling it.

A kernel is a native function

    status = kernel(arguments, lo, hi, scratch)

of four 64-bit integers: the address of its argument record, the range of work to do, and the address of memory that is
the calling thread's alone. It is single-threaded, allocates nothing and raises nothing; status 0 means done. Written in
Python, with the record's fields as attributes:

    @kernel(x="f32*", y="f32*", scale="f32")
    def f32_scale(a, lo, hi, scratch):
        for i in range(lo, hi):
            a.y[i] = a.x[i] * a.scale

Nothing checks an index: whoever fills the record has checked all of it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

__all__ = ["CompileError", "Device", "Kernel", "Progress", "Record", "device", "kernel", "native", "symbol"]

# Called as progress(done, total, seconds) when compilation starts and after each kernel.
Progress = Callable[[int, int, float], None]

_SCALARS = {"i64": "q", "i32": "i4x", "f64": "d", "f32": "f4x"}
_FIELD = re.compile(r"(\w+?)(\*|\[(\d+)\])?$")


class CompileError(RuntimeError):
    """A kernel could not be compiled or loaded; the text is the compiler's or the system's, and `remedy` what to do."""

    def __init__(self, text: str, remedy: str = "Please report this with your CPU and the version of numba") -> None:
        super().__init__(text)
        self.remedy = remedy


def symbol(name: str) -> str:
    """The name of a kernel's function in its object file."""
    return f"tinylite_{name}"


class Record:
    """The layout of an argument record: fields in order, each in slots of eight bytes.

    A field's type is a scalar (i32, i64, f32, f64), the address of an array ("u8*"), or an array inside the record
    ("i64[8]").
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields: dict[str, tuple[str, str, int, int]] = {}  # name -> base type, kind, count, offset
        layout, offset = "<", 0
        for name, declared in fields.items():
            match = _FIELD.match(declared)
            if match is None:
                raise TypeError(f"field {name}: no type {declared!r}")
            base, suffix, count = match.group(1), match.group(2) or "", int(match.group(3) or 1)
            kind = "pointer" if suffix == "*" else "array" if suffix else "scalar"
            self.fields[name] = (base, kind, count, offset)
            layout += "q" if kind == "pointer" else _SCALARS[base] * count
            offset += 8 * count
        self.struct = struct.Struct(layout)
        self.size = offset

    def pack(self, values: dict[str, Any]) -> bytes:
        """The record with these values; addresses are integers. Every field must be given, and no other."""
        if values.keys() != self.fields.keys():
            raise TypeError(f"fields {sorted(values.keys() ^ self.fields.keys())} are missing or unknown")
        flat: list[Any] = []
        for name, (_, kind, count, _) in self.fields.items():
            if kind == "array":
                items = list(values[name])
                flat += items + [0] * (count - len(items))
            else:
                flat.append(values[name])
        return self.struct.pack(*flat)


class Device:
    """A function that kernels call: compiled into each, never on its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._dispatcher: Any = None

    @property
    def dispatcher(self) -> Any:
        """The numba function; made on first use, since importing numba is slow."""
        if self._dispatcher is None:
            from numba import njit

            self._dispatcher = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, nogil=True)(self.function)
        return self._dispatcher

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.function.__name__} is compiled into kernels; it cannot be called from Python")


class Kernel:
    """A kernel by its name, which is unique in this package, with the layout of its arguments."""

    def __init__(self, name: str, function: Callable[..., Any], fields: dict[str, str] | None) -> None:
        self.name = name
        self.function = function
        self.module = function.__module__
        self.record = None if fields is None else Record(fields)

    def __repr__(self) -> str:
        return f"Kernel({self.name})"


KERNELS: dict[str, Kernel] = {}


def device(function: Callable[..., Any]) -> Device:
    """Mark a function that kernels call."""
    return Device(function)


def kernel(name: str | None = None, /, **fields: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Mark a kernel; keywords declare its argument record. Variants made in a loop need names of their own."""

    def mark(function: Callable[..., Any]) -> Kernel:
        return _register(Kernel(name or function.__name__, function, fields))

    return mark


def native(function: Callable[..., Any]) -> Kernel:
    """Mark a function of four plain 64-bit integers that returns one: the executor's own, which are not kernels."""
    return _register(Kernel(function.__name__, function, None))


def _register(made: Kernel) -> Kernel:
    if made.name in KERNELS:
        raise NameError(f"two kernels are named {made.name}")
    KERNELS[made.name] = made
    return made
