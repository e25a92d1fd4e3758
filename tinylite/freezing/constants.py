"""Nodes whose inputs are constants, computed by TensorFlow: what the converter has no code for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import FreezeError
from ..schema.graphdef import DATA_TYPES
from .running import is_harmless
from .tf import session_of, tensorflow

__all__ = ["computed"]

_NUMBERS = {name: number for number, name in DATA_TYPES.items()}
# Of what reaches out of no graph (running.py), and has no state: what waits for other runs, and parts of control flow.
_NOT_ALONE = re.compile(r"Placeholder.*|(Ref)?(Enter|Exit|Switch|Merge|NextIteration|LoopCond)|(Un)?[Bb]atch|TensorArray.*|Cudnn.*")
_HANDLES = {_NUMBERS["RESOURCE"], _NUMBERS["VARIANT"]}
# More than this is left to the runtime: a few numbers may ask for any amount of values.
_MOST_BYTES = 1 << 28
# Ops with outputs whose sizes are numbers that they are given, which TensorFlow's rules for shapes do not follow.
_SIZED_BY_VALUES = ("Ragged", "Sparse", "DenseToSparse")


def computed(op: str, attributes: Mapping[str, Any], given: Sequence[np.ndarray]) -> list[np.ndarray] | None:
    """The outputs of a node whose inputs have these values, or None for an op that is not to be run.

    Text is in arrays of bytes objects; quantized numbers are plain integers. Raises MissingPackageError without TensorFlow, and
    FreezeError for what TensorFlow cannot compute.
    """
    tf = tensorflow(f"computing {op} of constants")
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(op)
    if definition is None or not given or not is_harmless(op) or not _is_pure(definition) or sum(map(_bytes, given)) > _MOST_BYTES:
        return None
    graph = tf.Graph()
    try:
        with graph.as_default(), graph.device("/CPU:0"):
            (node,) = tf.import_graph_def(_graph_def(tf, definition, attributes, given), return_elements=["made"], name="")
            if any(_size(output) > _MOST_BYTES for output in node.outputs) or (op.startswith(_SIZED_BY_VALUES) and _is_large(given)):
                return None
            with session_of(graph) as session:
                values = session.run(list(node.outputs))
    except (tf.errors.OpError, ValueError, TypeError, KeyError, OverflowError) as error:
        text = str(getattr(error, "message", error)).strip()
        raise FreezeError(f"TensorFlow cannot compute it: {text.splitlines()[0] if text else type(error).__name__}") from None
    return [_plain(np.asarray(value, object if isinstance(value, bytes) else None)) for value in values]


def _is_pure(definition: Any) -> bool:
    args = [*definition.input_arg, *definition.output_arg]
    return (
        not definition.is_stateful
        and bool(definition.output_arg)
        and not _NOT_ALONE.fullmatch(definition.name)
        and not any("func" in attr.type for attr in definition.attr)
        and not any(arg.type in _HANDLES or arg.is_ref for arg in args)
    )


def _graph_def(tf: Any, definition: Any, attributes: Mapping[str, Any], given: Sequence[np.ndarray]) -> Any:
    """The node with constants before it."""
    graph = tf.compat.v1.GraphDef()
    node = graph.node.add(name="made", op=definition.name)
    for attr in definition.attr:
        if attributes.get(attr.name) is not None:
            _set(tf, node.attr[attr.name], attr.type, attributes[attr.name])
    types = _types(definition, node)
    for number, value in enumerate(given):
        constant = graph.node.add(name=f"given_{number}", op="Const")
        type = next(types, None)
        constant.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum if type is None else type
        _fill(constant.attr["value"].tensor, constant.attr["dtype"].type, value)
        node.input.append(constant.name)
    return graph


def _types(definition: Any, node: Any) -> Iterator[int | None]:
    """The types of a node's inputs, one by one, as its attributes say."""
    defaults = {attr.name: attr.default_value for attr in definition.attr}

    def value(name: str) -> Any:
        return node.attr[name] if name in node.attr else defaults[name]

    for arg in definition.input_arg:
        if arg.type_list_attr:
            yield from value(arg.type_list_attr).list.type
            continue
        type = value(arg.type_attr).type if arg.type_attr else arg.type
        for _ in range(value(arg.number_attr).i if arg.number_attr else 1):
            yield type or None


def _fill(tensor: Any, type: int, value: np.ndarray) -> None:
    tensor.dtype = type
    for size in value.shape:
        tensor.tensor_shape.dim.add(size=size)
    if value.dtype.kind in "OSU":
        tensor.string_val.extend(text if isinstance(text, bytes) else str(text).encode() for text in value.reshape(-1))
    else:
        tensor.tensor_content = np.ascontiguousarray(value).tobytes()


def _set(tf: Any, place: Any, kind: str, value: Any) -> None:
    """Write an attribute of a kind that its op's definition names."""
    if kind.startswith("list("):
        kind = kind[5:-1]
        place.list.SetInParent()
        for item in value:
            one = tf.compat.v1.AttrValue()
            _set(tf, one, kind, item)
            field = {"int": "i", "float": "f", "bool": "b", "string": "s"}.get(kind, kind)
            getattr(place.list, field).extend([getattr(one, field)])
    elif kind == "type":
        place.type = _NUMBERS[value]
    elif kind == "shape":
        place.shape.CopyFrom(tf.TensorShape(None if value is None else [None if size < 0 else size for size in value]).as_proto())
    elif kind == "tensor":
        place.tensor.CopyFrom(tf.make_tensor_proto(value))
    elif kind == "string":
        place.s = value if isinstance(value, bytes) else str(value).encode()
    else:
        setattr(place, {"int": "i", "float": "f", "bool": "b"}[kind], value)


def _size(output: Any) -> int:
    """Bytes of an output, as far as TensorFlow's rules for shapes determine them; the rest depends on the values given."""
    shape = output.shape
    return 0 if shape.rank is None else math.prod(size or 1 for size in shape.as_list()) * max(output.dtype.size or 1, 1)


def _bytes(value: np.ndarray) -> int:
    return value.nbytes if value.dtype.kind != "O" else sum(map(len, value.reshape(-1)))


def _is_large(given: Sequence[np.ndarray]) -> bool:
    return any(value.dtype.kind in "iu" and value.size > 0 and value.max() > _MOST_BYTES >> 4 for value in given)


def _plain(value: np.ndarray) -> np.ndarray:
    """TensorFlow's quantized numbers, which are structures of one number in numpy, as that number."""
    return value[value.dtype.names[0]] if value.dtype.names else value
