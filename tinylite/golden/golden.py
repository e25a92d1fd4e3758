"""A golden: what a model computes on some inputs, and all that is needed to check it again.

One .npz file. Its arrays are called CASE/NAME, such as "0/logits", so that plain numpy shows them; its member golden.json says what
they are. Where only hashes are kept, there are arrays of the inputs alone.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import TensorError
from ..model import Tensor
from ..tensor_types import tensor_dtype

__all__ = [
    "FORMAT_VERSION",
    "ROLES",
    "Golden",
    "GoldenTensor",
    "Record",
    "execution_order",
    "native",
    "shown_name",
    "stored_bytes",
    "tensor_keys",
]

FORMAT_VERSION = 1
ROLES = ("input", "output", "layer")
_LONGEST_SHOWN = 90  # characters


@dataclass(frozen=True)
class GoldenTensor:
    """A tensor of the model's graph.

    name        as in the model
    index       as in the interpreter's details
    role        "input", "output", or "layer" for what is in between
    dtype       numpy's name of the type of its values: "int8"; "str" for text
    scale       float32 [1] or [channels], or empty: real = scale * (stored - zero_point)
    zero_point  int64, of the same size
    axis        the dimension that scales are along
    op          the number of the op that computes it, or None
    operator    that op's name, such as "CONV_2D", or ""
    """

    name: str
    index: int
    role: str
    dtype: str
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    axis: int = 0
    op: int | None = None
    operator: str = ""

    @classmethod
    def of(cls, tensor: Tensor, index: int, role: str = "layer", op: int | None = None, operator: str = "") -> GoldenTensor:
        """A model's tensor."""
        params = tensor.quantization_params
        scales, zeros = ((), ()) if params is None else (params.scale.tolist(), params.zero_point.tolist())
        dtype = np.dtype(tensor_dtype(tensor.type)).name if tensor.is_numeric else "str"
        axis = 0 if params is None else params.quantized_dimension
        return cls(tensor.name or "", index, role, dtype, tuple(scales), tuple(zeros), axis, op, operator)

    @property
    def is_quantized(self) -> bool:
        """Whether its integers are steps of a scale, so that a difference may be told in steps."""
        return bool(self.scale) and self.dtype in ("int8", "uint8", "int16", "uint16", "int32")


@dataclass(frozen=True)
class Record:
    """What a tensor held in a case: its shape, hashes of its little-endian bytes in C order, and the values if they are kept.

    Text is an array of objects, each a bytes. Two records are equal if their hashes are.
    """

    shape: tuple[int, ...]
    crc32: int
    sha256: str
    value: np.ndarray | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """How many values there are."""
        return math.prod(self.shape)

    @classmethod
    def of(cls, value: np.ndarray, keep: bool = True) -> Record:
        """The record of values; with `keep` of a copy of them."""
        content = stored_bytes(value)
        return cls(value.shape, zlib.crc32(content), hashlib.sha256(content).hexdigest(), native(value.copy()) if keep else None)


def native(value: np.ndarray) -> np.ndarray:
    """The same values in this machine's byte order."""
    return value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))


def stored_bytes(value: np.ndarray) -> Any:
    """The bytes, or their buffer, that hashes are of: little-endian, in C order; of text, each as UTF-8 after its length in 4 bytes."""
    if value.dtype == object:
        texts = [text if isinstance(text, bytes) else str(text).encode() for text in value.flat]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return np.ascontiguousarray(value, value.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def shown_name(name: str) -> str:
    """A tensor's name in quotes, without its middle if it is long: converters join the names of all ops that they fuse."""
    return repr(name if len(name) <= _LONGEST_SHOWN else f"{name[: _LONGEST_SHOWN // 2]}...{name[-_LONGEST_SHOWN // 3 :]}")


def tensor_keys(tensors: list[tuple[str, int]]) -> list[str]:
    """What tensors are called where each needs a name of its own, by their names and indices.

    That is the name; "NAME (tensor 7)" for one that several tensors have, and "tensor 7" for none, as `tinylite run --all-tensors`
    calls them.
    """
    counts = Counter(name for name, _ in set(tensors))
    return [f"tensor {index}" if not name else name if counts[name] == 1 else f"{name} (tensor {index})" for name, index in tensors]


@dataclass(frozen=True)
class Golden:
    """What a model computed.

    model              the file's name, without its folder
    model_sha256       of the file's bytes
    arithmetic         its name and version
    tinylite           the version of tinylite
    seed               of random inputs: that of case c is seed + c; None where all of them were given
    cpu                for arithmetics that depend on it
    layers             whether tensors between inputs and outputs are kept
    tensors            inputs in their order, then outputs, then layers in the order of ops
    cases              for each case what each tensor held, in the order of `tensors`
    graph              the number of the model's graph that ran
    notes              what a reader should know, such as that results depend on random numbers
    path               the file that it was loaded from, if it was
    """

    model: str
    model_sha256: str
    arithmetic: str
    arithmetic_version: int
    tinylite: str
    seed: int | None
    cpu: str
    layers: bool
    tensors: tuple[GoldenTensor, ...] = field(repr=False)
    cases: tuple[tuple[Record, ...], ...] = field(repr=False)
    graph: int = 0
    notes: tuple[str, ...] = ()
    format_version: int = FORMAT_VERSION
    path: str | None = field(default=None, compare=False)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The name that each of `tensors` has in a source's values; see `tensor_keys`."""
        return tuple(tensor_keys([(tensor.name, tensor.index) for tensor in self.tensors]))

    @property
    def hashes_only(self) -> bool:
        """Whether what was computed is kept as hashes only."""
        return any(record.value is None for case in self.cases for record in case)

    def inputs(self, case: int) -> list[np.ndarray]:
        """What the inputs held in a case, in their order. Raises TensorError for a case that there is not."""
        if not 0 <= case < len(self.cases):
            raise TensorError(f"the golden has no case {case}: it has {len(self.cases)}", "Cases are counted from 0")
        pairs = zip(self.tensors, self.cases[case], strict=True)
        return [record.value for tensor, record in pairs if tensor.role == "input" and record.value is not None]


def execution_order(golden: Golden) -> list[int]:
    """The places of tensors in the order in which the ops run that compute them; inputs come first."""

    def when(place: int) -> tuple[int, int]:
        op = golden.tensors[place].op
        return (-1 if op is None else op), place

    return sorted(range(len(golden.tensors)), key=when)
