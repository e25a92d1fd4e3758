"""A golden: what a model computes on some inputs, and all that is needed to say so again.

One .npz file. Its arrays are called CASE/NAME, such as "0/logits", so that plain numpy shows them; its member golden.json says what
they are. Where only hashes are kept, there are arrays of the inputs alone.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field

import numpy as np

from ..model import Tensor
from ..tensor_types import tensor_dtype

__all__ = ["FORMAT_VERSION", "Golden", "GoldenTensor", "Record"]

FORMAT_VERSION = 1
ROLES = ("input", "output", "layer")


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
    """

    name: str
    index: int
    role: str
    dtype: str
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    axis: int = 0
    op: int | None = None

    @classmethod
    def of(cls, tensor: Tensor, index: int, role: str = "layer", op: int | None = None) -> GoldenTensor:
        """A model's tensor."""
        params = tensor.quantization_params
        scales, zeros = ((), ()) if params is None else (params.scale.tolist(), params.zero_point.tolist())
        dtype = np.dtype(tensor_dtype(tensor.type)).name if tensor.is_numeric else "str"
        axis = 0 if params is None else params.quantized_dimension
        return cls(tensor.name or "", index, role, dtype, tuple(scales), tuple(zeros), axis, op)

    @property
    def is_quantized(self) -> bool:
        """Whether its integers are steps of a scale, so that a difference may be told in steps."""
        return bool(self.scale) and self.dtype in ("int8", "uint8", "int16", "uint16", "int32")


@dataclass(frozen=True)
class Record:
    """What a tensor held in a case: its shape, hashes of its little-endian bytes in C order, and the values if they are kept."""

    shape: tuple[int, ...]
    crc32: int
    sha256: str
    value: np.ndarray | None = None

    @classmethod
    def of(cls, value: np.ndarray, keep: bool = True) -> Record:
        """The record of values; with `keep` of a copy of them."""
        content = stored_bytes(value)
        return cls(value.shape, zlib.crc32(content), hashlib.sha256(content).hexdigest(), value.copy() if keep else None)


def stored_bytes(value: np.ndarray) -> bytes:
    """The bytes that hashes are of: little-endian, in C order; of text, each as UTF-8 after its length in 4 bytes."""
    if value.dtype == object:
        texts = [text if isinstance(text, bytes) else str(text).encode() for text in value.flat]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes()


@dataclass(frozen=True)
class Golden:
    """What a model computed.

    model              the file's name, without its folder
    model_sha256       of the file's bytes
    arithmetic         its name and version
    tinylite           the version of tinylite
    seed               of random inputs, or None where they were given
    cpu                for arithmetics that depend on it
    layers             whether tensors between inputs and outputs are kept
    tensors            inputs in their order, then outputs, then layers in the order of ops
    cases              for each case what each tensor held, in the order of `tensors`
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
    format_version: int = FORMAT_VERSION
