"""Looking at and rewiring a tf.Graph: the few things that both halves of the rewrite do."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import contextmanager
from typing import Any

__all__ = [
    "ADDS", "BETWEEN", "LAYERS", "NORMS", "SHARING", "STEP", "Consumers", "clone", "context_of", "reroute", "source",
    "static_control_flow", "step_count",
]  # fmt: skip

LAYERS = ("Conv2D", "MatMul", "DepthwiseConv2dNative")
ADDS = ("Add", "AddV2")
NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
BETWEEN = ("BatchToSpaceND", "Squeeze")  # what may be between a layer and its bias: of dilated convolutions, and of one dimension
STEP = "fake_quantization_step"
# What goes on in a model with a layer's result, unlike its batch norm and what takes its statistics.
SHARING = (*LAYERS, *ADDS, "ConcatV2", "Relu", "Relu6", "LeakyRelu", "MaxPool", "AvgPool")


class Consumers:
    """Who reads the outputs of each op, as it is when this is made."""

    def __init__(self, graph: Any) -> None:
        self.found: dict[Any, list[Any]] = {}
        for op in graph.get_operations():
            for tensor in op.inputs:
                readers = self.found.setdefault(tensor.op, [])
                if op not in readers:
                    readers.append(op)

    def of(self, op: Any) -> list[Any]:
        return self.found.get(op, [])


def context_of(op: Any) -> str:
    """The name scope of an op, "" at the top."""
    return str(op.name.rpartition("/")[0])


def source(op: Any, passing: Collection[str]) -> Any:
    """The op that a value comes from, through ops of types that pass their first input on."""
    while op.type in passing:
        op = op.inputs[0].op
    return op


def reroute(old: Any, new: Any, readers: Collection[Any] | None = None) -> int:
    """Replace `old` by `new` in the inputs of ops, all or `readers` only; returns the number of inputs that changed."""
    changed = 0
    for op in old.consumers():
        if readers is None or op in readers:
            for index, tensor in enumerate(op.inputs):
                if tensor is old:
                    op._update_input(index, new)
                    changed += 1
    return changed


def clone(op: Any, inputs: list[Any], name: str) -> Any:
    """The output of an op that is like another but for its inputs and its name, which is taken as it is, scope included."""
    with op.graph.name_scope(None):
        made = op.graph.create_op(
            op.type, inputs, [tensor.dtype for tensor in op.outputs], name=op.graph.unique_name(name) + "/", attrs=dict(op.node_def.attr)
        )
    return made.outputs[0]


def step_count(tf: Any, graph: Any) -> Any:
    """How often the graph has been run, INT64 []: counted by the variable `fake_quantization_step`, which begins at 0."""
    try:
        return graph.get_tensor_by_name(f"{STEP}/Identity:0")
    except KeyError:
        pass
    v1 = tf.compat.v1
    with graph.name_scope(None):
        counter = v1.get_variable(
            STEP, [], tf.int64, v1.zeros_initializer(), trainable=False, collections=[v1.GraphKeys.GLOBAL_VARIABLES],
            aggregation=v1.VariableAggregation.ONLY_FIRST_REPLICA,
        )  # fmt: skip
        with graph.name_scope(f"{counter.op.name}/"):
            return tf.identity(v1.assign_add(counter, 1))


@contextmanager
def static_control_flow() -> Any:
    """Conditions as Switch and Merge, whose names old checkpoints' scripts know, also where TensorFlow 2's behaviour is on."""
    from tensorflow.python.ops import control_flow_util

    before = control_flow_util.ENABLE_CONTROL_FLOW_V2
    control_flow_util.ENABLE_CONTROL_FLOW_V2 = False
    try:
        yield
    finally:
        control_flow_util.ENABLE_CONTROL_FLOW_V2 = before
