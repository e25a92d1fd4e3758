"""An op alone, on inputs that are known: what its kernel computes of them, and where the elements that it moves come from."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ..arithmetic import REFERENCE, Arithmetic
from ..interpreter import Interpreter
from ..model import Graph, Model, Op, Tensor

__all__ = ["kernel_outputs", "sources"]

_Arrays = Sequence[np.ndarray | None]


def kernel_outputs(op: Op, inputs: _Arrays, arithmetic: Arithmetic, computed: Collection[int] = ()) -> list[np.ndarray]:
    """What an op makes of these inputs in an arithmetic. A run computes those of the numbers `computed`; the rest are constants.

    Raises UnsupportedError where it is not proven for the op.
    """
    return _run(op, inputs, arithmetic, {}, computed)


def sources(op: Op, inputs: _Arrays, moved: Sequence[int], output: int) -> np.ndarray:
    """Of an op that moves elements of the inputs `moved`: the number of the element at each place of an output, 0 where none is.

    Elements are counted from 1 on, in C order, one input after the other.
    """
    numbered, end = list(inputs), 1
    for index in moved:
        array = inputs[index]
        assert array is not None
        numbered[index] = np.arange(end, end + array.size, dtype=np.int32).reshape(array.shape)
        end += array.size
    same = [*(op.inputs[index] for index in moved), *(tensor for tensor in op.outputs if tensor.type == op.outputs[output].type)]
    return _run(op, numbered, REFERENCE, {id(tensor): "INT32" for tensor in same})[output]


def _run(op: Op, inputs: _Arrays, arithmetic: Arithmetic, types: Mapping[int, str], computed: Collection[int] = ()) -> list[np.ndarray]:
    """The outputs of an op, of whose tensors those in `types`, by id, have other types and no scale."""

    def stand_in(tensor: Tensor, value: np.ndarray | None) -> Tensor:
        plain = id(tensor) in types
        return Tensor(
            tensor.name, tensor.shape if value is None else value.shape, types.get(id(tensor), tensor.type), has_rank=True,
            quantization=None if plain else tensor.quantization, is_variable=tensor.is_variable,
        )  # fmt: skip

    tensors: dict[int, Tensor] = {}
    fed: list[tuple[Tensor, np.ndarray]] = []
    for index, (tensor, value) in enumerate(zip(op.inputs, inputs, strict=True)):
        if tensor is None or value is None or id(tensor) in tensors:
            continue
        made = tensors[id(tensor)] = stand_in(tensor, value)
        if tensor.is_variable or index in computed:
            fed.append((made, value))
        else:
            made.data = value
    results = [stand_in(tensor, None) for tensor in op.outputs]
    alone = copy.copy(op)
    alone.inputs, alone.outputs, alone.replaces = [tensors.get(id(entry)) for entry in op.inputs], results, ()
    graph = Graph("alone", [made for made, _ in fed if not made.is_variable], results, [alone])
    numbers = {id(tensor): number for number, tensor in enumerate(graph.all_tensors())}
    with Interpreter(Model([graph]), arithmetic=arithmetic, experimental_preserve_all_tensors=True) as interpreter:
        interpreter.allocate_tensors()
        for made, value in fed:
            interpreter.set_tensor(numbers[id(made)], value)
        interpreter.invoke()
        return [interpreter.get_tensor(numbers[id(tensor)]) for tensor in results]
