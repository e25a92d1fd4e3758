"""An op as a model that is run by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...model import Model, Tensor
from ...ops import facts_of
from ...quantization_math import integer_limits
from ...tensor_types import tensor_dtype
from .drawing import draw_inputs

__all__ = ["OpCase", "Range"]

Range = tuple[float, float]
_EXACT = 1 << 53  # as far as random_inputs() draws whole numbers


@dataclass(frozen=True, eq=False)
class OpCase:
    """A model of one op, and what it is fed.

    text     the op in one line, as `parse_op` reads it, or a description if `written` is False
    model    a model of the op, with its constants; its inputs are what the op reads that is not constant
    ranges   (low, high) for each input of the model, as `random_inputs` takes them; None: what the type holds
    written  whether `parse_op` reads the text
    problem  why the model cannot be run by itself; "" if it can
    """

    text: str
    model: Model
    ranges: tuple[Range | None, ...] = ()
    written: bool = True
    problem: str = ""

    @property
    def operator(self) -> str:
        """The operator's name."""
        return self.model.graph.ops[0].name

    def inputs(self, seed: int = 0) -> list[np.ndarray]:
        """A value for each input of the model, in its shape and dtype: the same for the same seed.

        Floats are from -1 to below 1, and integers cover what their type holds, where they are numbers that the op computes with or
        moves. Integers that may be indices, sizes or counts are 0 or 1, unless the line gives a range for them. Raises SettingError for
        a seed that is none, TensorError for inputs that hold no numbers, OutOfMemoryError.
        """
        tensors = self.model.graph.inputs
        given = [*self.ranges, *[None] * (len(tensors) - len(self.ranges))]
        ranges = [self._whole(tensor) if range is None else range for tensor, range in zip(tensors, given, strict=True)]
        return draw_inputs(tensors, ranges, seed)

    def line(self, count: int = 1) -> str:
        """A line of a file of ops, which `read_ops` reads: how often, and the op. What it cannot read is a comment."""
        text = self.text if count == 1 else f"{count} x {self.text}"
        return text if self.written else f"# {text}"

    def _whole(self, tensor: Tensor) -> Range | None:
        """The range of all that an integer type holds, for what is no index; None where random_inputs() knows a better one."""
        dtype = np.dtype(tensor_dtype(tensor.type)) if tensor.is_numeric else None
        quantization = tensor.quantization_params
        if dtype is None or dtype.kind not in "iu" or not str(tensor.type).startswith(("INT", "UINT")):
            return None
        low, high = integer_limits(str(tensor.type))
        if quantization is not None:
            if dtype.itemsize == 1 and str(tensor.type).endswith("8"):
                return None
            scale, zero = float(quantization.scale[0]), int(quantization.zero_point[0]) if quantization.zero_point.size else 0
            return (low - zero) * scale, (high - zero) * scale
        op = self.model.graph.ops[0]
        operator = facts_of(op)
        data = op.inputs[operator.data_input] if operator.data_input < len(op.inputs) else None
        numbers = operator.elementwise or tensor is data
        return (float(max(low, -_EXACT)), float(min(high, _EXACT))) if numbers else None
