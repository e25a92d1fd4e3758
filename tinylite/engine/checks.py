"""What is looked at in a graph as a whole before its ops are planned one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import ops
from ..errors import ModelError, UnsupportedError, at
from ..model import Graph, Op, Tensor
from ..ops import custom_ops, facts_of
from ..ops.common.operator import Operator
from ..passes.pipelines import simplified
from .segment import describe

__all__ = [
    "PreparedGraph", "check_kernels", "check_order", "check_records", "check_types", "kernel_of", "prepared_graph", "quantizes_floats",
    "type_of", "zeroes_variables",
]  # fmt: skip

_DEEPEST = 32  # how deep graphs may call graphs: a few files with branches in branches would fill the memory


class PreparedGraph(NamedTuple):
    """A graph as the file has it, and as it is planned: with fewer ops, unless they are kept."""

    source: Graph
    graph: Graph


def prepared_graph(source: Graph, keep: bool = False, callers: Sequence[Graph] = ()) -> PreparedGraph:
    """Check a graph as a whole, and run the passes that come before planning, unless its ops are to be kept.

    `callers` are the graphs that call it, the outermost first.
    Raises ModelError and UnsupportedError.
    """
    try:
        check_order(source)
        check_types(source)
    except (ModelError, UnsupportedError):
        check_kernels(source)  # which may be why: files that a compiler made for other hardware follow its rules, not the format's
        raise
    check_records(source)
    if source in callers:
        chain = " calls ".join(repr(caller.name or "") for caller in (*callers, source))
        raise ModelError(f"a graph calls itself: {chain}")
    if len(callers) > _DEEPEST:
        raise UnsupportedError(f"graphs call graphs more than {_DEEPEST} deep")
    return PreparedGraph(source, source if keep else simplified(source))


def check_types(graph: Graph) -> None:
    """Raise UnsupportedError for the first input of a type that tinylite does not run."""
    for position, tensor in enumerate(graph.inputs):
        with at(f"input {position} {tensor.name!r}"):
            type_of(tensor)


def type_of(tensor: Tensor) -> str:
    """The type of a tensor. Raises UnsupportedError for one that tinylite does not run."""
    if not tensor.is_numeric and tensor.type != "RESOURCE":
        raise UnsupportedError(f"its type is {tensor.type}, which tinylite does not run", ops.LIMITS)
    return str(tensor.type)


def kernel_of(op: Op) -> Operator:
    """What computes an op. Raises UnsupportedError if tinylite has no kernel for it."""
    operator = custom_ops.find(op.name) if op.code == "CUSTOM" else ops.find(op.code)
    if operator is None:
        raise UnsupportedError(f"tinylite has no kernel for the custom operator {op.name!r}", custom_ops.remedy(op.name))
    return operator


def check_kernels(graph: Graph) -> None:
    """Raise UnsupportedError for the first op that has no kernel."""
    for number, op in enumerate(graph.ops):
        with at(describe(op, number)):
            kernel_of(op)


def check_order(graph: Graph) -> None:
    """Raise ModelError unless every tensor has its value before it is read, from one place."""
    tensors = graph.all_tensors()
    constant = [tensor for tensor in tensors if tensor.is_constant or tensor.is_variable or tensor.external_buffer is not None]
    written = {id(tensor) for tensor in (*graph.inputs, *constant)}
    for number, op in enumerate(graph.ops):
        with at(describe(op, number)):
            for tensor in op.inputs:
                if tensor is not None and id(tensor) not in written:
                    raise ModelError(
                        f"it reads tensor {tensor.name!r}, which no op before it has written", "Put the ops in the order they run"
                    )
            for tensor in () if zeroes_variables(op) else op.outputs:
                if id(tensor) in written:
                    raise ModelError(f"it writes tensor {tensor.name!r}, which already has a value", "Give each op its own outputs")
                written.add(id(tensor))
    for position, tensor in enumerate(graph.outputs):
        if id(tensor) not in written:
            with at(f"output {position} {tensor.name!r}"):
                raise ModelError("no op writes it", "Make another tensor the graph's output, or add the op that is missing")


def check_records(graph: Graph) -> None:
    """Raise ModelError for what contradicts itself in the records of ops and tensors, whether an op looks at it or not."""
    for number, op in enumerate(graph.ops):
        if op.version < 1:
            with at(describe(op, number)):
                raise ModelError(f"its version is {op.version}, and versions count from 1", "Convert the model again, or set Op.version")
    for number, tensor in enumerate(graph.all_tensors()):
        params = tensor.quantization_params
        if params is None or params.details is not None:
            continue
        with at(f"tensor {number} {tensor.name!r}"):
            count, zeros, axis = params.scale.size, params.zero_point.size, params.quantized_dimension
            if zeros != count:
                raise ModelError(f"it has {_count(count, 'scale')} and {_count(zeros, 'zero point')}", _QUANTIZATION)
            # Older files number the dimension of a bias as that of the weights: of a vector there is no doubt.
            if count > 1 and tensor.shape != (count,) and not (0 <= axis < len(tensor.shape) and tensor.shape[axis] == count):
                raise ModelError(
                    f"it has {count} scales along dimension {axis}, which its shape {list(tensor.shape)} does not have", _QUANTIZATION
                )


_QUANTIZATION = "Convert the model again, or mend Tensor.quantization with tinylite.Model"


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def zeroes_variables(op: Op) -> bool:
    """Whether an op says that variables begin at zero, as they do without it: LSTMs in TensorFlow's FLOAT16 files have such."""
    if op.code != "DEQUANTIZE" or not all(tensor.is_variable and tensor.buffer is None for tensor in op.outputs):
        return False
    return all(t is not None and t.type == "FLOAT16" and t.data is not None and not t.data.any() for t in op.inputs)


def quantizes_floats(op: Op) -> bool:
    """Whether integers are made of float values: by a conversion, or in products of floats with 8-bit weights."""
    data = [tensor for tensor in op.inputs if tensor is not None]
    if not data or data[0].type != "FLOAT32":
        return False
    return facts_of(op).converts or any(tensor.type in ("INT8", "UINT8") for tensor in data[1:])
