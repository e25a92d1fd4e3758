"""TensorFlow Lite Micro's reference kernels, as its wheel for Python has them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...model import Graph, Model
from ...tensor_types import stored_size
from .base.runtime import Runtime

__all__ = ["RUNTIME", "arena_size"]

_LEAST_ARENA = 1 << 22  # bytes
_ALIGNMENT = 16


def arena_size(graph: Graph, size: int) -> int:
    """Bytes of an arena that are enough for a graph of a file of so many bytes.

    All tensors at once, room for what kernels note of each op and channel, and that again: what is not written takes no memory.
    """
    sizes = [stored_size(each.type, each.shape) + _ALIGNMENT for each in graph.all_tensors() if not each.is_constant]
    return max(_LEAST_ARENA, 10 * size, 2 * (size + sum(sizes)))


def _run(
    content: bytes, inputs: list[np.ndarray], wanted: list[int], say: Callable[[str], None]
) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
    from tflite_micro.python.tflite_micro.runtime import Interpreter, InterpreterConfig

    graph = Model.load(content).graph
    say("AllocateTensors")
    interpreter = Interpreter.from_bytes(
        content, arena_size=arena_size(graph, len(content)),
        intrepreter_config=InterpreterConfig.kPreserveAllTensors if wanted else InterpreterConfig.kAllocationRecording,
    )  # fmt: skip
    say("set_input")
    for position, value in enumerate(inputs):
        interpreter.set_input(value, position)
    say("invoke")
    interpreter.invoke()
    say("get_output")
    outputs = [np.array(interpreter.get_output(position)) for position in range(len(graph.outputs))]
    say("GetTensor")
    return outputs, {index: np.array(interpreter.GetTensor(index, 0)["tensor_data"]) for index in wanted}


RUNTIME = Runtime("TensorFlow Lite Micro", "tflite_micro", "tflite-micro", _run)
