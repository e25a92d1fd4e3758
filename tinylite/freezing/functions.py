"""Freeze what TensorFlow 2 traces: tf.function and ConcreteFunction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import FreezeError
from .frozen import Frozen
from .graphs import Settings, assemble, frozen_tensor
from .tables import add_tables
from .tf import explained, tensorflow
from .values import Captured, listed

__all__ = ["freeze_concrete_function"]


def freeze_concrete_function(
    function: Any,
    *,
    input_keys: Sequence[str] | None = None,
    output_keys: Sequence[str] | None = None,
    signature_key: str | None = None,
    settings: Settings | None = None,
) -> Frozen:
    """Freeze a ConcreteFunction, or a tf.function that has an input_signature or no argument.

    Inputs have the names of the function's arguments, outputs the keys of the dict that it returns, or output_0, output_1, ...

    Raises FreezeError, for a function whose arguments are not known, for one.
    """
    tf = tensorflow()
    if isinstance(function, tf.types.experimental.PolymorphicFunction):
        with explained(
            "this tf.function has no one form to freeze",
            "Say what it is called with: function.get_concrete_function(tf.TensorSpec([1, 224, 224, 3], tf.float32))",
        ):
            function = function.get_concrete_function()
    with explained("the function cannot be frozen"):
        values = Captured(function)
        captured = {id(inside) for _, inside in function.graph.captures}
        given = [tensor for tensor in function.inputs if id(tensor) not in captured]
        results = list(function.outputs)
        graph_def = function.graph.as_graph_def()
        setters, others = add_tables(graph_def, values.others)
        if others:
            raise FreezeError(
                f"the function holds things that a graph cannot: {listed(others)}",
                "Save it with tf.saved_model.save, and freeze the SavedModel",
            )
        inputs = input_keys or [tensor.op.name for tensor in given]
        outputs = output_keys or result_keys(function.structured_outputs, len(results))
        return assemble(
            graph_def,
            [frozen_tensor(key, tensor.name, tensor.dtype, tensor.shape) for key, tensor in zip(inputs, given, strict=True)],
            [frozen_tensor(key, tensor.name, tensor.dtype, tensor.shape) for key, tensor in zip(outputs, results, strict=True)],
            values,
            handles=values.handles(),
            constants={name: values.read(name) for name in values.constants},
            setters=setters,
            signature_key=signature_key,
            settings=settings,
        )


def result_keys(structure: Any, count: int, first: int = 0) -> list[str]:
    """What TensorFlow calls the outputs of a function in a signature: the keys of a dict, in their order, or output_0, ..."""
    if isinstance(structure, dict) and len(structure) == count:
        return sorted(map(str, structure))
    return [f"output_{index + first}" for index in range(count)]
